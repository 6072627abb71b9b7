import type {Kline} from '../../market/kline.js';
import {CLOSE, parseColumn} from './candle-columns.js';
import {isEnough, meanOf, type Series} from './series.js';

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

const NONE: Readonly<BollingerPoint> = Object.freeze({upper: null, middle: null, lower: null});

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
  // A period that is none never begins.
  const begin = isEnough(closes.length, period) ? period - 1 : closes.length;
  const bands: BollingerSeries = {upper: [], middle: [], lower: []};
  for (let i = 0; i < closes.length; i++) {
    const {upper, middle, lower} = i < begin ? NONE : bandsAt(closes, i + 1, period, multiplier);
    bands.upper.push(upper);
    bands.middle.push(middle);
    bands.lower.push(lower);
  }
  return bands;
}

/** The newest of {@link calculateBollingerBands}; all null where too few candles. */
export function getLatestBollingerBands(
  klines: readonly Kline[],
  period = 20,
  multiplier = 2,
): BollingerPoint {
  if (!isEnough(klines.length, period)) return {...NONE};
  return bandsAt(parseColumn(klines, CLOSE, klines.length - period), period, period, multiplier);
}

/** Of the `period` closes before `end`. */
function bandsAt(closes: Float64Array, end: number, period: number, multiplier: number) {
  const middle = meanOf(closes, end - period, end);
  const width = multiplier * deviationFrom(middle, closes, end - period, end);
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
