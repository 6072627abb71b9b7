import type {Page, PageFormat} from '../hub/hub-pages.js';
import type {Recorder} from '../metrics/recorder.js';
import type {TotalsReading} from '../metrics/totals.js';
import {oneLine} from './listen-error.js';

export type {Page, PageFormat};

/** Renders the page of metrics. */
export interface PageSource {
  /** Called once, synchronously, for each GET or HEAD of `/metrics` that isn't rendered in slices. */
  renderPage(format: PageFormat): Page;
  /** Called instead, where there is one and nothing is to be collected: requests of one turn of the event loop may share a page. */
  renderPageOfTurn?(format: PageFormat): Page;
  /**
   * Called before, where there is one. What it returns is waited for, so it has to resolve in bounded time; undefined
   * where the page can be rendered at once.
   */
  collect?(format: PageFormat): Promise<void> | undefined;
  /**
   * Called then, where there is one: the page in bytes that nobody changes any more, made without keeping the main thread for
   * long; undefined where `renderPage()` is to make it at once.
   */
  renderInSlices?(format: PageFormat): Promise<Page> | undefined;
  /** Calls `read` with what stands on the page at this moment. With `recorder` it makes the live page possible. */
  readTotals?<R>(read: (totals: TotalsReading) => R): Promise<R>;
  /** Where the live page counts what it refuses and drops. */
  readonly recorder?: Recorder;
}

/** What an engine passes on of a request. */
export interface Request {
  /** As sent: methods are case-sensitive (RFC 9110, section 9.1). */
  readonly method: string;
  /** Path, with or without a query. */
  readonly target: string;
  /** Headers, undefined where they weren't sent. */
  readonly accept: string | undefined;
  readonly acceptEncoding: string | undefined;
  readonly authorization: string | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-WebSocket-Protocol`. */
  readonly protocols: string | undefined;
}

/** One HTTP answer, said in the same bytes by every engine. Content-Length is the body's length. */
export interface Answer {
  readonly status: number;
  /** The phrase after the status, such as `Not Found`. */
  readonly reason: string;
  /** Name and value, in the order of sending, without Content-Length. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** May be a view of a standing buffer, see {@link Page}. */
  readonly body: Uint8Array;
}

/** An answer that takes its time. */
export interface PendingAnswer {
  /** What is held for it meanwhile. */
  readonly bytes: number;
  /** Never rejects. Its body is nobody's who would change it. */
  readonly answer: Promise<Answer>;
}

/** Path of the exposition. */
export const METRICS_PATH = '/metrics';

/** Path that answers `ok` for as long as the main thread turns. */
export const HEALTH_PATH = '/healthz';

/** Path that answers whether the program does what it is there for. */
export const READY_PATH = '/readyz';

const ALLOW: Answer['headers'] = [['Allow', 'GET, HEAD']];

/** The answer of {@link HEALTH_PATH}. */
export const HEALTHY = plainAnswer(200, 'OK', 'ok');

const READY = plainAnswer(200, 'OK', 'ready');
const NOT_FOUND = plainAnswer(
  404,
  'Not Found',
  `Not found: expected ${METRICS_PATH}, ${HEALTH_PATH} or ${READY_PATH}`,
);
/** The answer at `/` where no live page is served. */
export const PAGE_OFF = plainAnswer(
  404,
  'Not Found',
  `Not found: the live page is off here, expected ${METRICS_PATH}, ${HEALTH_PATH} or ${READY_PATH}`,
);
const METHOD_NOT_ALLOWED = plainAnswer(
  405,
  'Method Not Allowed',
  'Expected method GET or HEAD',
  ALLOW,
);

/** The answer where the page source threw. What it threw is for the log, not for the network. */
export const PAGE_FAILED = plainAnswer(
  500,
  'Internal Server Error',
  'Expected the page to render, got an error: see the log',
);

/** The answer where clients have left too many bytes of earlier answers untaken. */
export const BACKLOG_FULL = plainAnswer(
  503,
  'Service Unavailable',
  'Expected clients to take earlier answers first',
);

/** The answer where a token is asked for and the right one wasn't sent (RFC 6750, section 3). */
export const UNAUTHORIZED = plainAnswer(401, 'Unauthorized', 'Expected the bearer token', [
  ['WWW-Authenticate', 'Bearer realm="threadtally"'],
]);

/** The answer to whether the program is ready; else why it isn't, in one line. */
export function readyAnswer(state: true | string): Answer {
  if (state === true) return READY;
  return plainAnswer(503, 'Service Unavailable', `Not ready: ${oneLine(state)}`);
}

const VARY = ['Vary', 'Accept, Accept-Encoding'] as const;

/** Answer with a page. Its body stays a view of the source's buffer. */
export function pageAnswer({body, contentType}: Page): Answer {
  return {status: 200, reason: 'OK', headers: [['Content-Type', contentType], VARY], body};
}

/** What answers a GET or HEAD, by path. */
export type Paths<A> = ReadonlyMap<string, (request: Request) => A>;

/**
 * Choose the answer to a request. The query is ignored, the path is compared as sent (it isn't
 * decoded), and no answer echoes what the client sent.
 */
export function route<A>(request: Request, paths: Paths<A>): Answer | A {
  const {method, target} = request;
  const queryIndex = target.indexOf('?');
  const path = queryIndex < 0 ? target : target.slice(0, queryIndex);
  const answerPath = paths.get(path);
  if (answerPath === undefined) return NOT_FOUND;
  if (method !== 'GET' && method !== 'HEAD') return METHOD_NOT_ALLOWED;
  return answerPath(request);
}

/** An answer of one line of text. */
export function plainAnswer(
  status: number,
  reason: string,
  line: string,
  headers: Answer['headers'] = [],
): Answer {
  return Object.freeze({
    status,
    reason,
    headers: [['Content-Type', 'text/plain; charset=utf-8'] as const, ...headers],
    body: new TextEncoder().encode(`${line}\n`),
  });
}
