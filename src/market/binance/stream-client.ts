import type {STREAM_STATES} from '../../metrics/catalogue.js';
import {RateWindow} from '../../rate-window.js';
import type {Clock} from '../clock.js';
import {decodeFrame, type Frame} from './frame.js';
import type {FeedLimits} from './limits.js';
import type {EndReason} from './stream-connection.js';
import {StreamSlot} from './stream-slot.js';

/** A state of the stream as a whole: `connected` only while all of its connections are. */
export type StreamState = (typeof STREAM_STATES)[number];

/** What the stream tells its owner. */
export interface StreamListener {
  /** Everything that came, replies included, in the order of each connection. */
  onFrame(frame: Frame): void;
  onState(state: StreamState): void;
  /** A connection that was lost, or about to be, was made up for. */
  onReconnected(): void;
  /** A connection was replaced before the exchange would have ended it. */
  onRenewed(): void;
  onPing(): void;
  onLost(reason: EndReason, detail: string): void;
}

export interface StreamClientOptions {
  /** Such as `wss://data-stream.binance.vision`; a path behind it is kept. */
  readonly url: string;
  readonly clock: Clock;
  readonly limits: FeedLimits;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly listener: StreamListener;
}

/** Any number of streams over as many connections as they need. */
export class StreamClient {
  readonly #options: StreamClientOptions;
  readonly #attempts: RateWindow;
  /** Each has at least one stream. */
  readonly #slots: StreamSlot[] = [];
  /** What `onState` was told last. */
  #state: StreamState = 'disconnected';

  constructor(options: StreamClientOptions) {
    this.#options = options;
    const {attemptsMax, attemptsWindowMs} = options.limits;
    this.#attempts = new RateWindow(attemptsMax, attemptsWindowMs);
  }

  get state(): StreamState {
    return this.#state;
  }

  /** Connections that there are or ought to be. */
  get connectionCount(): number {
    return this.#slots.length;
  }

  /** Carries exactly these streams from now on. Those carried already stay where they are. */
  setStreams(streams: readonly string[]): void {
    const wanted = new Set(streams);
    const left = this.#slots.map(slot => new Set([...slot.streams].filter(s => wanted.has(s))));
    for (const carried of left) for (const stream of carried) wanted.delete(stream);
    this.#fill(left, wanted);
    for (const [index, share] of left.entries()) {
      const slot = this.#slots[index];
      if (slot === undefined) this.#addSlot(share);
      else if (share.size === 0) slot.close();
      else if (isChanged(slot.streams, share)) slot.setStreams(share);
    }
    const live = this.#slots.filter(slot => slot.state !== 'closed');
    this.#slots.splice(0, this.#slots.length, ...live);
    this.#tellState();
  }

  /** Ends all connections; nothing is told from then on but the state. */
  close(): void {
    for (const slot of this.#slots.splice(0)) slot.close();
    this.#tellState();
  }

  /** Gives each new stream to the first share with room, and makes shares as they are needed. */
  #fill(shares: Set<string>[], streams: Iterable<string>): void {
    const {streamsPerConnection} = this.#options.limits;
    let index = 0;
    for (const stream of streams) {
      while ((shares[index]?.size ?? 0) >= streamsPerConnection) index += 1;
      shares[index] ??= new Set();
      shares[index]!.add(stream);
    }
  }

  #addSlot(streams: ReadonlySet<string>): void {
    const {url, clock, limits, random, listener} = this.#options;
    const slot: StreamSlot = new StreamSlot({
      url: `${url.replace(/\/+$/, '')}/stream`,
      clock,
      limits,
      random,
      attemptWaitMs: () => this.#attemptWaitMs(),
      onState: () => this.#tellState(),
      onMessage: (text, connection) => {
        const frame = decodeFrame(text);
        if (frame.kind === 'reply') connection.settleRequest(frame.id);
        else if (frame.kind === 'shutdown') slot.evict(connection);
        listener.onFrame(frame);
      },
      onPing: listener.onPing,
      onReconnected: listener.onReconnected,
      onRenewed: listener.onRenewed,
      onLost: listener.onLost,
    });
    this.#slots.push(slot);
    slot.setStreams(streams);
  }

  #attemptWaitMs(): number {
    const now = this.#options.clock.monotonicMs();
    return this.#attempts.tryTake(now) ? 0 : this.#attempts.waitMs(now);
  }

  #tellState(): void {
    const states = this.#slots.map(slot => slot.state);
    let state: StreamState = 'connected';
    if (states.length === 0) state = 'disconnected';
    else if (states.includes('reconnecting')) state = 'reconnecting';
    else if (states.includes('connecting')) state = 'connecting';
    if (state === this.#state) return;
    this.#state = state;
    this.#options.listener.onState(state);
  }
}

function isChanged(before: ReadonlySet<string>, after: ReadonlySet<string>): boolean {
  return before.size !== after.size || [...after].some(stream => !before.has(stream));
}
