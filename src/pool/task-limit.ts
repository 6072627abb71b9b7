import {MARK_BEGUN, MARK_ENDED, TASK_MARKS} from '../screener/task.js';

/** Milliseconds that a worker may take to start on a task: a new thread has to load its code first. */
export const WORKER_START_MS_MAX = 30_000;

/** Options of {@link TaskLimit}. */
export interface TaskLimitOptions {
  /** Milliseconds that the task may run, from when its worker begins it. */
  readonly limitMs: number;
  /** Called when the task has run too long, or hasn't begun within {@link WORKER_START_MS_MAX}. */
  readonly onOver: () => void;
}

/**
 * Milliseconds since 1970 of a clock that all threads of a process share and that never steps back: `performance.now()`
 * counts from a moment of its own in each thread.
 */
export function sharedNow(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * A time limit that counts from the moment when a worker says that it has begun, by writing {@link sharedNow} into the
 * shared memory: what it takes to start the thread is no fault of the filter. Nor is it one that this thread was too busy
 * to hear of the end: a task whose worker has noted that it has ended is never over the limit.
 */
export class TaskLimit {
  /** {@link TASK_MARKS} Float64 that the worker writes. */
  readonly marks = new SharedArrayBuffer(TASK_MARKS * Float64Array.BYTES_PER_ELEMENT);
  readonly #marks = new Float64Array(this.marks);
  readonly #handedOverAt = sharedNow();
  readonly #options: TaskLimitOptions;
  #timer: NodeJS.Timeout;

  constructor(options: TaskLimitOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => this.#check(), options.limitMs);
  }

  /** Whether a worker has begun: what goes on from then on is the task's own doing. */
  get hasBegun(): boolean {
    return this.#marks[MARK_BEGUN] !== 0;
  }

  /** Ends the watch. */
  clear(): void {
    clearTimeout(this.#timer);
  }

  #check(): void {
    // What it answered is on its way; should the worker die before it is sent, that ends the task.
    if (this.#marks[MARK_ENDED] !== 0) return;
    const begunAt = this.#marks[MARK_BEGUN]!;
    const {limitMs, onOver} = this.#options;
    const leftMs =
      begunAt === 0
        ? this.#handedOverAt + WORKER_START_MS_MAX - sharedNow()
        : begunAt + limitMs - sharedNow();
    if (leftMs <= 0) onOver();
    else this.#timer = setTimeout(() => this.#check(), Math.min(leftMs, limitMs));
  }
}
