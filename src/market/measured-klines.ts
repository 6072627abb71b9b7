import {CATALOGUE, type FamilyKey, type Metrics} from '../metrics/catalogue.js';
import type {CounterSeries} from '../metrics/counter.js';
import type {MarketSink} from './feed.js';
import type {Kline, KlineInterval, Ticker} from './kline.js';
import type {KlineOutcome, KlineStore, MergeOutcome, SeriesReach} from './kline-store.js';

/** The families that tell of the candles. */
export const KLINE_FAMILIES = [
  'klineParseErrors',
  'klineLastUpdateTimestamp',
  'klineDataAge',
  'klineBufferSize',
  'klineUpdates',
  'klineMissingData',
  'klineRepairedData',
  'klineUpdatesDropped',
] as const satisfies readonly FamilyKey[];

/** Families with a series for each symbol and interval. */
const SERIES_FAMILIES = [
  'klineLastUpdateTimestamp',
  'klineDataAge',
  'klineBufferSize',
  'klineUpdates',
  'klineMissingData',
] as const satisfies readonly (typeof KLINE_FAMILIES)[number][];

/** Why an update is dropped; see `SERIES_MAX` of the store. */
const NO_ROOM = {reason: 'series_limit'} as const;

/** Options of {@link MeasuredKlines}. */
export interface MeasuredKlinesOptions {
  readonly store: KlineStore;
  readonly metrics: Metrics<(typeof KLINE_FAMILIES)[number]>;
  /** Epoch milliseconds: the wall clock, or the market's own in a replay; the same that the store goes by. */
  readonly clock: () => number;
  /** Takes a removed series off the page, as `MetricsHub.forget()` does. Default: it is only recorded no more. */
  readonly forget?: (family: string, labels: Readonly<Record<string, string>>) => unknown;
}

/** What is counted with every update of a series. */
interface SeriesCounters {
  readonly updates: CounterSeries;
  readonly missing: CounterSeries;
}

/** A kline store whose records are counted, and whose state is reported at each scrape. */
export class MeasuredKlines implements MarketSink {
  readonly #store: KlineStore;
  readonly #metrics: MeasuredKlinesOptions['metrics'];
  readonly #clock: () => number;
  readonly #forget: NonNullable<MeasuredKlinesOptions['forget']>;
  /** By symbol, then interval: a look-up in a family costs as much as all else that an update does. */
  readonly #counters = new Map<string, Map<KlineInterval, SeriesCounters>>();

  constructor({store, metrics, clock, forget = () => {}}: MeasuredKlinesOptions) {
    this.#store = store;
    this.#metrics = metrics;
    this.#clock = clock;
    this.#forget = forget;
    metrics.klineUpdatesDropped.ensure(NO_ROOM);
  }

  /** Records a candle and counts it: as an update where it was taken, as a parse error where it is none, as dropped at the bound. */
  record(
    symbol: string,
    interval: KlineInterval,
    kline: Kline,
    closed: boolean,
  ): KlineOutcome['result'] {
    const {result, missingCandles} = this.#store.record(symbol, interval, kline, closed);
    if (result === 'invalid') this.countParseErrors(symbol, 1);
    if (result === 'series_limit') this.#metrics.klineUpdatesDropped.inc(NO_ROOM);
    if (result === 'invalid' || result === 'series_limit') return result;
    const counters = this.#countersOf(symbol, interval);
    if (result !== 'late') counters.updates.inc();
    if (result === 'filled') this.#metrics.klineRepairedData.inc();
    if (missingCandles > 0) counters.missing.inc(missingCandles);
    return result;
  }

  /** Records an answer of the exchange; see {@link KlineStore.merge}. */
  merge(
    symbol: string,
    interval: KlineInterval,
    klines: readonly Kline[],
    options: {isRepair: boolean},
  ): MergeOutcome {
    const outcome = this.#store.merge(symbol, interval, klines, options);
    const {droppedCandles} = outcome;
    if (droppedCandles > 0) this.#metrics.klineUpdatesDropped.inc(NO_ROOM, droppedCandles);
    const counters = this.#countersOf(symbol, interval);
    counters.updates.inc(outcome.takenCandles);
    counters.missing.inc(outcome.missingCandles);
    this.#metrics.klineRepairedData.inc(outcome.filledCandles);
    if (outcome.invalidCandles > 0) this.countParseErrors(symbol, outcome.invalidCandles);
    return outcome;
  }

  /** Counts candles that could not be read. */
  countParseErrors(symbol: string, count: number): void {
    this.#metrics.klineParseErrors.inc({symbol}, count);
  }

  /** See {@link KlineStore.settle}. */
  settle(symbol: string, interval: KlineInterval, fromMs: number, toMs: number): void {
    this.#store.settle(symbol, interval, fromMs, toMs);
  }

  /** See {@link KlineStore.reach}. */
  reach(symbol: string, interval: KlineInterval): SeriesReach | undefined {
    return this.#store.reach(symbol, interval);
  }

  recordTicker(ticker: Ticker): void {
    if (!this.#store.recordTicker(ticker)) this.#metrics.klineUpdatesDropped.inc(NO_ROOM);
  }

  /** Makes the counters of a series stand at 0 before anything comes. */
  expect(symbol: string, interval: KlineInterval): void {
    this.#countersOf(symbol, interval);
  }

  /** Forgets a series; its metrics leave the page. */
  removeSeries(symbol: string, interval: KlineInterval): void {
    this.#store.removeSeries(symbol, interval);
    this.#counters.get(symbol)?.delete(interval);
    const labels = {symbol, interval};
    for (const key of SERIES_FAMILIES) {
      this.#metrics[key].remove(labels);
      this.#forget(CATALOGUE[key].name, labels);
    }
  }

  /** Forgets a symbol's series and ticker; their metrics leave the page. */
  removeSymbol(symbol: string): void {
    for (const interval of [...(this.#counters.get(symbol)?.keys() ?? [])]) {
      this.removeSeries(symbol, interval);
    }
    this.#counters.delete(symbol);
    this.#store.removeSymbol(symbol);
    this.#metrics.klineParseErrors.remove({symbol});
    this.#forget(CATALOGUE.klineParseErrors.name, {symbol});
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

  #countersOf(symbol: string, interval: KlineInterval): SeriesCounters {
    const known = this.#counters.get(symbol)?.get(interval);
    if (known) return known;
    const labels = {symbol, interval};
    const counters = {
      updates: this.#metrics.klineUpdates.labels(labels),
      missing: this.#metrics.klineMissingData.labels(labels),
    };
    const intervals = this.#counters.get(symbol) ?? new Map<KlineInterval, SeriesCounters>();
    this.#counters.set(symbol, intervals.set(interval, counters));
    this.#metrics.klineParseErrors.ensure({symbol});
    return counters;
  }
}
