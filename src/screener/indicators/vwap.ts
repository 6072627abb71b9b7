import type {Kline} from '../../market/kline.js';
import {parseColumn, parseTypicalPrices, VOLUME} from './candle-columns.js';
import {checkLength, nullSeries, type Series} from './series.js';

/** The average and its bands, each as long as the candles. */
export interface VWAPBandSeries {
  vwap: Series;
  upperBand: Series;
  lowerBand: Series;
}

/** The newest of each line; all null where no candle was traded. */
export interface VWAPBandPoint {
  vwap: number | null;
  upperBand: number | null;
  lowerBand: number | null;
}

/**
 * Volume-weighted average price (Berkowitz, Logue and Noser, 1988) of all candles, by typical
 * prices.
 *
 * @returns 0 where nothing was traded, so also without candles.
 */
export function calculateVWAP(klines: readonly Kline[]): number {
  return getLatestVWAP(klines) ?? 0;
}

/**
 * Volume-weighted average price by typical prices at every candle, summed up from the anchor on.
 *
 * @param anchorPeriod The anchor is the first of the last `anchorPeriod` candles; the first of all
 *   by default and where there are fewer.
 * @returns As long as `klines`; null before the anchor, and from there until something was traded.
 */
export function calculateVWAPSeries(klines: readonly Kline[], anchorPeriod?: number): Series {
  const {start, prices, volumes} = tradedFrom(klines, anchorPeriod);
  const vwap = new RunningVwap();
  const series = nullSeries(start + volumes.length);
  for (let i = 0; i < volumes.length; i++) {
    vwap.add(prices[i]!, volumes[i]!);
    series[start + i] = definedOf(vwap.average);
  }
  return series;
}

/** The newest value of {@link calculateVWAPSeries}; null where nothing was traded. */
export function getLatestVWAP(klines: readonly Kline[], anchorPeriod?: number): number | null {
  const {prices, volumes} = tradedFrom(klines, anchorPeriod);
  const vwap = new RunningVwap();
  for (let i = 0; i < volumes.length; i++) vwap.add(prices[i]!, volumes[i]!);
  return definedOf(vwap.average);
}

/**
 * {@link calculateVWAPSeries} with bands `multiplier` deviations above and below it: the root of
 * the mean square distance of the typical prices since the anchor from the average at that candle.
 * Every candle weighs the same in it, whatever its volume.
 *
 * @param multiplier Default 1.
 * @returns Three series as long as `klines`, null where the average is.
 */
export function calculateVWAPBands(
  klines: readonly Kline[],
  anchorPeriod?: number,
  multiplier = 1,
): VWAPBandSeries {
  const times = +multiplier;
  const {start, prices, volumes} = tradedFrom(klines, anchorPeriod);
  const line = new RunningVwap();
  const length = start + volumes.length;
  const vwap = nullSeries(length);
  const upperBand = nullSeries(length);
  const lowerBand = nullSeries(length);
  for (let i = 0; i < volumes.length; i++) {
    line.add(prices[i]!, volumes[i]!);
    const {average} = line;
    const width = times * line.deviation;
    vwap[start + i] = definedOf(average);
    upperBand[start + i] = definedOf(average + width);
    lowerBand[start + i] = definedOf(average - width);
  }
  return {vwap, upperBand, lowerBand};
}

/** The newest values of {@link calculateVWAPBands}; all null where nothing was traded. */
export function getLatestVWAPBands(
  klines: readonly Kline[],
  anchorPeriod?: number,
  multiplier = 1,
): VWAPBandPoint {
  const times = +multiplier;
  const {prices, volumes} = tradedFrom(klines, anchorPeriod);
  const line = new RunningVwap();
  for (let i = 0; i < volumes.length; i++) line.add(prices[i]!, volumes[i]!);
  const {average} = line;
  const width = times * line.deviation;
  return {
    vwap: definedOf(average),
    upperBand: definedOf(average + width),
    lowerBand: definedOf(average - width),
  };
}

/** The average and the prices' deviation from it, fed candle by candle; NaN until something was traded. */
class RunningVwap {
  #turnover = 0;
  #volume = 0;
  #count = 0;
  #mean = 0;
  #squares = 0;

  get average(): number {
    return this.#turnover / this.#volume;
  }

  get deviation(): number {
    return Math.sqrt(this.#squares / this.#count + (this.#mean - this.average) ** 2);
  }

  add(price: number, volume: number): void {
    this.#turnover += price * volume;
    this.#volume += volume;
    // Welford's mean and sum of squares (1962), moved to the average: nothing cancels.
    const delta = price - this.#mean;
    this.#mean += delta / ++this.#count;
    this.#squares += delta * (price - this.#mean);
  }
}

/** The first candle from the anchor on, with volumes and as many typical prices from there. */
function tradedFrom(klines: readonly Kline[], anchorPeriod = 0) {
  const {length} = klines;
  const start = anchorPeriod >= 1 ? Math.max(0, length - Math.trunc(anchorPeriod)) : 0;
  checkLength(length);
  const volumes = parseColumn(klines, VOLUME, start);
  // Last: nothing of the caller's may run from here on, or a call within the call would overwrite them.
  return {start, volumes, prices: parseTypicalPrices(klines, start, volumes.length)};
}

function definedOf(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
