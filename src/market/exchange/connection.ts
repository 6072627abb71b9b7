import {RateWindow} from '../../rate-window.js';
import type {RawData, WebSocket} from '../../web-socket.js';
import {
  type ControlError,
  type ControlRequest,
  isControlError,
  parseControlRequest,
} from './control-request.js';
import type {ExchangeLimits} from './exchange-limits.js';
import type {FrameData} from './frame-faults.js';
import type {ExchangeCount, Tally} from './tally.js';

/**
 * - `live`: as it should be;
 * - `stalled`: TCP stands and what comes in is read, but nothing is sent: no frame, no ping, no pong, no answer;
 * - `half_open`: for the server the connection is gone; nothing is read or sent ever again, and TCP doesn't tell.
 */
export type LinkState = 'live' | 'stalled' | 'half_open';

/** What a connection needs of the server. */
export interface ConnectionContext {
  limits: ExchangeLimits;
  clock: () => number;
  tally: Tally<ExchangeCount>;
  /** Told after a connection's streams have changed, and when it has closed. */
  streamsChanged: (connection: Connection, change: StreamChange) => void;
  closed: (connection: Connection) => void;
}

export interface StreamChange {
  added: readonly string[];
  removed: readonly string[];
}

/** Why the server ends a connection; the code is of RFC 6455, section 7.4.1. */
export interface Ending {
  count: ExchangeCount;
  code: number;
  reason: string;
}

const PONG_TIMEOUT: Ending = {count: 'pongTimeouts', code: 1008, reason: 'Pong timeout'};
const LIFETIME: Ending = {count: 'lifetimesEnded', code: 1001, reason: 'Connection expired'};
const MESSAGE_LIMIT: Ending = {
  count: 'messageLimitBreaks',
  code: 1008,
  reason: 'Too many requests',
};

/** One client's socket: its subscriptions, its pings and what it may send. */
export class Connection {
  /** From 1 on, in the order of connecting. */
  readonly id: number;
  readonly streams = new Set<string>();
  /** Whether events come in the wrapper of combined streams. */
  combined: boolean;

  readonly #socket: WebSocket;
  readonly #context: ConnectionContext;
  readonly #incoming: RateWindow;
  readonly #openedMs: number;
  #link: LinkState = 'live';
  #pingedMs: number;
  /** When the oldest ping was sent that no pong has answered; undefined when none waits. */
  #awaitedSinceMs: number | undefined;
  /** Payload of the last ping: a pong counts only with a copy of it. */
  #pingPayload = '';

  constructor(
    socket: WebSocket,
    {id, combined, context}: {id: number; combined: boolean; context: ConnectionContext},
  ) {
    this.id = id;
    this.combined = combined;
    this.#socket = socket;
    this.#context = context;
    this.#incoming = new RateWindow(context.limits.messagesPerSecondMax, 1_000);
    this.#openedMs = context.clock();
    this.#pingedMs = this.#openedMs;
    socket.on('message', data => this.#receive(data));
    socket.on('ping', payload => this.#receivePing(payload));
    socket.on('pong', payload => this.#receivePong(payload));
    // What is wrong with a frame shows in the close that follows.
    socket.on('error', () => undefined);
    socket.on('close', () => context.closed(this));
  }

  get link(): LinkState {
    return this.#link;
  }

  /** Bytes that wait for the client to read. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Takes streams of the URL. False when they are too many: none is taken. */
  subscribe(streams: readonly string[]): boolean {
    const added = [...new Set(streams)].filter(stream => !this.streams.has(stream));
    if (this.streams.size + added.length > this.#context.limits.streamsPerConnectionMax) {
      this.#context.tally.add('streamLimitBreaks');
      return false;
    }
    for (const stream of added) this.streams.add(stream);
    this.#context.streamsChanged(this, {added, removed: []});
    return true;
  }

  /** Sends a frame. False where nothing was sent: the link is not live, or the reader too slow and now dropped. */
  send(data: FrameData): boolean {
    if (this.#link !== 'live' || this.#socket.readyState !== this.#socket.OPEN) return false;
    if (this.#socket.bufferedAmount > this.#context.limits.bufferedBytesMax) {
      this.#context.tally.add('slowReadersDropped');
      this.terminate();
      return false;
    }
    this.#socket.send(data);
    return true;
  }

  /** Pings where it is time, and ends the connection where its time is over. */
  keep(nowMs: number): void {
    if (this.#link === 'half_open' || this.#socket.readyState !== this.#socket.OPEN) return;
    const {pingIntervalMs, pongTimeoutMs, lifetimeMs} = this.#context.limits;
    const awaitedSinceMs = this.#awaitedSinceMs ?? nowMs;
    if (nowMs - this.#openedMs >= lifetimeMs) this.end(LIFETIME);
    // A stalled server has sent no ping, so it must not miss the pong.
    else if (this.#link === 'stalled') this.#awaitedSinceMs = undefined;
    else if (nowMs - awaitedSinceMs >= pongTimeoutMs) this.end(PONG_TIMEOUT);
    else if (nowMs - this.#pingedMs >= pingIntervalMs) this.#ping(nowMs, awaitedSinceMs);
  }

  #ping(nowMs: number, awaitedSinceMs: number): void {
    this.#pingedMs = nowMs;
    this.#awaitedSinceMs = awaitedSinceMs;
    this.#pingPayload = String(nowMs);
    this.#context.tally.add('pingsSent');
    this.#socket.ping(this.#pingPayload);
  }

  /** Closes with a code, and counts why. */
  end({count, code, reason}: Ending): void {
    this.#context.tally.add(count);
    this.close(code, reason);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Ends TCP without a closing frame. */
  terminate(): void {
    this.#socket.terminate();
  }

  stall(): void {
    if (this.#link === 'live') this.#link = 'stalled';
  }

  /** Goes on sending; what was to be sent in between is lost. */
  resume(): void {
    if (this.#link === 'stalled') this.#link = 'live';
  }

  /** From here on the server neither reads nor sends. There is no way back. */
  halfOpen(): void {
    this.#link = 'half_open';
    this.#socket.pause();
  }

  #receive(data: RawData): void {
    this.#context.tally.add('requestsReceived');
    if (!this.#takeIncoming()) return;
    const request = parseControlRequest(String(data));
    const answer = isControlError(request) ? this.#refuse(request) : this.#answer(request);
    this.send(JSON.stringify(answer));
  }

  #receivePing(payload: Buffer): void {
    this.#context.tally.add('pingsReceived');
    if (this.#takeIncoming() && this.#link === 'live') this.#socket.pong(payload);
  }

  #receivePong(payload: Buffer): void {
    this.#context.tally.add('pongsReceived');
    if (!this.#takeIncoming()) return;
    if (payload.toString() === this.#pingPayload) this.#awaitedSinceMs = undefined;
  }

  #takeIncoming(): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return false;
    const isFit = this.#incoming.tryTake(this.#context.clock());
    if (!isFit) this.end(MESSAGE_LIMIT);
    return isFit;
  }

  #answer(request: ControlRequest): unknown {
    const {id} = request;
    switch (request.method) {
      case 'SUBSCRIBE': {
        if (this.subscribe(request.streams)) return {result: null, id};
        const max = this.#context.limits.streamsPerConnectionMax;
        return this.#refuse({code: 2, msg: `Invalid request: more than ${max} streams`, id});
      }
      case 'UNSUBSCRIBE': {
        const removed = request.streams.filter(stream => this.streams.delete(stream));
        this.#context.streamsChanged(this, {added: [], removed});
        return {result: null, id};
      }
      case 'LIST_SUBSCRIPTIONS':
        return {result: [...this.streams], id};
      case 'SET_PROPERTY':
        this.combined = request.combined;
        return {result: null, id};
      case 'GET_PROPERTY':
        return {result: this.combined, id};
    }
  }

  #refuse(error: ControlError): ControlError {
    this.#context.tally.add('requestErrors');
    return error;
  }
}
