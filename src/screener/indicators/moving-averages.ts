import type {Kline} from '../../market/kline.js';
import {CLOSE, parseColumn} from './candle-columns.js';
import {alignToEnd, isEnough, lastOf, meanOf, type Series} from './series.js';

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
  if (!isEnough(closes.length, period)) return alignToEnd(new Float64Array(0), closes.length);
  const means = new Float64Array(closes.length - period + 1);
  // One running sum: over 1,440 candles its rounding stays far below 1e-9 of the price.
  let sum = 0;
  for (let i = 0; i < closes.length; i++) {
    sum += closes[i]!;
    if (i >= period) sum -= closes[i - period]!;
    if (i >= period - 1) means[i - period + 1] = sum / period;
  }
  return alignToEnd(means, closes.length);
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
  return alignToEnd(emaFromMean(parseColumn(klines, CLOSE), period), klines.length);
}

/** The newest value of {@link calculateEMASeries}; null where too few candles. */
export function getLatestEMA(klines: readonly Kline[], period: number): number | null {
  return lastOf(calculateEMASeries(klines, period));
}

/**
 * Exponential moving average seeded with the mean of the first `period` values.
 *
 * @returns `values.length - period + 1` values, the seed first; none where values are too few.
 */
export function emaFromMean(values: Float64Array, period: number): Float64Array {
  if (!isEnough(values.length, period)) return new Float64Array(0);
  const alpha = 2 / (period + 1);
  const averages = new Float64Array(values.length - period + 1);
  let average = meanOf(values, 0, period);
  averages[0] = average;
  for (let i = period; i < values.length; i++) {
    average += (values[i]! - average) * alpha;
    averages[i - period + 1] = average;
  }
  return averages;
}

/**
 * Exponential moving average seeded with the first value.
 *
 * @returns As many values as given.
 */
export function emaFromFirst(values: ArrayLike<number>, period: number): Float64Array {
  const alpha = 2 / (period + 1);
  const averages = new Float64Array(values.length);
  let average = values[0] ?? 0;
  for (let i = 0; i < values.length; i++) {
    average = values[i]! * alpha + average * (1 - alpha);
    averages[i] = average;
  }
  return averages;
}
