import {INTERVAL_MS, type Kline, type KlineInterval, type Ticker} from './kline.js';
import {CANDLE_NUMBERS, type KlineSnapshot, MOMENT_NUMBERS, ringCapacity} from './kline-layout.js';
import {KlineRing} from './kline-ring.js';
import {KlineSegments} from './kline-segments.js';
import {decodeCandle, KlineSeries, type SeriesResult} from './kline-series.js';
import {SeriesDirectory} from './series-directory.js';

/** Candles a series that a snapshot shows, the open one included. Older ones are overwritten. */
export const CANDLES_MAX = 500;

/**
 * Candles that may close on a series before a snapshot of it can no longer be read: the reader then
 * throws `snapshot_overrun`. 64 candles of 1m are an hour, far beyond any screening; a replay at
 * full speed must await its screenings.
 */
export const SLACK_CANDLES = 64;

/**
 * Series (a symbol and an interval each) that a store keeps, about 50 kB each with 500 candles.
 * Further ones are dropped with the outcome `series_limit`.
 */
export const SERIES_MAX = 4_000;

export interface KlineStoreOptions {
  /** Default {@link CANDLES_MAX}. */
  candlesMax?: number;
  /** Default {@link SLACK_CANDLES}. */
  slackCandles?: number;
  /** Default {@link SERIES_MAX}. */
  seriesMax?: number;
  /** Epoch ms, for `lastUpdateMs`. Default `Date.now`. */
  clock?: () => number;
}

const DEFAULTS: Readonly<Required<KlineStoreOptions>> = Object.freeze({
  candlesMax: CANDLES_MAX,
  slackCandles: SLACK_CANDLES,
  seriesMax: SERIES_MAX,
  clock: Date.now,
});

/** What {@link KlineStore.record} did. */
export interface KlineOutcome {
  /**
   * A {@link SeriesResult}, or why the candle was dropped: `invalid` (a field that is no finite
   * number, an open time that is no multiple of the interval, a close time before it) or
   * `series_limit`.
   */
  result: SeriesResult | 'invalid' | 'series_limit';
  /**
   * Candles missing between this one and the one before, counted at the first sight of this one
   * only.
   */
  missingCandles: number;
}

/** A series as {@link KlineStore.series} reports it. */
export interface SeriesState {
  symbol: string;
  interval: KlineInterval;
  /** Candles visible in a snapshot taken now, the open one included. */
  candleCount: number;
  /** When a candle of it was last taken, epoch ms. Late and invalid ones don't count. */
  lastUpdateMs: number;
  /** Candles missing in all its gaps. */
  missingCandles: number;
}

/**
 * All candles of the machine, once, in memory that workers share. The main thread records; a worker
 * reads a {@link KlineSnapshot} through `SharedKlines`.
 *
 * Closed candles live in rings and are never changed. The open candle of a series changes with
 * every trade, so it stays on this side and travels in the snapshot: a worker never sees half an
 * update.
 */
export class KlineStore {
  /** Last ticker of each symbol, `seriesMax` of them at most. */
  readonly tickers = new Map<string, Ticker>();

  readonly #options: Required<KlineStoreOptions>;
  /** By symbol, then interval. A symbol without series has no entry. */
  readonly #symbols = new Map<string, Map<KlineInterval, KlineSeries>>();
  readonly #segments = new KlineSegments();
  readonly #directory = new SeriesDirectory<KlineSeries>();
  /** Scratch for one candle, valid within one call of `record()`. */
  readonly #candle = new Float64Array(CANDLE_NUMBERS);

  /** Throws a `TypeError` where a limit is not a positive integer (`slackCandles`: or 0). */
  constructor(options: KlineStoreOptions = {}) {
    this.#options = {...DEFAULTS, ...options};
    assertInteger('candlesMax', this.#options.candlesMax, 1);
    assertInteger('slackCandles', this.#options.slackCandles, 0);
    assertInteger('seriesMax', this.#options.seriesMax, 1);
  }

  /** Takes a candle, closed or still open. Never throws for a bad one: the outcome tells. */
  record(symbol: string, interval: KlineInterval, kline: Kline, closed: boolean): KlineOutcome {
    const intervalMs = INTERVAL_MS[interval];
    if (intervalMs === undefined || !decodeCandle(kline, intervalMs, this.#candle)) {
      return {result: 'invalid', missingCandles: 0};
    }
    const series = this.#symbols.get(symbol)?.get(interval) ?? this.#add(symbol, interval);
    if (!series) return {result: 'series_limit', missingCandles: 0};
    const missingBefore = series.missingCandles;
    const result = series.record(this.#candle, closed);
    if (result !== 'late') series.lastUpdateMs = this.#options.clock();
    return {result, missingCandles: series.missingCandles - missingBefore};
  }

  /** Replaces the symbol's ticker. False, with nothing done, for a new symbol beyond `seriesMax`. */
  recordTicker(ticker: Ticker): boolean {
    const isRoom = this.tickers.has(ticker.s) || this.tickers.size < this.#options.seriesMax;
    if (isRoom) this.tickers.set(ticker.s, ticker);
    return isRoom;
  }

  /** All series, in the order in which they appeared. */
  *series(): Generator<SeriesState> {
    for (const series of this.#directory) {
      const {symbol, interval, candleCount, lastUpdateMs, missingCandles} = series;
      yield {symbol, interval, candleCount, lastUpdateMs, missingCandles};
    }
  }

  /** Forgets a symbol's candles and ticker. Snapshots taken before stay readable until two more were taken. */
  removeSymbol(symbol: string): void {
    this.tickers.delete(symbol);
    for (const series of this.#symbols.get(symbol)?.values() ?? []) {
      this.#directory.remove(series);
      this.#segments.release(series.ring.place);
    }
    this.#symbols.delete(symbol);
  }

  /**
   * This moment of all series, for any number of workers. Later records don't disturb it until
   * `slackCandles` further candles have closed on a series; reading that series then throws
   * `snapshot_overrun` instead of giving wrong candles.
   */
  snapshot(): KlineSnapshot {
    const bytes = this.#directory.count * MOMENT_NUMBERS * Float64Array.BYTES_PER_ELEMENT;
    const moment = new SharedArrayBuffer(bytes);
    const numbers = new Float64Array(moment);
    let offset = 0;
    for (const series of this.#directory) {
      series.writeMoment(numbers, offset);
      offset += MOMENT_NUMBERS;
    }
    this.#segments.countSnapshot();
    return {...this.#directory.encoded(), segments: this.#segments.all, moment, verbatim: []};
  }

  #add(symbol: string, interval: KlineInterval): KlineSeries | undefined {
    const {seriesMax, candlesMax, slackCandles} = this.#options;
    if (this.#directory.count >= seriesMax) return undefined;
    const id = this.#directory.nextId();
    const place = this.#segments.allocate(ringCapacity(candlesMax, slackCandles), id);
    const ring = new KlineRing(this.#segments, place);
    const series = new KlineSeries(symbol, interval, {candlesMax, ring});
    const intervals = this.#symbols.get(symbol) ?? new Map<KlineInterval, KlineSeries>();
    this.#symbols.set(symbol, intervals.set(interval, series));
    this.#directory.add(series, id);
    return series;
  }
}

function assertInteger(name: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return;
  throw new TypeError(`Expected \`${name}\` to be an integer of at least ${min}, got \`${value}\``);
}
