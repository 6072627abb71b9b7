import {setImmediate} from 'node:timers/promises';
import type {Backlog} from './backlog.js';
import {EngineMissingError, type EngineOptions, type StartEngine} from './engine.js';
import {ListenError} from './listen-error.js';
import {findHost} from './probe.js';
import type {Answer, PendingAnswer, Request} from './routes.js';
import {
  type HttpRequest,
  type HttpResponse,
  loadUws,
  type TemplatedApp,
  type UwsModule,
  type us_listen_socket,
} from './uws.js';
import {serveUwsSockets} from './uws-sockets.js';

/**
 * Serve with uWebSockets.js. What it does by itself: it speaks HTTP/1.1 only (505 to HTTP/1.0 and
 * to a target that isn't a path), refuses more than 4,096 bytes of headers (431), closes a
 * connection on which nothing moves for 10 s, and cuts an answer whose client half-closes, or sends
 * its next request, before the system took the answer whole (while it is compressed, too). Scrapers
 * do neither.
 */
export const startUws: StartEngine = async options => {
  const load = await loadUws();
  if (load.uws === undefined) throw new EngineMissingError(load.reasons.join('; '));
  const {uws} = load;
  const app = createApp(uws, options);
  const listenSocket = bind(uws, app, options);
  if (listenSocket === false) throw await refusal(options);
  return {
    name: 'uws',
    port: uws.us_socket_local_port(listenSocket),
    stopAccepting: () => uws.us_listen_socket_close(listenSocket),
    drop: async () => {
      // Never from inside a handler of uWS: closing frees the connection that is being handled.
      await setImmediate();
      app.close();
    },
  };
};

function createApp(uws: UwsModule, {answer, backlog, sockets}: EngineOptions): TemplatedApp {
  const app = uws.App();
  if (sockets !== undefined) {
    const refuse = (res: HttpResponse, said: Answer) => send(res, said, {isHead: false, backlog});
    serveUwsSockets(app, {sockets, requestOf, refuse});
  }
  return app.any('/*', (res, req) => {
    const request = requestOf(req);
    const said = answer(request);
    const how = {isHead: request.method === 'HEAD', backlog};
    if ('answer' in said) void sendLater(res, said, how);
    else send(res, said, how);
  });
}

/**
 * A request is valid only until its handler returns. One pass over the headers: each pass makes strings of all of them, and
 * eight passes cost as much as the page of a small program.
 */
function requestOf(req: HttpRequest): Request {
  const request: {-readonly [field in keyof Request]: Request[field]} = {
    // As sent, as node:http has it: getMethod() is in lower case.
    method: req.getCaseSensitiveMethod(),
    target: req.getUrl(),
    accept: undefined,
    acceptEncoding: undefined,
    authorization: undefined,
    host: undefined,
    origin: undefined,
    protocols: undefined,
  };
  req.forEach((name, value) => {
    const field = HEADER_FIELDS.get(name);
    if (field === undefined) return;
    // Of a header that is sent more than once the values as one list, as node:http has them.
    const before = request[field];
    request[field] = before === undefined ? value : `${before}, ${value}`;
  });
  return request;
}

type HeaderField = Exclude<keyof Request, 'method' | 'target'>;

/** By the name that uWebSockets.js gives, in lower case. */
const HEADER_FIELDS: ReadonlyMap<string, HeaderField> = new Map([
  ['accept', 'accept'],
  ['accept-encoding', 'acceptEncoding'],
  ['authorization', 'authorization'],
  ['host', 'host'],
  ['origin', 'origin'],
  ['sec-websocket-protocol', 'protocols'],
]);

function bind(
  uws: UwsModule,
  app: TemplatedApp,
  {host, port}: EngineOptions,
): us_listen_socket | false {
  let bound: us_listen_socket | false = false;
  // Exclusive: else two processes share the port silently, and each scrape sees one of them.
  app.listen(host, port, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, listenSocket => {
    bound = listenSocket;
  });
  return bound;
}

/** uWS says only that it failed. Mostly the address was taken since the probe: ask again. */
async function refusal({host, port}: EngineOptions): Promise<ListenError> {
  try {
    await findHost(host, port);
  } catch (error) {
    if (error instanceof ListenError) return error;
    throw error;
  }
  return new ListenError(
    'listen_failed',
    `Expected port ${port} on ${host} to accept a listener, got a refusal of uWebSockets.js`,
  );
}

/** How an answer is sent. */
interface How {
  readonly isHead: boolean;
  readonly backlog: Backlog;
  /** True for a body that nobody changes any more: what the system doesn't take at once is sent from there. */
  readonly isKept?: boolean;
}

/** Send what is pending when it comes, if the connection lives: a response of a dead one throws when it is touched. */
async function sendLater(res: HttpResponse, pending: PendingAnswer, how: How): Promise<void> {
  const release = how.backlog.add(pending.bytes);
  let isAborted = false;
  res.onAborted(() => {
    isAborted = true;
    release();
  });
  const answer = await pending.answer;
  if (isAborted) return;
  // Corked, as a handler is by itself: headers and body leave in one packet where they fit.
  res.cork(() => send(res, answer, {...how, isKept: true}));
  release();
}

function send(
  res: HttpResponse,
  {status, reason, headers, body}: Answer,
  {isHead, backlog, isKept = false}: How,
): void {
  // `200 OK` is what it writes by itself.
  if (status !== 200) res.writeStatus(`${status} ${reason}`);
  for (const [name, value] of headers) res.writeHeader(name, value);
  if (isHead) {
    // Not endWithoutBody(length), which never ends the answer: uNetworking/uWebSockets#1855.
    res.writeHeader('Content-Length', String(body.length)).endWithoutBody();
    return;
  }
  const [, isDone] = res.tryEnd(body, body.length);
  if (isDone) return;
  const offset = res.getWriteOffset();
  // The whole of a kept body is held, whatever of it was taken.
  const from = isKept ? 0 : offset;
  sendRest(res, {bytes: isKept ? body : body.slice(from), from}, backlog);
}

/** The end of an answer that wasn't taken at once: bytes that nobody changes, from an offset of the answer on. */
interface Rest {
  readonly bytes: Uint8Array;
  readonly from: number;
}

/**
 * Send what the system didn't take at once as the client reads. `res.end()` would copy and do so too, but tells nobody when
 * it is through, without a bound if a client pipelines and doesn't read.
 */
function sendRest(res: HttpResponse, {bytes, from}: Rest, backlog: Backlog): void {
  const totalBytes = from + bytes.length;
  const release = backlog.add(bytes.length);
  res.onAborted(release);
  res.onWritable(offset => {
    const [isOk, isDone] = res.tryEnd(bytes.subarray(offset - from), totalBytes);
    if (isDone) release();
    return isOk;
  });
}
