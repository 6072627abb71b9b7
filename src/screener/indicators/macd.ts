import type {Kline} from '../../market/kline.js';
import {CLOSE, parseColumn} from './candle-columns.js';
import {emaFromFirst, emaFromMean, smoothingOf} from './moving-averages.js';
import {isEnough, nullSeries, type Series} from './series.js';

/** The three lines, each as long as the candles. */
export interface MACDSeries {
  macdLine: Series;
  signalLine: Series;
  histogram: Series;
}

/** The newest of each line; null where it isn't defined yet. */
export interface MACDPoint {
  macd: number | null;
  signal: number | null;
  histogram: number | null;
}

/** Moving Average Convergence Divergence of plain closes, 0 where not defined. */
export interface MACDNumbers {
  MACD: number;
  signal: number;
  histogram: number;
}

/**
 * Moving Average Convergence Divergence (Appel, 1979): the fast EMA of closes minus the slow one;
 * the signal is that line's own EMA; the histogram is the line minus its signal. Every EMA is
 * seeded with the mean of its first values.
 *
 * @returns Three series as long as `klines`: the line null at the first `slow - 1` candles, signal
 *   and histogram at `signal - 1` more; all null where too few.
 */
export function calculateMACDValues(
  klines: readonly Kline[],
  fastPeriod = 12,
  slowPeriod = 26,
  signalPeriod = 9,
): MACDSeries {
  const closes = parseColumn(klines, CLOSE);
  const lines = {
    macdLine: nullSeries(closes.length),
    signalLine: nullSeries(closes.length),
    histogram: nullSeries(closes.length),
  };
  runMacd(closes, {fastPeriod, slowPeriod, signalPeriod}, lines);
  return lines;
}

/** The newest values of {@link calculateMACDValues}; each null where too few candles. */
export function getLatestMACD(
  klines: readonly Kline[],
  fastPeriod = 12,
  slowPeriod = 26,
  signalPeriod = 9,
): MACDPoint {
  return runMacd(parseColumn(klines, CLOSE), {fastPeriod, slowPeriod, signalPeriod});
}

/**
 * The same of plain closes, but every EMA is seeded with its first value, as `calculateEMA` does:
 * agrees with {@link getLatestMACD} only after many closes.
 *
 * @returns All 0 below `slowPeriod` closes; signal and histogram 0 below `signalPeriod - 1` more.
 */
export function calculateMACD(
  closes: ArrayLike<number>,
  fastPeriod = 12,
  slowPeriod = 26,
  signalPeriod = 9,
): MACDNumbers {
  if (!isEnough(closes.length, slowPeriod)) return {MACD: 0, signal: 0, histogram: 0};
  const fast = emaFromFirst(closes, fastPeriod);
  const line = differences(fast, emaFromFirst(closes, slowPeriod)).subarray(slowPeriod - 1);
  const macd = line.at(-1)!;
  if (!isEnough(line.length, signalPeriod)) return {MACD: macd, signal: 0, histogram: 0};
  const signal = emaFromFirst(line, signalPeriod).at(-1)!;
  return {MACD: macd, signal, histogram: macd - signal};
}

/** Periods of the three EMAs. */
interface MacdPeriods {
  readonly fastPeriod: number;
  readonly slowPeriod: number;
  readonly signalPeriod: number;
}

/** Writes the three lines, where they are wanted, as far as they are defined; returns the newest of each. */
function runMacd(
  closes: Float64Array,
  {fastPeriod, slowPeriod, signalPeriod}: MacdPeriods,
  lines?: MACDSeries,
): MACDPoint {
  const {length} = closes;
  if (!isEnough(length, fastPeriod) || !isEnough(length, slowPeriod)) {
    return {macd: null, signal: null, histogram: null};
  }
  const begin = Math.max(fastPeriod, slowPeriod) - 1;
  // A period that is none never begins.
  const signalBegin = isEnough(signalPeriod, signalPeriod) ? begin + signalPeriod - 1 : length;
  const fastAlpha = smoothingOf(fastPeriod);
  const slowAlpha = smoothingOf(slowPeriod);
  const signalAlpha = smoothingOf(signalPeriod);
  let fast = emaFromMean(closes, fastPeriod, begin + 1);
  let slow = emaFromMean(closes, slowPeriod, begin + 1);
  let line = 0;
  // The sum of the line's values before its mean is defined.
  let signal = 0;
  for (let i = begin; i < length; i++) {
    if (i > begin) {
      fast += (closes[i]! - fast) * fastAlpha;
      slow += (closes[i]! - slow) * slowAlpha;
    }
    line = fast - slow;
    if (i > signalBegin) signal += (line - signal) * signalAlpha;
    else signal += line;
    if (i === signalBegin) signal /= signalPeriod;
    if (lines === undefined) continue;
    lines.macdLine[i] = line;
    if (i < signalBegin) continue;
    lines.signalLine[i] = signal;
    lines.histogram[i] = line - signal;
  }
  if (signalBegin >= length) return {macd: line, signal: null, histogram: null};
  return {macd: line, signal, histogram: line - signal};
}

/** `a - b` over their common tail. */
function differences(a: Float64Array, b: Float64Array): Float64Array {
  const length = Math.min(a.length, b.length);
  const result = new Float64Array(length);
  const aOffset = a.length - length;
  const bOffset = b.length - length;
  for (let i = 0; i < length; i++) result[i] = a[aOffset + i]! - b[bOffset + i]!;
  return result;
}
