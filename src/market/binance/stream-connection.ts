import {RateWindow} from '../../rate-window.js';
import {type RawData, WebSocket} from '../../web-socket.js';
import type {Clock} from '../clock.js';
import {type FeedLimits, MESSAGE_BYTES_MAX} from './limits.js';

/** Why a connection ended; one word of the log. */
export type EndReason = 'closed' | 'refused' | 'silent' | 'no_reply' | 'stopped';

/** What a connection tells its owner. Nothing comes once `onEnd` was called, and that comes once. */
export interface ConnectionListener {
  onMessage(text: string): void;
  /** Open, and every stream asked for so far is acknowledged. Comes once. */
  onReady(): void;
  onPing(): void;
  onEnd(reason: EndReason, detail: string): void;
}

/** Milliseconds between two looks for silence: a stall is noticed so much later than its bound at most. */
const WATCH_INTERVAL_MS = 500;

/** A closing handshake that takes longer is cut off: the other side's frame may be lost. */
const CLOSE_MS_MAX = 2_000;

interface StreamRequest {
  readonly method: 'SUBSCRIBE' | 'UNSUBSCRIBE';
  readonly params: readonly string[];
}

/** One WebSocket to the exchange, from its handshake to its end: subscribes, paces what it sends, and notices silence. */
export class StreamConnection {
  readonly #clock: Clock;
  readonly #limits: FeedLimits;
  readonly #listener: ConnectionListener;
  readonly #socket: WebSocket;
  /** Texts and pongs sent of late. */
  readonly #pace: RateWindow;
  /** What was asked for last; requests on the way lead there. */
  #streams: ReadonlySet<string>;
  /** Requests that wait for their turn. */
  #requests: StreamRequest[] = [];
  /** Requests sent and not answered, by id, with what cancels their time-out. */
  readonly #unanswered = new Map<number, () => void>();
  #lastRequestId = 0;
  /** Cancels the next turn of `#requests`; undefined where none is due. */
  #cancelTurn: (() => void) | undefined;
  #cancelWatch: () => void = () => {};
  /** Whether anything, and whether a message, has come since the watch looked last. */
  #heard = false;
  #heardMessage = false;
  /** For how long nothing, and no message, has come, as far as the watch could see. */
  #silentMs = 0;
  #messageSilentMs = 0;
  #isReady = false;
  #hasEnded = false;
  /** What the socket's `error` event said; its `close` event follows. */
  #failure = '';

  /** Connects at once. `url` is that of combined streams, without any. */
  constructor(
    url: string,
    streams: ReadonlySet<string>,
    options: {clock: Clock; limits: FeedLimits; listener: ConnectionListener},
  ) {
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#listener = options.listener;
    this.#streams = streams;
    this.#pace = new RateWindow(this.#limits.requestsMax, this.#limits.requestWindowMs);
    this.#socket = new WebSocket(url, {
      handshakeTimeout: this.#limits.replyMsMax,
      perMessageDeflate: false,
      maxPayload: MESSAGE_BYTES_MAX,
    });
    this.#listen();
    this.#watch();
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Subscribes to what is new, unsubscribes from what is not in the set any more. */
  setStreams(streams: ReadonlySet<string>): void {
    const before = this.#streams;
    this.#streams = new Set(streams);
    if (this.#socket.readyState === WebSocket.CONNECTING || this.#hasEnded) return;
    this.#ask(
      'UNSUBSCRIBE',
      [...before].filter(stream => !streams.has(stream)),
    );
    this.#ask(
      'SUBSCRIBE',
      [...streams].filter(stream => !before.has(stream)),
    );
    this.#takeTurn();
  }

  /** Takes a reply to a request: what comes in `onMessage` is decoded there. */
  settleRequest(id: unknown): void {
    const cancel = this.#unanswered.get(id as number);
    if (cancel === undefined) return;
    cancel();
    this.#unanswered.delete(id as number);
    this.#checkReady();
  }

  /** Ends the connection; `onEnd` is called before this returns. */
  close(): void {
    this.#end('stopped', '');
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('open', () => {
      if (this.#hasEnded) return;
      this.#heard = true;
      this.#ask('SUBSCRIBE', [...this.#streams]);
      this.#takeTurn();
      this.#checkReady();
    });
    socket.on('message', (data: RawData) => {
      if (this.#hasEnded) return;
      this.#heard = true;
      this.#heardMessage = true;
      this.#listener.onMessage(data.toString());
    });
    socket.on('ping', () => {
      if (this.#hasEnded) return;
      this.#heard = true;
      // `ws` has sent the pong, with the ping's payload.
      this.#pace.take(this.#clock.monotonicMs());
      this.#listener.onPing();
    });
    socket.on('error', error => {
      this.#failure ||= error.message;
    });
    socket.on('close', (code, reason) => {
      const text = this.#failure || reason.toString();
      this.#end(code === 1006 && !this.#isReady ? 'refused' : 'closed', `${code} ${text}`.trim());
    });
  }

  #ask(method: StreamRequest['method'], streams: readonly string[]): void {
    const size = this.#limits.streamsPerRequest;
    for (let start = 0; start < streams.length; start += size) {
      this.#requests.push({method, params: streams.slice(start, start + size)});
    }
  }

  /** Sends what the pace allows now, and comes back for the rest. */
  #takeTurn(): void {
    if (this.#cancelTurn || this.#hasEnded) return;
    while (this.#requests.length > 0) {
      const now = this.#clock.monotonicMs();
      const waitMs = this.#pace.waitMs(now);
      if (waitMs > 0) {
        this.#cancelTurn = this.#clock.after(waitMs, () => {
          this.#cancelTurn = undefined;
          this.#takeTurn();
        });
        return;
      }
      this.#pace.take(now);
      this.#send(this.#requests.shift()!);
    }
  }

  #send({method, params}: StreamRequest): void {
    this.#lastRequestId += 1;
    const id = this.#lastRequestId;
    const {replyMsMax} = this.#limits;
    this.#unanswered.set(
      id,
      this.#clock.after(replyMsMax, () => this.#end('no_reply', `${method} ${id}`)),
    );
    this.#socket.send(JSON.stringify({method, params, id}));
  }

  #checkReady(): void {
    if (this.#isReady || this.#hasEnded) return;
    if (this.#requests.length > 0 || this.#unanswered.size > 0) return;
    this.#isReady = true;
    this.#listener.onReady();
  }

  /**
   * Counts looks, not time: while this thread is busy, what comes waits to be read, and nobody is silent.
   */
  #watch(): void {
    const {silenceMsMax, messageSilenceMsMax} = this.#limits;
    const intervalMs = Math.min(WATCH_INTERVAL_MS, silenceMsMax / 4);
    this.#cancelWatch = this.#clock.after(intervalMs, () => {
      this.#silentMs = this.#heard ? 0 : this.#silentMs + intervalMs;
      this.#messageSilentMs = this.#heardMessage ? 0 : this.#messageSilentMs + intervalMs;
      this.#heard = false;
      this.#heardMessage = false;
      if (this.#silentMs >= silenceMsMax) this.#end('silent', 'nothing came');
      else if (this.#messageSilentMs >= messageSilenceMsMax) this.#end('silent', 'only pings came');
      else this.#watch();
    });
  }

  #end(reason: EndReason, detail: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#cancelWatch();
    this.#cancelTurn?.();
    for (const cancel of this.#unanswered.values()) cancel();
    this.#unanswered.clear();
    this.#requests = [];
    // A silent one would not answer a closing frame either.
    if (reason === 'stopped') this.#closeGently();
    else this.#socket.terminate();
    this.#listener.onEnd(reason, detail);
  }

  #closeGently(): void {
    const socket = this.#socket;
    if (socket.readyState === WebSocket.CONNECTING) {
      socket.terminate();
      return;
    }
    socket.close(1000);
    const cancel = this.#clock.after(CLOSE_MS_MAX, () => socket.terminate());
    socket.once('close', cancel);
  }
}
