/** Keeps to "at most so many within so long", by moments of a monotonic clock. */
export class RateWindow {
  readonly #countMax: number;
  readonly #windowMs: number;
  /** Ascending; at most those of the last window. */
  readonly #takenMs: number[] = [];

  /** @param countMax 1 or more, of which as many times are remembered; Infinity: everything fits. */
  constructor(countMax: number, windowMs: number) {
    this.#countMax = countMax;
    this.#windowMs = windowMs;
  }

  /** Milliseconds until one more fits; 0 where it does now. */
  waitMs(nowMs: number): number {
    this.#forget(nowMs);
    const blocking = this.#takenMs.at(-this.#countMax);
    return blocking === undefined ? 0 : blocking + this.#windowMs - nowMs;
  }

  /** Counts one, whether it fits or not: a pong can't wait. */
  take(nowMs: number): void {
    if (this.#countMax === Number.POSITIVE_INFINITY) return;
    this.#forget(nowMs);
    this.#takenMs.push(nowMs);
  }

  /** Counts one where it fits; false, with nothing counted, where it doesn't. */
  tryTake(nowMs: number): boolean {
    if (this.waitMs(nowMs) > 0) return false;
    this.take(nowMs);
    return true;
  }

  #forget(nowMs: number): void {
    while (this.#takenMs.length > 0 && this.#takenMs[0]! + this.#windowMs <= nowMs) {
      this.#takenMs.shift();
    }
  }
}
