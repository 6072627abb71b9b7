import type {IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';
import {RateWindow} from '../../rate-window.js';
import {WebSocketServer} from '../../web-socket.js';
import {Connection, type ConnectionContext, type StreamChange} from './connection.js';
import {ADDRESSES_MAX, type ExchangeLimits, INCOMING_BYTES_MAX} from './exchange-limits.js';
import type {FrameFaults} from './frame-faults.js';
import {type StreamEvent, type StreamEventType, wrapped} from './stream-payload.js';
import type {ExchangeCount, Tally} from './tally.js';

/** Why an upgrade is refused. */
interface Refusal {
  status: number;
  code: number;
  msg: string;
  retryAfterSeconds?: number;
  count?: ExchangeCount;
}

/** What a stream server is made of. */
export interface StreamServerParts {
  limits: ExchangeLimits;
  clock: () => number;
  tally: Tally<ExchangeCount>;
  faults: FrameFaults;
  /** Told of a new connection before it gets anything. */
  opened: (connection: Connection) => void;
  /** Told of each frame that a stalled or half-open connection should have got. */
  swallowed: () => void;
}

const SENT_COUNTS: Readonly<Record<StreamEventType, ExchangeCount>> = Object.freeze({
  kline: 'klinesSent',
  ticker: 'tickersSent',
  miniTicker: 'miniTickersSent',
  miniTickers: 'miniTickersSent',
});

/** The web-socket half of the exchange: connections, and who gets which stream. */
export class StreamServer {
  readonly #parts: StreamServerParts;
  readonly #context: ConnectionContext;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    autoPong: false,
    perMessageDeflate: false,
    maxPayload: INCOMING_BYTES_MAX,
  });
  /** All that are open, half-open ones too, in the order of connecting. */
  readonly #connections = new Set<Connection>();
  /** Subscribers of each stream; none is empty. */
  readonly #subscribers = new Map<string, Set<Connection>>();
  /** Attempts of each address; `''` for all beyond {@link ADDRESSES_MAX}. */
  readonly #attempts = new Map<string, RateWindow>();
  #lastId = 0;

  constructor(parts: StreamServerParts) {
    this.#parts = parts;
    this.#context = {
      ...parts,
      streamsChanged: (connection, change) => this.#changeStreams(connection, change),
      closed: connection => this.#forget(connection),
    };
  }

  get connections(): readonly Connection[] {
    return [...this.#connections];
  }

  /** Takes an upgrade of `/ws`, `/ws/<stream>`, `/stream` or `/stream?streams=`, or refuses it with an HTTP status. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'ws://exchange');
    const streams = streamsOf(url);
    const refusal = this.#refusalOf(request, streams);
    if (refusal || streams === undefined) {
      this.refuse(socket, refusal ?? NOT_FOUND);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, webSocket => {
      this.#lastId += 1;
      const combined = url.pathname === '/stream';
      const connection = new Connection(webSocket, {
        id: this.#lastId,
        combined,
        context: this.#context,
      });
      this.#connections.add(connection);
      this.#parts.tally.add('connectionsOpened');
      this.#parts.opened(connection);
      connection.subscribe(streams);
    });
  }

  /** Answers an upgrade with an error, as HTTP. */
  refuse(socket: Duplex, {status, code, msg, retryAfterSeconds, count}: Refusal): void {
    this.#parts.tally.add('connectionsRefused');
    if (count) this.#parts.tally.add(count);
    const body = JSON.stringify({code, msg});
    const retry = retryAfterSeconds === undefined ? '' : `Retry-After: ${retryAfterSeconds}\r\n`;
    // The client may have gone already.
    socket.on('error', () => undefined);
    socket.end(
      `HTTP/1.1 ${status} Refused\r\nConnection: close\r\n${retry}Content-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }

  isSubscribed(stream: string): boolean {
    return this.#subscribers.has(stream);
  }

  /** Sends an event to the subscribers of its stream, faults permitting. */
  publish(event: StreamEvent): void {
    for (const connection of this.#subscribers.get(event.stream) ?? []) {
      if (connection.link !== 'live') {
        this.#parts.swallowed();
        continue;
      }
      const {id: connectionId, combined} = connection;
      for (const data of this.#parts.faults.apply(event, {connectionId, combined})) {
        if (!connection.send(data)) break;
        this.#parts.tally.add(SENT_COUNTS[event.type]);
        if (event.closed) this.#parts.tally.add('closedKlinesSent');
      }
    }
  }

  /** Sends an event outside of any stream to every live connection. */
  announce(stream: string, json: string): void {
    for (const connection of this.#connections) {
      if (connection.send(wrapped(stream, json, connection.combined))) {
        this.#parts.tally.add('shutdownsSent');
      }
    }
  }

  /** Sends pings that are due, and ends what has had its time. */
  keep(nowMs: number): void {
    for (const connection of this.#connections) connection.keep(nowMs);
  }

  /** Ends all connections at once. */
  close(): void {
    for (const connection of this.#connections) connection.terminate();
    this.#sockets.close();
  }

  #refusalOf(request: IncomingMessage, streams: string[] | undefined): Refusal | undefined {
    const {limits, clock} = this.#parts;
    const attempts = this.#attemptsOf(request.socket.remoteAddress ?? '');
    const nowMs = clock();
    if (!attempts.tryTake(nowMs)) {
      const retryAfterSeconds = Math.ceil(attempts.waitMs(nowMs) / 1_000);
      return {...TOO_MANY_ATTEMPTS, retryAfterSeconds};
    }
    if (this.#connections.size >= limits.connectionsMax) return TOO_MANY_CONNECTIONS;
    if ((streams?.length ?? 0) > limits.streamsPerConnectionMax) return TOO_MANY_STREAMS;
    return undefined;
  }

  #attemptsOf(address: string): RateWindow {
    const known = this.#attempts.get(address);
    if (known) return known;
    const {attemptsMax, attemptsWindowMs} = this.#parts.limits;
    const key = this.#attempts.size < ADDRESSES_MAX ? address : '';
    const window = this.#attempts.get(key) ?? new RateWindow(attemptsMax, attemptsWindowMs);
    this.#attempts.set(key, window);
    return window;
  }

  #changeStreams(connection: Connection, {added, removed}: StreamChange): void {
    for (const stream of added) {
      const subscribers = this.#subscribers.get(stream) ?? new Set();
      this.#subscribers.set(stream, subscribers.add(connection));
    }
    for (const stream of removed) {
      const subscribers = this.#subscribers.get(stream);
      subscribers?.delete(connection);
      if (subscribers?.size === 0) this.#subscribers.delete(stream);
    }
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection);
    this.#changeStreams(connection, {added: [], removed: [...connection.streams]});
    this.#parts.tally.add('connectionsClosed');
  }
}

const NOT_FOUND: Refusal = {status: 404, code: -1000, msg: 'Not found.'};

/** Binance tells the code (-1034, errors.md) but not the status. */
const TOO_MANY_ATTEMPTS: Refusal = {
  status: 429,
  code: -1034,
  msg: 'Too many connection attempts from IP.',
  count: 'attemptLimitBreaks',
};

const TOO_MANY_CONNECTIONS: Refusal = {
  status: 503,
  code: -1034,
  msg: 'Too many concurrent connections.',
  count: 'connectionLimitBreaks',
};

const TOO_MANY_STREAMS: Refusal = {
  status: 400,
  code: -1130,
  msg: 'Too many streams.',
  count: 'streamLimitBreaks',
};

/** The streams that a URL asks for; undefined for a path that there isn't. Decoded: symbols may be non-ASCII. */
function streamsOf({pathname, searchParams}: URL): string[] | undefined {
  const named = (names: string) => [...new Set(names.split('/').filter(Boolean))];
  if (pathname === '/stream') return named(searchParams.get('streams') ?? '');
  if (pathname === '/ws') return [];
  if (!pathname.startsWith('/ws/')) return undefined;
  try {
    return named(decodeURIComponent(pathname.slice('/ws/'.length)));
  } catch {
    return undefined;
  }
}
