import type {Kline} from '../../market/kline.js';
import {CLOSE, parseColumn} from './candle-columns.js';
import {alignToEnd, isEnough, meanOf, type Series} from './series.js';

/** The three bands, each as long as the candles. */
export interface BollingerSeries {
  upper: Series;
  middle: Series;
  lower: Series;
}

/** The newest of each band; all null where too few candles. */
export interface BollingerPoint {
  upper: number | null;
  middle: number | null;
  lower: number | null;
}

/**
 * Bollinger bands (Bollinger on Bollinger Bands, 2001): the simple moving average of closes, and
 * `multiplier` population standard deviations above and below it.
 *
 * @param period Default 20.
 * @param multiplier Default 2.
 * @returns Three series as long as `klines`; null at the first `period - 1` candles, everywhere
 *   where too few.
 */
export function calculateBollingerBands(
  klines: readonly Kline[],
  period = 20,
  multiplier = 2,
): BollingerSeries {
  const closes = parseColumn(klines, CLOSE);
  const count = isEnough(closes.length, period) ? closes.length - period + 1 : 0;
  const upper = new Float64Array(count);
  const middle = new Float64Array(count);
  const lower = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const mean = meanOf(closes, i, i + period);
    const width = multiplier * deviationFrom(mean, closes, i, i + period);
    upper[i] = mean + width;
    middle[i] = mean;
    lower[i] = mean - width;
  }
  return {
    upper: alignToEnd(upper, closes.length),
    middle: alignToEnd(middle, closes.length),
    lower: alignToEnd(lower, closes.length),
  };
}

/** The newest of {@link calculateBollingerBands}; all null where too few candles. */
export function getLatestBollingerBands(
  klines: readonly Kline[],
  period = 20,
  multiplier = 2,
): BollingerPoint {
  if (!isEnough(klines.length, period)) return {upper: null, middle: null, lower: null};
  const closes = parseColumn(klines, CLOSE, klines.length - period);
  const middle = meanOf(closes, 0, period);
  const width = multiplier * deviationFrom(middle, closes, 0, period);
  return {upper: middle + width, middle, lower: middle - width};
}

/**
 * Population standard deviation of `closes[start]` to `closes[end - 1]`. In two passes: a running
 * sum of squares cancels to noise where the price hardly moves.
 */
function deviationFrom(mean: number, closes: Float64Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += (closes[i]! - mean) ** 2;
  return Math.sqrt(sum / (end - start));
}
