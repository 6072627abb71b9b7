const MINUTE_MS = 60_000;

/** Starts a minute that can be asked for: as many times are remembered. */
export const RATE_PER_MINUTE_MAX = 10_000;

/** Lets no more than a number of starts fall into any minute, wherever that minute begins. */
export class RateLimit {
  /** Milliseconds of the last starts, a ring; one that hasn't been used yet is infinitely long ago. */
  readonly #startsMs: Float64Array;
  /** Place in the ring of the oldest start, which the next one takes. */
  #oldest = 0;

  /**
   * @param perMinute 1 to {@link RATE_PER_MINUTE_MAX}, or 0 for no limit
   * @throws RangeError for another number
   */
  constructor(perMinute: number) {
    if (!Number.isInteger(perMinute) || perMinute < 0 || perMinute > RATE_PER_MINUTE_MAX) {
      throw new RangeError(
        `Expected \`perMinute\` to be an integer from 0 to ${RATE_PER_MINUTE_MAX}, got \`${perMinute}\``,
      );
    }
    this.#startsMs = new Float64Array(perMinute).fill(Number.NEGATIVE_INFINITY);
  }

  /** The time from which on the next start is allowed; long ago where it is allowed at once. */
  opensAtMs(): number {
    const oldestMs = this.#startsMs[this.#oldest] ?? Number.NEGATIVE_INFINITY;
    return oldestMs + MINUTE_MS;
  }

  /** Notes a start. */
  record(nowMs: number): void {
    if (this.#startsMs.length === 0) return;
    this.#startsMs[this.#oldest] = nowMs;
    this.#oldest = (this.#oldest + 1) % this.#startsMs.length;
  }
}
