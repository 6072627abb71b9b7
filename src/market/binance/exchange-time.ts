import type {Clock} from '../clock.js';

/** Milliseconds between two looks at the exchange's clock, whoever asks. Within them the last answer stands. */
const REFRESH_INTERVAL_MS_MIN = 10_000;

/** The exchange's clock, as far as it can be known from here. */
export class ExchangeTime {
  readonly #clock: Clock;
  readonly #serverTime: () => Promise<number>;
  /** What the exchange's clock is ahead of ours; 0 until it is known. */
  #aheadMs = 0;
  /** When it was told last, monotonic ms; before all time until it is known. */
  #toldMs = Number.NEGATIVE_INFINITY;
  /** The question on its way: whoever asks meanwhile waits for the same answer. */
  #asking: Promise<void> | undefined;

  /** @param serverTime asks the exchange, epoch ms */
  constructor(clock: Clock, serverTime: () => Promise<number>) {
    this.#clock = clock;
    this.#serverTime = serverTime;
  }

  /** The exchange's present time, epoch ms: behind it by what the last answer was under way, never ahead. */
  nowMs(): number {
    return this.at(this.#clock.epochMs());
  }

  /** The exchange's time at a moment of our clock, epoch ms. */
  at(epochMs: number): number {
    return epochMs + this.#aheadMs;
  }

  /** Asks the exchange, unless it has told a moment ago. @throws what asking throws */
  refresh(): Promise<void> {
    if (this.#clock.monotonicMs() - this.#toldMs < REFRESH_INTERVAL_MS_MIN) {
      return Promise.resolve();
    }
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /**
   * Not half of the way there and back, as NTP has it: a question may wait for minutes for its turn or for the end of a ban,
   * and a clock that is thought ahead would take an open candle for a closed one.
   */
  async #ask(): Promise<void> {
    const serverMs = await this.#serverTime();
    this.#aheadMs = serverMs - this.#clock.epochMs();
    this.#toldMs = this.#clock.monotonicMs();
  }
}
