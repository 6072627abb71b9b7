import type {Kline} from '../../market/kline.js';
import {parseColumn, parseTypicalPrices, VOLUME} from './candle-columns.js';
import {alignToEnd, lastOf, type Series} from './series.js';

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
  const start = anchorIndex(klines.length, anchorPeriod);
  const prices = parseTypicalPrices(klines, start);
  const averages = averagesOf(prices, parseColumn(klines, VOLUME, start));
  return seriesOf(averages, klines.length);
}

/** The newest value of {@link calculateVWAPSeries}; null where nothing was traded. */
export function getLatestVWAP(klines: readonly Kline[], anchorPeriod?: number): number | null {
  return lastOf(calculateVWAPSeries(klines, anchorPeriod));
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
  const start = anchorIndex(klines.length, anchorPeriod);
  const prices = parseTypicalPrices(klines, start);
  const averages = averagesOf(prices, parseColumn(klines, VOLUME, start));
  const upper = new Float64Array(averages.length);
  const lower = new Float64Array(averages.length);
  // Welford's mean and sum of squares (1962), moved to the average: nothing cancels.
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < prices.length; i++) {
    const delta = prices[i]! - mean;
    mean += delta / (i + 1);
    squares += delta * (prices[i]! - mean);
    const width = multiplier * Math.sqrt(squares / (i + 1) + (mean - averages[i]!) ** 2);
    upper[i] = averages[i]! + width;
    lower[i] = averages[i]! - width;
  }
  return {
    vwap: seriesOf(averages, klines.length),
    upperBand: seriesOf(upper, klines.length),
    lowerBand: seriesOf(lower, klines.length),
  };
}

/** The newest values of {@link calculateVWAPBands}; all null where nothing was traded. */
export function getLatestVWAPBands(
  klines: readonly Kline[],
  anchorPeriod?: number,
  multiplier = 1,
): VWAPBandPoint {
  const bands = calculateVWAPBands(klines, anchorPeriod, multiplier);
  return {
    vwap: lastOf(bands.vwap),
    upperBand: lastOf(bands.upperBand),
    lowerBand: lastOf(bands.lowerBand),
  };
}

function anchorIndex(length: number, anchorPeriod = 0): number {
  return anchorPeriod >= 1 ? Math.max(0, length - Math.trunc(anchorPeriod)) : 0;
}

/** Running volume-weighted averages; NaN until something was traded. */
function averagesOf(prices: Float64Array, volumes: Float64Array): Float64Array {
  const averages = new Float64Array(prices.length);
  let turnover = 0;
  let volume = 0;
  for (let i = 0; i < prices.length; i++) {
    turnover += prices[i]! * volumes[i]!;
    volume += volumes[i]!;
    averages[i] = turnover / volume;
  }
  return averages;
}

/** Lays `values` at the end of a series of `length`, null where they are NaN. */
function seriesOf(values: Float64Array, length: number): Series {
  const series = alignToEnd(values, length);
  for (let i = 0; i < length; i++) if (Number.isNaN(series[i])) series[i] = null;
  return series;
}
