import type {FamilyKey, Metrics} from '../metrics/catalogue.js';
import type {MarketSink} from './feed.js';
import type {Kline, KlineInterval, Ticker} from './kline.js';
import type {KlineStore} from './kline-store.js';

/** The families that tell of the candles. */
export const KLINE_FAMILIES = [
  'klineParseErrors',
  'klineLastUpdateTimestamp',
  'klineDataAge',
  'klineBufferSize',
  'klineUpdates',
  'klineMissingData',
] as const satisfies readonly FamilyKey[];

/** Options of {@link MeasuredKlines}. */
export interface MeasuredKlinesOptions {
  readonly store: KlineStore;
  readonly metrics: Metrics<(typeof KLINE_FAMILIES)[number]>;
  /** Epoch milliseconds: the wall clock, or the market's own in a replay; the same that the store goes by. */
  readonly clock: () => number;
}

/** A kline store whose records are counted, and whose state is reported at each scrape. */
export class MeasuredKlines implements MarketSink {
  readonly #store: KlineStore;
  readonly #metrics: MeasuredKlinesOptions['metrics'];
  readonly #clock: () => number;

  constructor({store, metrics, clock}: MeasuredKlinesOptions) {
    this.#store = store;
    this.#metrics = metrics;
    this.#clock = clock;
  }

  /** Records a candle and counts it: as an update where it was taken, as a parse error where it is none. */
  record(symbol: string, interval: KlineInterval, kline: Kline, closed: boolean): void {
    const {result, missingCandles} = this.#store.record(symbol, interval, kline, closed);
    if (result === 'invalid') {
      this.#metrics.klineParseErrors.inc({symbol});
      return;
    }
    if (result === 'series_limit') return;
    const labels = {symbol, interval};
    if (result !== 'late') this.#metrics.klineUpdates.inc(labels);
    this.#metrics.klineMissingData.inc(labels, missingCandles);
    this.#metrics.klineParseErrors.ensure({symbol});
  }

  recordTicker(ticker: Ticker): void {
    this.#store.recordTicker(ticker);
  }

  /** Sets the gauges to what holds now. To be called before each page. */
  report(): void {
    const now = this.#clock();
    for (const {symbol, interval, candleCount, lastUpdateMs} of this.#store.series()) {
      const labels = {symbol, interval};
      this.#metrics.klineBufferSize.set(labels, candleCount);
      this.#metrics.klineLastUpdateTimestamp.set(labels, lastUpdateMs);
      // The clock may be set back between the two readings; an age is never negative.
      this.#metrics.klineDataAge.set(labels, Math.max(0, now - lastUpdateMs) / 1_000);
    }
  }
}
