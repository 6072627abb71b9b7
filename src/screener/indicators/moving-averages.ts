import type {Kline} from '../../market/kline.js';
import {CLOSE, parseColumn} from './candle-columns.js';
import {checkLength, isEnough, meanOf, nullSeries, type Series} from './series.js';

/**
 * Simple moving average of the last `period` closes.
 *
 * @returns Null where there are fewer than `period` candles.
 */
export function calculateMA(klines: readonly Kline[], period: number): number | null {
  if (!isEnough(klines.length, period)) return null;
  return meanOf(parseColumn(klines, CLOSE, klines.length - period), 0, period);
}

/**
 * Simple moving average of closes at every candle.
 *
 * @returns As long as `klines`; null at the first `period - 1` candles, everywhere where too few.
 */
export function calculateMASeries(klines: readonly Kline[], period: number): Series {
  const closes = parseColumn(klines, CLOSE);
  const means: Series = [];
  const isDefined = isEnough(closes.length, period);
  // One running sum: over 1,440 candles its rounding stays far below 1e-9 of the price.
  let sum = 0;
  for (let i = 0; i < closes.length; i++) {
    sum += closes[i]!;
    if (i >= period) sum -= closes[i - period]!;
    means.push(isDefined && i >= period - 1 ? sum / period : null);
  }
  return means;
}

/**
 * Mean of the last `period` of plain values.
 *
 * @returns 0 where there are fewer than `period` values.
 */
export function calculateSMA(values: ArrayLike<number>, period: number): number {
  if (!isEnough(values.length, period)) return 0;
  return meanOf(values, values.length - period, values.length);
}

/**
 * Exponential moving average of plain values, alpha = 2 / (period + 1), seeded with the first
 * value. The seed differs from {@link calculateEMASeries}: the two differ on short inputs.
 *
 * @returns 0 where there are fewer than `period` values.
 */
export function calculateEMA(values: ArrayLike<number>, period: number): number {
  if (!isEnough(values.length, period)) return 0;
  return emaFromFirst(values, period).at(-1)!;
}

/**
 * Exponential moving average of closes at every candle, alpha = 2 / (period + 1), seeded with the
 * simple average of the first `period` closes.
 *
 * @returns As long as `klines`; null at the first `period - 1` candles, everywhere where too few.
 */
export function calculateEMASeries(klines: readonly Kline[], period: number): Series {
  const closes = parseColumn(klines, CLOSE);
  const series = nullSeries(closes.length);
  if (!isEnough(closes.length, period)) return series;
  const alpha = smoothingOf(period);
  let average = meanOf(closes, 0, period);
  series[period - 1] = average;
  for (let i = period; i < closes.length; i++) {
    average += (closes[i]! - average) * alpha;
    series[i] = average;
  }
  return series;
}

/** The newest value of {@link calculateEMASeries}; null where too few candles. */
export function getLatestEMA(klines: readonly Kline[], period: number): number | null {
  const closes = parseColumn(klines, CLOSE);
  return isEnough(closes.length, period) ? emaFromMean(closes, period, closes.length) : null;
}

/** Exponential moving average of the first `count` values, `period` at least, seeded with the mean of the first `period`. */
export function emaFromMean(values: Float64Array, period: number, count: number): number {
  const alpha = smoothingOf(period);
  let average = meanOf(values, 0, period);
  for (let i = period; i < count; i++) average += (values[i]! - average) * alpha;
  return average;
}

/** The weight of the newest value in an exponential moving average: 2 / (period + 1). */
export function smoothingOf(period: number): number {
  return 2 / (period + 1);
}

/**
 * Exponential moving average seeded with the first value.
 *
 * @returns As many values as given.
 */
export function emaFromFirst(values: ArrayLike<number>, period: number): Float64Array {
  const alpha = smoothingOf(period);
  const {length} = values;
  checkLength(length);
  const averages = new Float64Array(length);
  let average = values[0] ?? 0;
  for (let i = 0; i < length; i++) {
    average = values[i]! * alpha + average * (1 - alpha);
    averages[i] = average;
  }
  return averages;
}
