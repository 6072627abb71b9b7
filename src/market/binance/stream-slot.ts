import {backoffMs} from '../../backoff.js';
import type {Clock} from '../clock.js';
import type {FeedLimits} from './limits.js';
import {type EndReason, StreamConnection} from './stream-connection.js';

/** `connecting` before the first time, `reconnecting` after a loss. */
export type SlotState = 'connecting' | 'connected' | 'reconnecting' | 'closed';

/** What a slot needs, and whom it tells. */
export interface SlotOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly limits: FeedLimits;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Milliseconds until another connection attempt is allowed; 0 counts one. */
  readonly attemptWaitMs: () => number;
  readonly onState: () => void;
  readonly onMessage: (text: string, connection: StreamConnection) => void;
  readonly onPing: () => void;
  /** A lost connection was made up for. */
  readonly onReconnected: () => void;
  /** A connection was replaced before it ended. */
  readonly onRenewed: () => void;
  readonly onLost: (reason: EndReason, detail: string) => void;
}

/**
 * A share of the streams, and the connection that carries them: opened again when it is lost, replaced before it grows too
 * old. During a replacement both connections tell the same; whoever reads them sorts that out by event time.
 */
export class StreamSlot {
  readonly #options: SlotOptions;
  /** Never empty while the slot is used. */
  #streams: ReadonlySet<string> = new Set();
  /** The connection that counts; undefined between two. */
  #current: StreamConnection | undefined;
  /** Its successor, until it is ready. */
  #next: StreamConnection | undefined;
  /** When `#current` became ready, monotonic ms. */
  #readyMs = 0;
  /** Attempts that failed one after the other. */
  #failureCount = 0;
  #state: SlotState = 'connecting';
  /** Cancel the next attempt, and the next replacement. */
  #cancelAttempt: () => void = () => {};
  #cancelRenewal: () => void = () => {};
  /** Whether the successor stands in for a connection whose server has said that it ends. */
  #isEvicted = false;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  get state(): SlotState {
    return this.#state;
  }

  get streams(): ReadonlySet<string> {
    return this.#streams;
  }

  /** Carries these streams from now on; opens the connection where there is none. */
  setStreams(streams: ReadonlySet<string>): void {
    const isNew = this.#streams.size === 0;
    this.#streams = streams;
    this.#current?.setStreams(streams);
    this.#next?.setStreams(streams);
    if (isNew) this.#attempt();
  }

  /** The server of this connection is about to end it: another takes its place at once. */
  evict(connection: StreamConnection): void {
    if (connection !== this.#current || this.#isEvicted) return;
    this.#isEvicted = true;
    this.#renew();
  }

  close(): void {
    this.#state = 'closed';
    this.#cancelAttempt();
    this.#cancelRenewal();
    this.#current?.close();
    this.#next?.close();
    this.#current = undefined;
    this.#next = undefined;
  }

  /** Opens the first connection or the next one after a loss, as soon as the rate of attempts allows. */
  #attempt(): void {
    if (this.#state === 'closed') return;
    const waitMs = this.#options.attemptWaitMs();
    if (waitMs > 0) {
      this.#cancelAttempt = this.#options.clock.after(waitMs, () => this.#attempt());
      return;
    }
    this.#current = this.#open();
  }

  /** Opens the successor; the present connection goes on until that is ready. */
  #renew(): void {
    if (this.#state === 'closed' || this.#next || !this.#current) return;
    const waitMs = this.#options.attemptWaitMs();
    if (waitMs > 0) {
      this.#renewAfter(waitMs);
      return;
    }
    this.#next = this.#open();
  }

  #open(): StreamConnection {
    const {url, clock, limits, onMessage, onPing} = this.#options;
    const listener = {
      onMessage: (text: string) => onMessage(text, connection),
      onPing,
      onReady: () => {
        if (connection === this.#next) this.#succeed();
        else this.#becomeReady();
      },
      onEnd: (reason: EndReason, detail: string) => this.#lose(connection, reason, detail),
    };
    const connection: StreamConnection = new StreamConnection(url, this.#streams, {
      clock,
      limits,
      listener,
    });
    return connection;
  }

  #becomeReady(): void {
    const wasLost = this.#state === 'reconnecting';
    this.#settleIn();
    this.#setState('connected');
    if (wasLost) this.#options.onReconnected();
  }

  #succeed(): void {
    const before = this.#current;
    this.#current = this.#next;
    this.#next = undefined;
    this.#settleIn();
    before?.close();
    // The one before may have been told of its server's end before it was ready itself.
    this.#setState('connected');
    if (this.#isEvicted) this.#options.onReconnected();
    else this.#options.onRenewed();
    this.#isEvicted = false;
  }

  #settleIn(): void {
    const {clock, limits} = this.#options;
    this.#readyMs = clock.monotonicMs();
    this.#renewAfter(limits.renewalMs);
  }

  /** In place of any renewal that was due. */
  #renewAfter(delayMs: number): void {
    this.#cancelRenewal();
    this.#cancelRenewal = this.#options.clock.after(delayMs, () => this.#renew());
  }

  #lose(connection: StreamConnection, reason: EndReason, detail: string): void {
    if (this.#state === 'closed') return;
    if (connection === this.#next) {
      this.#next = undefined;
      this.#failureCount += 1;
      this.#options.onLost(reason, detail);
      this.#renewAfter(this.#backoffMs());
      return;
    }
    if (connection !== this.#current) return;
    const {clock, limits} = this.#options;
    const wasReady = connection.isReady;
    if (wasReady && clock.monotonicMs() - this.#readyMs >= limits.stableMs) this.#failureCount = 0;
    this.#cancelRenewal();
    this.#options.onLost(reason, detail);
    if (wasReady || this.#state === 'reconnecting') this.#setState('reconnecting');
    if (this.#next) {
      this.#promote();
      return;
    }
    this.#current = undefined;
    const waitMs = this.#isEvicted ? 0 : this.#backoffMs();
    this.#isEvicted = false;
    this.#failureCount += 1;
    this.#cancelAttempt = clock.after(waitMs, () => this.#attempt());
  }

  /** The successor was on its way already; it makes up for the loss once it is ready. */
  #promote(): void {
    const successor = this.#next;
    this.#current = successor;
    this.#next = undefined;
    this.#isEvicted = false;
  }

  #setState(state: SlotState): void {
    if (this.#state === 'closed') return;
    this.#state = state;
    this.#options.onState();
  }

  #backoffMs(): number {
    const {limits, random} = this.#options;
    const backoff = {baseMs: limits.backoffBaseMs, capMs: limits.backoffCapMs};
    return backoffMs(this.#failureCount, {...backoff, random});
  }
}
