import type {BatchState} from '../screener/batch-state.js';
import {sharedNow} from '../screener/batch-state.js';

/**
 * Milliseconds that a worker may take to start on a batch; then it is replaced. A new thread has to load its code first: 0.3 s
 * of processor time, of which a machine that has sixty threads waiting for two processors gives each a thirtieth.
 */
export const WORKER_START_MS_MAX = 120_000;

/** What tells the time of all threads, and when some of it has passed. */
export interface SharedClock {
  /** Milliseconds since 1970 that never step back and are the same in all threads. */
  readonly now: () => number;
  /** Calls back once after that many milliseconds, unless what it returns is called before. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

/** The clock of `sharedNow()`. */
export const SHARED_CLOCK: SharedClock = Object.freeze({
  now: sharedNow,
  after(ms: number, callback: () => void) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
});

/** Options of {@link TaskLimit}. */
export interface TaskLimitOptions {
  /** What the worker says of its batch. */
  readonly state: BatchState;
  /** Milliseconds that each place of the batch may run, from when the worker begins it. */
  readonly limitMs: number;
  /**
   * Called once, with the place that has run too long; with undefined where no worker has begun the batch within
   * {@link WORKER_START_MS_MAX}.
   */
  readonly onOver: (place: number | undefined) => void;
  /** Default {@link SHARED_CLOCK}. */
  readonly clock?: SharedClock;
}

/**
 * A time limit for each place of a worker's batch, with one timer. It counts from the moment when the worker says that it
 * has begun the place: what it takes to start the thread is no fault of the filter. Nor is it one that this thread was too
 * busy to hear of the end: the worker has noted that, too.
 */
export class TaskLimit {
  readonly #options: TaskLimitOptions;
  readonly #clock: SharedClock;
  readonly #handedOverAt: number;
  #cancel: () => void;

  constructor(options: TaskLimitOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SHARED_CLOCK;
    this.#handedOverAt = this.#clock.now();
    this.#cancel = this.#clock.after(options.limitMs, () => this.#check());
  }

  /** Ends the watch. */
  clear(): void {
    this.#cancel();
  }

  #check(): void {
    const {state, limitMs, onOver} = this.#options;
    // What it answers is on its way; should the worker die before it is sent, that ends the batch.
    if (state.hasEnded) return;
    const {running} = state;
    const now = this.#clock.now();
    // Between two places, as good as begun this moment.
    const dueAt = state.hasBegun
      ? (running?.begunAt ?? now) + limitMs
      : this.#handedOverAt + WORKER_START_MS_MAX;
    if (dueAt <= now) onOver(running?.place);
    else this.#cancel = this.#clock.after(Math.min(dueAt - now, limitMs), () => this.#check());
  }
}
