import {setTimeout} from 'node:timers/promises';
import {shownNumber} from '../metrics/family.js';
import {Backlog} from './backlog.js';
import {type Compress, gzipBody} from './compression.js';
import {type Engine, EngineMissingError, type EngineName, type StartEngine} from './engine.js';
import {ListenError, oneLine} from './listen-error.js';
import {type LivePage, openLivePage} from './live/live-page.js';
import {Negotiator} from './negotiation.js';
import {startNode} from './node-engine.js';
import {DUAL_STACK_HOST, findHost} from './probe.js';
import {
  type Answer,
  HEALTH_PATH,
  HEALTHY,
  METRICS_PATH,
  PAGE_OFF,
  type PageSource,
  type Paths,
  type PendingAnswer,
  READY_PATH,
  type Request,
  readyAnswer,
  route,
  UNAUTHORIZED,
} from './routes.js';
import {type AnswerParts, answerMetrics} from './scrape-answer.js';
import {isToken, TokenGuard} from './token.js';
import {startUws} from './uws-engine.js';

/** How long `close()` waits for answers under way. After it their connections are cut. */
export const CLOSE_GRACE_MS = 2_000;

/** What `listen()` takes. */
export interface ListenOptions {
  /** Renders what `/metrics` answers. */
  source: PageSource;
  /** 0 to 65535; 0 takes a free one. Default 9091. */
  port?: number;
  /**
   * Address to bind. Default `::`, which answers IPv6 and IPv4 alike; where the machine has no
   * IPv6, `::` means `0.0.0.0`.
   */
  host?: string;
  /**
   * `auto` (the default) takes uWebSockets.js where a build of it loads, else node:http, and warns.
   * `uws` fails where none loads.
   */
  engine?: 'auto' | EngineName;
  /** Whether the live page is served at `/`, for a `source` that is a hub. Default true. */
  livePage?: boolean;
  /**
   * Bearer token that `/metrics`, the live page and its feed ask for: 1 to 512 letters, digits and `-._~+/`, then perhaps
   * `=`. `/healthz` and `/readyz` stay open. Default: none, all is open.
   */
  token?: string | undefined;
  /** Asked at each `/readyz`: true, or why the program isn't ready, in one line. Default: always true. */
  ready?: () => true | string;
  /** Milliseconds that `close()` waits for answers under way. Default {@link CLOSE_GRACE_MS}. */
  closeGraceMs?: number;
  /** Takes warnings, a line each: no uWebSockets.js, a page that didn't render, a full backlog. */
  onWarning?: (line: string) => void;
}

/** A server that listens. */
export interface MetricsServer {
  /** The port really bound. */
  readonly port: number;
  /** The numeric address really bound. */
  readonly host: string;
  /** What carries the bytes. */
  readonly engine: EngineName;
  /** Where a browser on this machine finds the metrics, such as `http://localhost:9091/metrics`. */
  readonly url: string;
  /**
   * Refuse new connections at once, let answers under way finish for `closeGraceMs`, then cut every
   * connection. Resolves when the port is free. Later calls return the first one's promise.
   */
  close(): Promise<void>;
}

const DEFAULTS = Object.freeze({
  port: 9091,
  host: DUAL_STACK_HOST,
  engine: 'auto',
  livePage: true,
  token: undefined,
  ready: () => true as const,
  closeGraceMs: CLOSE_GRACE_MS,
  onWarning: () => {},
} as const satisfies Omit<ListenOptions, 'source'>);

/** How to start either engine. */
export type Engines = Readonly<Record<EngineName, StartEngine>>;

/** The real ones. */
export const ENGINES: Engines = Object.freeze({uws: startUws, node: startNode});

/**
 * Serve `/metrics`, `/healthz`, `/readyz`, and the live page at `/`.
 *
 * @throws {ListenError} where the address can't be had: switch on its `code`.
 * @throws {TypeError} for a port or an engine that there isn't, or for what can't be a token.
 */
export function listen(options: ListenOptions): Promise<MetricsServer> {
  return listenWith(ENGINES, options);
}

/** What a test replaces: the limit, and how long compressing takes. */
export interface ServerParts {
  readonly backlog?: Backlog;
  readonly compress?: Compress;
}

/** `listen()` with engines and parts given, to test a machine without uWS too. */
export async function listenWith(
  engines: Engines,
  options: ListenOptions,
  parts: ServerParts = {},
): Promise<MetricsServer> {
  const {backlog = new Backlog(), compress = gzipBody} = parts;
  const settled = {...DEFAULTS, ...options};
  checkOptions(settled);
  const {source, port, engine: wanted, closeGraceMs, onWarning} = settled;
  const host = await findHost(settled.host, port);
  const guard = new TokenGuard(settled.token);
  const live = settled.livePage
    ? await openLivePage({source, guard, compress, onWarning})
    : undefined;
  const negotiator = new Negotiator();
  const scrape = {source, backlog, compress, negotiator, isCollected: false, onWarning};
  const paths = pathsOf(scrape, {guard, ready: settled.ready, live});
  const answer = (request: Request) => route(request, paths);
  const sockets = live?.sockets;
  const start = {host, port, answer, backlog, sockets, onWarning};
  try {
    const engine = await startWanted(engines, wanted, start);
    return serverOf(engine, {host, backlog, closeGraceMs, live});
  } catch (error) {
    live?.close();
    throw error;
  }
}

function pathsOf(
  parts: AnswerParts,
  {guard, ready, live}: {guard: TokenGuard; ready: () => true | string; live: LivePage | undefined},
): Paths<Answer | PendingAnswer> {
  const paths = new Map<string, (request: Request) => Answer | PendingAnswer>([
    [
      METRICS_PATH,
      request => (guard.admits(request) ? answerMetrics(request, parts) : UNAUTHORIZED),
    ],
    [HEALTH_PATH, () => HEALTHY],
    [READY_PATH, () => readyAnswer(readinessOf(ready))],
  ]);
  if (live === undefined) paths.set('/', () => PAGE_OFF);
  for (const [path, answer] of live?.paths ?? []) paths.set(path, answer);
  return paths;
}

/** What throws isn't ready. */
function readinessOf(ready: () => true | string): true | string {
  try {
    return ready();
  } catch (error) {
    return oneLine(error);
  }
}

async function startWanted(
  engines: Engines,
  wanted: 'auto' | EngineName,
  options: Parameters<StartEngine>[0],
): Promise<Engine> {
  if (wanted === 'node') return engines.node(options);
  try {
    return await engines.uws(options);
  } catch (error) {
    if (!(error instanceof EngineMissingError)) throw error;
    const line = `Expected uWebSockets.js to load, got ${error.message}`;
    if (wanted === 'uws') throw new ListenError('listen_failed', line, {cause: error});
    options.onWarning(`${line}; node:http serves instead`);
    return engines.node(options);
  }
}

function serverOf(
  engine: Engine,
  {
    host,
    backlog,
    closeGraceMs,
    live,
  }: {host: string; backlog: Backlog; closeGraceMs: number; live: LivePage | undefined},
): MetricsServer {
  let closing: Promise<void> | undefined;
  const close = async () => {
    engine.stopAccepting();
    live?.close();
    await drainedWithin(closeGraceMs, backlog);
    await engine.drop();
  };
  return {
    host,
    port: engine.port,
    engine: engine.name,
    url: `http://${urlHostOf(host)}:${engine.port}${METRICS_PATH}`,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

async function drainedWithin(graceMs: number, backlog: Backlog): Promise<void> {
  const timer = new AbortController();
  const grace = setTimeout(graceMs, undefined, {signal: timer.signal}).catch(() => {});
  await Promise.race([backlog.drained(), grace]);
  timer.abort();
}

function urlHostOf(host: string): string {
  if (host === '::' || host === '0.0.0.0') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function checkOptions({
  source,
  port,
  engine,
  token,
}: {
  source: PageSource;
  port: number;
  engine: string;
  token: string | undefined;
}): void {
  if (typeof source?.renderPage !== 'function') {
    throw new TypeError(`Expected \`source\` to be a hub, got ${typeof source}`);
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(
      `Expected \`port\` to be an integer from 0 to 65535, got ${shownNumber(port)}`,
    );
  }
  if (engine !== 'auto' && engine !== 'uws' && engine !== 'node') {
    throw new TypeError(`Expected \`engine\` to be auto, uws or node, got \`${engine}\``);
  }
  if (token !== undefined && !isToken(token)) {
    throw new TypeError('Expected `token` to be a bearer token, got something else');
  }
}
