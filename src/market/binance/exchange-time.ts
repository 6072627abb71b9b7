import type {Clock} from '../clock.js';

/** Milliseconds between two looks at the exchange's clock, whoever asks. Within them the last answer stands. */
const REFRESH_INTERVAL_MS_MIN = 10_000;

/** The exchange's clock, as far as it can be known from here. */
export class ExchangeTime {
  readonly #clock: Clock;
  readonly #serverTime: () => Promise<number>;
  /** What the exchange's clock is ahead of ours; 0 until it is known. */
  #aheadMs = 0;
  /** When it was asked last, monotonic ms. */
  #askedMs = Number.NEGATIVE_INFINITY;

  /** @param serverTime asks the exchange, epoch ms */
  constructor(clock: Clock, serverTime: () => Promise<number>) {
    this.#clock = clock;
    this.#serverTime = serverTime;
  }

  /** The exchange's present time, epoch ms. */
  nowMs(): number {
    return this.#clock.epochMs() + this.#aheadMs;
  }

  /** Asks the exchange, unless it was asked a moment ago. @throws what asking throws */
  async refresh(): Promise<void> {
    const now = this.#clock.monotonicMs();
    if (now - this.#askedMs < REFRESH_INTERVAL_MS_MIN) return;
    this.#askedMs = now;
    const sentMs = this.#clock.epochMs();
    const serverMs = await this.#serverTime();
    // Half of the way there and back, as NTP has it (RFC 5905, section 8).
    this.#aheadMs = serverMs - (sentMs + this.#clock.epochMs()) / 2;
  }
}
