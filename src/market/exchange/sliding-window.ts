/** Counts what happened within the last stretch of time; at most `max` moments are kept. */
export class SlidingWindow {
  readonly #max: number;
  readonly #lengthMs: number;
  /** Ascending; none older than `#lengthMs` before the newest. */
  readonly #times: number[] = [];

  constructor(max: number, lengthMs: number) {
    this.#max = max;
    this.#lengthMs = lengthMs;
  }

  /** Counts one more at `nowMs`; false when there were `max` within the stretch already. */
  take(nowMs: number): boolean {
    while (this.#times.length > 0 && this.#times[0]! <= nowMs - this.#lengthMs) this.#times.shift();
    if (this.#times.length >= this.#max) return false;
    this.#times.push(nowMs);
    return true;
  }

  /** How long until one more fits. Not positive: it does now. */
  waitMs(nowMs: number): number {
    const oldest = this.#times[0];
    if (oldest === undefined || this.#times.length < this.#max) return 0;
    return oldest + this.#lengthMs - nowMs;
  }
}
