import type {Kline} from '../../market/kline.js';
import {CLOSE, parseColumn} from './candle-columns.js';
import {Scratch} from './scratch.js';
import {isEnough, meanOf, nullSeries, type Series} from './series.js';

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

/** Windows that are summed up side by side. */
const ABREAST = 4;

const MEANS = new Scratch();
const SQUARES = new Scratch();

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
  // Once: an object's `valueOf()` could call for other bands amid these.
  const times = +multiplier;
  const closes = parseColumn(klines, CLOSE);
  const {length} = closes;
  const upper = nullSeries(length);
  const middle = nullSeries(length);
  const lower = nullSeries(length);
  if (!isEnough(length, period)) return {upper, middle, lower};
  const {means, squares} = sumWindows(closes, period);
  for (let i = period - 1; i < length; i++) {
    const mean = means[i]!;
    const width = times * Math.sqrt(squares[i]! / period);
    upper[i] = mean + width;
    middle[i] = mean;
    lower[i] = mean - width;
  }
  return {upper, middle, lower};
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
  const width = multiplier * Math.sqrt(squaresFrom(middle, closes, 0, period) / period);
  return {upper: middle + width, middle, lower: middle - width};
}

/**
 * Sum of the squared distances of `closes[start]` to `closes[end - 1]` from their mean. In two passes: a running sum of
 * squares cancels to noise where the price hardly moves.
 */
function squaresFrom(mean: number, closes: Float64Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += (closes[i]! - mean) ** 2;
  return sum;
}

/**
 * Means of all windows of closes, and sums of the squared distances from these, each at the position of its window's last
 * close. The arrays are the next call's, too.
 */
function sumWindows(closes: Float64Array, period: number) {
  const {length} = closes;
  const means = MEANS.ofLength(length);
  const squares = SQUARES.ofLength(length);
  let i = period - 1;
  // The additions of one window wait for one another, those of several don't; and each close is read once for all of them.
  for (; i + ABREAST <= length; i += ABREAST) {
    const start = i + 1 - period;
    const end = i + ABREAST;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let x = closes[start]!;
    let y = closes[start + 1]!;
    let z = closes[start + 2]!;
    for (let j = start + 3; j < end; j++) {
      const newest = closes[j]!;
      a += x;
      b += y;
      c += z;
      d += newest;
      x = y;
      y = z;
      z = newest;
    }
    const meanA = a / period;
    const meanB = b / period;
    const meanC = c / period;
    const meanD = d / period;
    a = b = c = d = 0;
    x = closes[start]!;
    y = closes[start + 1]!;
    z = closes[start + 2]!;
    for (let j = start + 3; j < end; j++) {
      const newest = closes[j]!;
      a += (x - meanA) ** 2;
      b += (y - meanB) ** 2;
      c += (z - meanC) ** 2;
      d += (newest - meanD) ** 2;
      x = y;
      y = z;
      z = newest;
    }
    means[i] = meanA;
    means[i + 1] = meanB;
    means[i + 2] = meanC;
    means[i + 3] = meanD;
    squares[i] = a;
    squares[i + 1] = b;
    squares[i + 2] = c;
    squares[i + 3] = d;
  }
  for (; i < length; i++) {
    const mean = meanOf(closes, i + 1 - period, i + 1);
    means[i] = mean;
    squares[i] = squaresFrom(mean, closes, i + 1 - period, i + 1);
  }
  return {means, squares};
}
