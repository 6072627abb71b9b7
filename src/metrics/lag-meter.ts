/** Milliseconds between two looks at an event loop. */
export const LAG_INTERVAL_MS = 100;

/** What a meter needs. */
export interface LagMeterOptions {
  /** Milliseconds of a clock that never steps back. */
  readonly now: () => number;
  readonly observe: (lagSeconds: number) => void;
}

/** Observes how late a timer of {@link LAG_INTERVAL_MS} runs: work that blocks the event loop delays it by as much. */
export class LagMeter {
  readonly #now: () => number;
  readonly #observe: (lagSeconds: number) => void;
  /** When the timer ran last. */
  #lastMs: number;

  constructor({now, observe}: LagMeterOptions) {
    this.#now = now;
    this.#observe = observe;
    this.#lastMs = now();
  }

  /** To be called by the timer. */
  tick(): void {
    const nowMs = this.#now();
    this.#observe(Math.max(0, nowMs - this.#lastMs - LAG_INTERVAL_MS) / 1_000);
    this.#lastMs = nowMs;
  }
}
