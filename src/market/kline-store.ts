import {INTERVAL_MS, type Kline, type KlineInterval, type Ticker} from './kline.js';
import {CANDLE_NUMBERS, type KlineSnapshot, MOMENT_NUMBERS, ringCapacity} from './kline-layout.js';
import {KlineRing} from './kline-ring.js';
import {KlineSegments} from './kline-segments.js';
import {decodeCandle, KlineSeries, type SeriesResult} from './kline-series.js';
import {SeriesDirectory} from './series-directory.js';
import {renewSeries} from './series-renewal.js';

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
 * Further ones are dropped with the outcome `series_limit`, and counted in `kline_updates_dropped_total`.
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
   * A {@link SeriesResult}; `filled` for a closed candle that came late and filled a gap, or replaced one that had lost its
   * closing frame; or why the candle was dropped: `invalid` (a field that is no finite number, an open time that is no
   * multiple of the interval, a close time before it) or `series_limit`.
   */
  result: Exclude<SeriesResult, 'wanted'> | 'filled' | 'invalid' | 'series_limit';
  /**
   * Candles missing between this one and the one before, counted at the first sight of this one
   * only.
   */
  missingCandles: number;
}

/** What {@link KlineStore.merge} did. */
export interface MergeOutcome {
  /** Candles that are new to the series or replaced one that had lost its closing frame. */
  takenCandles: number;
  /** Those of them that the series had known to be missing or unfinished. */
  filledCandles: number;
  /** Candles dropped as `invalid`; see {@link KlineOutcome}. */
  invalidCandles: number;
  /** Candles missing between those that came, or before them, counted for the first time. */
  missingCandles: number;
  /** Candles of a series beyond `seriesMax`. */
  droppedCandles: number;
}

/** How far a series is known. */
export interface SeriesReach {
  /** Open time of the newest candle, open or closed. */
  newestOpenTime: number;
  /** Whether that one is closed. */
  isNewestClosed: boolean;
  /** Open time of the oldest visible candle that is missing or lost its closing frame. */
  wantedFromMs: number | undefined;
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

  /** Id of each series' ring, from its making to its listing. */
  readonly #newIds = new WeakMap<KlineSeries, number>();

  /** Throws a `TypeError` where a limit is not a positive integer (`slackCandles`: or 0). */
  constructor(options: KlineStoreOptions = {}) {
    this.#options = {...DEFAULTS, ...options};
    assertInteger('candlesMax', this.#options.candlesMax, 1);
    assertInteger('slackCandles', this.#options.slackCandles, 0);
    assertInteger('seriesMax', this.#options.seriesMax, 1);
  }

  /** Bytes of shared memory, the parts not yet used included. */
  get bytes(): number {
    return this.#segments.bytes;
  }

  /** Takes a candle, closed or still open. Never throws for a bad one: the outcome tells. */
  record(symbol: string, interval: KlineInterval, kline: Kline, closed: boolean): KlineOutcome {
    const intervalMs = INTERVAL_MS[interval];
    if (intervalMs === undefined || !decodeCandle(kline, intervalMs, this.#candle)) {
      return {result: 'invalid', missingCandles: 0};
    }
    const series = this.#find(symbol, interval) ?? this.#add(symbol, interval);
    if (!series) return {result: 'series_limit', missingCandles: 0};
    const missingBefore = series.missingCandles;
    const result = series.record(this.#candle, closed);
    if (result !== 'late') series.lastUpdateMs = this.#options.clock();
    if (result === 'wanted') {
      this.#renew(series, [this.#candle.slice()]);
      return {result: 'filled', missingCandles: 0};
    }
    return {result, missingCandles: series.missingCandles - missingBefore};
  }

  /**
   * Takes closed candles of any age: an answer of the exchange that has no holes but those of the market itself. What is
   * final stays as it is. In a repair the candles behind the newest one count as missing and filled: no update told of them.
   */
  merge(
    symbol: string,
    interval: KlineInterval,
    klines: readonly Kline[],
    {isRepair = false}: {isRepair?: boolean} = {},
  ): MergeOutcome {
    const rows: Float64Array[] = [];
    for (const kline of klines) {
      const row = new Float64Array(CANDLE_NUMBERS);
      if (decodeCandle(kline, INTERVAL_MS[interval], row)) rows.push(row);
    }
    rows.sort((a, b) => a[0]! - b[0]!);
    const outcome: MergeOutcome = {
      takenCandles: 0,
      filledCandles: 0,
      invalidCandles: klines.length - rows.length,
      missingCandles: 0,
      droppedCandles: 0,
    };
    const known = this.#find(symbol, interval);
    const older = rows.filter(row => known !== undefined && row[0]! < known.newestOpenTime);
    let series = known ?? (rows.length > 0 ? this.#add(symbol, interval) : undefined);
    if (!series) return {...outcome, droppedCandles: rows.length};
    const missingBefore = series.missingCandles;
    if (older.length > 0) {
      const filledBefore = series.gaps.filledCandles;
      const renewal = this.#renew(series, older);
      series = renewal.series;
      outcome.takenCandles += renewal.takenCandles;
      outcome.filledCandles += series.gaps.filledCandles - filledBefore;
    }
    const {newestOpenTime} = series;
    for (const row of rows.slice(older.length)) {
      if (series.record(row, true) !== 'appended') continue;
      outcome.takenCandles += 1;
      if (!isRepair || !(row[0]! > newestOpenTime)) continue;
      series.missingCandles += 1;
      outcome.filledCandles += 1;
    }
    if (outcome.takenCandles > 0) series.lastUpdateMs = this.#options.clock();
    outcome.missingCandles = series.missingCandles - missingBefore;
    return outcome;
  }

  /** Says that what is still missing from one open time to the other, inclusive, is nowhere to be had. */
  settle(symbol: string, interval: KlineInterval, fromMs: number, toMs: number): void {
    this.#find(symbol, interval)?.gaps.settle(fromMs, toMs);
  }

  /** How far a series is known; undefined before its first candle. */
  reach(symbol: string, interval: KlineInterval): SeriesReach | undefined {
    const series = this.#find(symbol, interval);
    if (!series || Number.isNaN(series.newestOpenTime)) return undefined;
    const {newestOpenTime, gaps, openCandle} = series;
    // What has left the window is beyond repair.
    const lengthMs = INTERVAL_MS[interval];
    gaps.settle(Number.NEGATIVE_INFINITY, newestOpenTime - this.#options.candlesMax * lengthMs);
    return {newestOpenTime, isNewestClosed: !openCandle, wantedFromMs: gaps.firstMs};
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
    for (const interval of [...(this.#symbols.get(symbol)?.keys() ?? [])]) {
      this.removeSeries(symbol, interval);
    }
  }

  /** Forgets one series' candles. Snapshots taken before stay readable. */
  removeSeries(symbol: string, interval: KlineInterval): void {
    const intervals = this.#symbols.get(symbol);
    const series = intervals?.get(interval);
    if (!intervals || !series) return;
    this.#directory.remove(series);
    this.#segments.release(series.ring.place);
    intervals.delete(interval);
    if (intervals.size === 0) this.#symbols.delete(symbol);
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

  #find(symbol: string, interval: KlineInterval): KlineSeries | undefined {
    return this.#symbols.get(symbol)?.get(interval);
  }

  /** Puts another ring in a series' place, under an id of its own: readers of the old one go on undisturbed. */
  #renew(series: KlineSeries, rows: readonly Float64Array[]) {
    const {symbol, interval} = series;
    const renewal = renewSeries(series, rows, () => this.#create(symbol, interval));
    if (renewal.takenCandles === 0) return renewal;
    this.#directory.remove(series);
    this.#segments.release(series.ring.place);
    this.#enlist(renewal.series);
    return renewal;
  }

  #add(symbol: string, interval: KlineInterval): KlineSeries | undefined {
    if (this.#directory.count >= this.#options.seriesMax) return undefined;
    return this.#enlist(this.#create(symbol, interval));
  }

  #create(symbol: string, interval: KlineInterval): KlineSeries {
    const {candlesMax, slackCandles} = this.#options;
    const id = this.#directory.nextId();
    const place = this.#segments.allocate(ringCapacity(candlesMax, slackCandles), id);
    const ring = new KlineRing(this.#segments, place);
    const series = new KlineSeries(symbol, interval, {candlesMax, ring});
    this.#newIds.set(series, id);
    return series;
  }

  #enlist(series: KlineSeries): KlineSeries {
    const {symbol, interval} = series;
    const intervals = this.#symbols.get(symbol) ?? new Map<KlineInterval, KlineSeries>();
    this.#symbols.set(symbol, intervals.set(interval, series));
    this.#directory.add(series, this.#newIds.get(series)!);
    return series;
  }
}

function assertInteger(name: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return;
  throw new TypeError(`Expected \`${name}\` to be an integer of at least ${min}, got \`${value}\``);
}
