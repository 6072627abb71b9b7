import type {Kline, Ticker} from './kline.js';

/** Length of the window that tickers describe. */
export const DAY_MS = 86_400_000;

/** What a candle adds to the ticker. */
interface WindowCandle {
  openTime: number;
  open: number;
  quoteVolume: number;
}

/**
 * Candles taken between two additions of the whole window. In between the total is carried on,
 * whose rounding errors would else pile up for ever; so they stay far below the last decimal given.
 */
const TOTAL_CARRIED_MAX = 256;

/**
 * The last 24 hours of a symbol's candles, and the ticker made of them. Bounded by the day: 1,440
 * candles of 1m at most. Candles come in ascending order; one of the newest open time replaces it.
 */
export class DayWindow {
  readonly #symbol: string;
  /** Ascending; each opened less than a day before the newest closes. */
  readonly #candles: WindowCandle[] = [];
  /** Close of the newest candle, verbatim. */
  #close = '0';
  /** Sum of `#candles`' quote volumes. */
  #quoteTotal = 0;
  /** Candles taken since `#quoteTotal` was last added up as a whole. */
  #carried = 0;

  constructor(symbol: string) {
    this.#symbol = symbol;
  }

  record(kline: Kline): void {
    const openTime = kline[0];
    if (this.#candles.at(-1)?.openTime === openTime) this.#forget(this.#candles.pop()!);
    const candle = {openTime, open: Number(kline[1]), quoteVolume: quoteVolume(kline)};
    this.#candles.push(candle);
    this.#quoteTotal += candle.quoteVolume;
    this.#close = kline[4];
    const firstOpenTime = kline[6] + 1 - DAY_MS;
    while (this.#candles[0]!.openTime < firstOpenTime && this.#candles.length > 1) {
      this.#forget(this.#candles.shift()!);
    }
    this.#carried += 1;
    if (this.#carried >= TOTAL_CARRIED_MAX) this.#addUp();
  }

  /**
   * `P` is the close's change against the open 24 hours ago, or the first one known, with three
   * decimals as Binance has it; `c` the last close verbatim; `q` the quote volume of the window,
   * with four decimals: a double of 10^10 has no more to spare.
   */
  ticker(): Ticker {
    const open = this.#candles[0]?.open ?? 0;
    const change = open > 0 ? (Number(this.#close) / open - 1) * 100 : 0;
    const quote = Math.max(0, this.#quoteTotal);
    return {s: this.#symbol, P: change.toFixed(3), c: this.#close, q: quote.toFixed(4)};
  }

  #forget(candle: WindowCandle): void {
    this.#quoteTotal -= candle.quoteVolume;
  }

  #addUp(): void {
    this.#quoteTotal = this.#candles.reduce((total, {quoteVolume}) => total + quoteVolume, 0);
    this.#carried = 0;
  }
}

/** Some recordings lack the quote volume; the close times the volume is near it. */
function quoteVolume(kline: Kline): number {
  return Number(kline[7]) || Number(kline[4]) * Number(kline[5]);
}
