/** Byte of a batch's memory: Float64, when the worker began what it runs now; 0 while it runs nothing. */
const BEGUN_BYTE = 0;

/** Byte of a batch's memory: Int32, the place that the worker took last, or one of the two below. */
const PLACE_BYTE = 8;

/** Byte of a batch's memory: Int32, 1 where the worker ends because what it runs takes too much memory. */
const MEMORY_BYTE = 12;

const STATE_BYTES = 16;

/** No worker has begun the batch. */
const NOT_BEGUN = -1;

/** The worker has found the list empty, or is about to answer. */
const ENDED = -2;

/**
 * Milliseconds since 1970 of a clock that all threads of a process share and that never steps back: `performance.now()`
 * counts from a moment of its own in each thread.
 */
export function sharedNow(): number {
  return performance.timeOrigin + performance.now();
}

/** What a worker is at, and since when, in the clock of {@link sharedNow}. */
export interface RunningPlace {
  readonly place: number;
  readonly begunAt: number;
}

/** What one worker does with its batch: it writes, and the main thread reads while it can't be asked. */
export class BatchState {
  readonly memory: SharedArrayBuffer;
  readonly #begunAt: Float64Array;
  readonly #place: Int32Array;
  readonly #isOutOfMemory: Int32Array;

  /** @param memory What another thread's state has; default: of its own, not begun. */
  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(STATE_BYTES);
    this.#begunAt = new Float64Array(this.memory, BEGUN_BYTE, 1);
    this.#place = new Int32Array(this.memory, PLACE_BYTE, 1);
    this.#isOutOfMemory = new Int32Array(this.memory, MEMORY_BYTE, 1);
    if (memory === undefined) this.#place[0] = NOT_BEGUN;
  }

  /** Whether a worker has begun the batch. */
  get hasBegun(): boolean {
    return Atomics.load(this.#place, 0) !== NOT_BEGUN;
  }

  /** Whether the worker has done with the batch, but for its answer. */
  get hasEnded(): boolean {
    return Atomics.load(this.#place, 0) === ENDED;
  }

  /** Whether the worker ends because what it runs takes too much memory. */
  get isOutOfMemory(): boolean {
    return Atomics.load(this.#isOutOfMemory, 0) === 1;
  }

  /** What the worker runs at this moment; undefined between two places, before the first and after the last. */
  get running(): RunningPlace | undefined {
    const place = Atomics.load(this.#place, 0);
    const begunAt = this.#begunAt[0]!;
    // The time is another place's where that has changed meanwhile.
    const isSame = Atomics.load(this.#place, 0) === place;
    return isSame && place >= 0 && begunAt !== 0 ? {place, begunAt} : undefined;
  }

  /** To be called by the worker before it runs a place. */
  begin(place: number, now: number): void {
    // The time of the place before must never be read as this one's.
    this.#begunAt[0] = 0;
    Atomics.store(this.#isOutOfMemory, 0, 0);
    Atomics.store(this.#place, 0, place);
    this.#begunAt[0] = now;
  }

  /** To be called by the worker before it ends because of what it runs. */
  runOut(): void {
    Atomics.store(this.#isOutOfMemory, 0, 1);
  }

  /**
   * To be called by the worker when what it runs was held up by what is not its own doing: its time counts from so many
   * milliseconds later.
   */
  excuse(ms: number): void {
    if (this.#begunAt[0] !== 0) this.#begunAt[0]! += ms;
  }

  /** To be called by the worker when it has run a place to its end. */
  rest(): void {
    this.#begunAt[0] = 0;
  }

  /** To be called by the worker when it takes no more places. */
  end(): void {
    this.#begunAt[0] = 0;
    Atomics.store(this.#place, 0, ENDED);
  }
}
