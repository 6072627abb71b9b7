import type {Clock} from '../../src/market/clock.js';

/** A clock that stands until it is moved on, and then runs what is due on the way. */
export class StillClock implements Clock {
  #nowMs: number;
  readonly #due: {atMs: number; run: () => void}[] = [];

  constructor(nowMs = 1_700_000_000_000) {
    this.#nowMs = nowMs;
  }

  epochMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const entry = {atMs: this.#nowMs + delayMs, run};
    this.#due.push(entry);
    return () => {
      const index = this.#due.indexOf(entry);
      if (index >= 0) this.#due.splice(index, 1);
    };
  }

  /** Timers that wait. */
  get timerCount(): number {
    return this.#due.length;
  }

  /** Goes on by so many ms. */
  move(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      const next = this.#due.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#due.splice(this.#due.indexOf(next), 1);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = endMs;
  }
}
