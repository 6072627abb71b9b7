import type {Kline} from '../../market/kline.js';
import {CLOSE, parseColumn} from './candle-columns.js';
import {Scratch} from './scratch.js';
import {isEnough, nullSeries, type Series, windowMeans} from './series.js';

/** What an oscillator reads where its range is empty: neither overbought nor oversold. */
const NEUTRAL = 50;

const STRENGTHS = new Scratch();

/** %K and %D of an oscillator, both 0 to 100. */
export interface OscillatorPoint {
  k: number;
  d: number;
}

/**
 * Relative Strength Index of closes with Wilder's smoothing (Wilder, New Concepts in Technical
 * Trading Systems, 1978): 0 to 100, 100 where nothing fell, 50 where nothing moved.
 *
 * @param period Closes' changes averaged; default 14.
 * @returns As long as `klines`, null at the first `period` candles. Null instead of a series where
 *   there are not more than `period` candles.
 */
export function calculateRSI(klines: readonly Kline[], period = 14): Series | null {
  if (!isEnough(klines.length - 1, period)) return null;
  const closes = parseColumn(klines, CLOSE);
  const {length} = closes;
  // What stands in for candles may say something else by now.
  if (!isEnough(length - 1, period)) return null;
  const strengths = STRENGTHS.ofLength(length);
  putStrengths(closes, period, strengths, length);
  const series = nullSeries(length);
  for (let i = period; i < length; i++) series[i] = strengths[i]!;
  return series;
}

/** The newest value of {@link calculateRSI}; null where too few candles. */
export function getLatestRSI(klines: readonly Kline[], period = 14): number | null {
  if (!isEnough(klines.length - 1, period)) return null;
  const closes = parseColumn(klines, CLOSE);
  if (!isEnough(closes.length - 1, period)) return null;
  const strengths = STRENGTHS.ofLength(1);
  putStrengths(closes, period, strengths, 1);
  return strengths[0]!;
}

/**
 * Stochastic RSI (Chande and Kroll, The New Technical Trader, 1994): where the RSI stands between
 * its lowest and highest of the last `stochPeriod`, in percent; %K is that smoothed over `kPeriod`,
 * %D is %K smoothed over `dPeriod`, both by simple means. 50 where the RSI did not move.
 *
 * @returns As long as `klines`, `{k: 0, d: 0}` before %D is defined. Null instead of a series where
 *   it never is: below `rsiPeriod + stochPeriod + kPeriod + dPeriod - 2` candles.
 */
export function calculateStochRSI(
  klines: readonly Kline[],
  rsiPeriod = 14,
  stochPeriod = 14,
  kPeriod = 3,
  dPeriod = 3,
): OscillatorPoint[] | null {
  const closes = parseColumn(klines, CLOSE);
  const strengths = relativeStrengths(closes, rsiPeriod);
  const {ks, ds} = stochasticLines(strengths, stochPeriod, kPeriod, dPeriod);
  if (ds.length === 0) return null;
  const points: OscillatorPoint[] = [];
  const undefinedCount = closes.length - ds.length;
  for (let i = 0; i < undefinedCount; i++) points.push({k: 0, d: 0});
  for (let i = 0; i < ds.length; i++) points.push({k: ks[i + dPeriod - 1]!, d: ds[i]!});
  return points;
}

/** The newest point of {@link calculateStochRSI}; null where too few candles. */
export function getLatestStochRSI(
  klines: readonly Kline[],
  rsiPeriod = 14,
  stochPeriod = 14,
  kPeriod = 3,
  dPeriod = 3,
): OscillatorPoint | null {
  // No more of them can reach the newest point.
  const reach = stochPeriod + kPeriod + dPeriod - 2;
  const strengths = relativeStrengths(parseColumn(klines, CLOSE), rsiPeriod, reach);
  const {ks, ds} = stochasticLines(strengths, stochPeriod, kPeriod, dPeriod);
  return ds.length === 0 ? null : {k: ks.at(-1)!, d: ds.at(-1)!};
}

/** %K and %D of RSIs, from where each is defined. */
function stochasticLines(
  strengths: Float64Array,
  stochPeriod: number,
  kPeriod: number,
  dPeriod: number,
) {
  const ks = windowMeans(positionsInRange(strengths, stochPeriod), kPeriod);
  return {ks, ds: windowMeans(ks, dPeriod)};
}

/**
 * Wilder's RSI of plain values.
 *
 * @param lastCount How many of the newest are wanted; default all.
 * @returns Up to `values.length - period` values, oldest first; none where values are too few.
 */
export function relativeStrengths(
  values: Float64Array,
  period: number,
  lastCount = Number.POSITIVE_INFINITY,
): Float64Array {
  if (!isEnough(values.length - 1, period)) return new Float64Array(0);
  const count = Math.max(0, Math.min(values.length - period, Math.trunc(lastCount) || 0));
  const strengths = new Float64Array(count);
  putStrengths(values, period, strengths, count);
  return strengths;
}

/**
 * Writes the newest `count` of Wilder's RSI to `strengths[0]` to `strengths[count - 1]`, as far as they are defined, which is
 * from `period` changes on.
 */
function putStrengths(
  values: Float64Array,
  period: number,
  strengths: Float64Array,
  count: number,
): void {
  const first = values.length - count;
  let gain = 0;
  let loss = 0;
  // Seeded with the plain mean of the first changes, smoothed from there on.
  for (let i = 1; i <= period; i++) {
    const change = values[i]! - values[i - 1]!;
    gain += Math.max(change, 0) / period;
    loss += Math.max(-change, 0) / period;
  }
  if (period >= first) strengths[period - first] = strengthOf(gain, loss);
  for (let i = period + 1; i < values.length; i++) {
    const change = values[i]! - values[i - 1]!;
    gain = (gain * (period - 1) + Math.max(change, 0)) / period;
    loss = (loss * (period - 1) + Math.max(-change, 0)) / period;
    if (i >= first) strengths[i - first] = strengthOf(gain, loss);
  }
}

function strengthOf(gain: number, loss: number): number {
  if (loss === 0) return gain === 0 ? NEUTRAL : 100;
  return 100 - 100 / (1 + gain / loss);
}
/** Where each value stands between the lowest and highest of its window, 0 to 100. */
function positionsInRange(values: Float64Array, period: number): Float64Array {
  if (!isEnough(values.length, period)) return new Float64Array(0);
  const positions = new Float64Array(values.length - period + 1);
  for (let i = 0; i < positions.length; i++) {
    let low = values[i]!;
    let high = low;
    for (let j = i + 1; j < i + period; j++) {
      const value = values[j]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    positions[i] = percentOfRange(values[i + period - 1]!, low, high);
  }
  return positions;
}

/** Where `value` stands between `low` (0) and `high` (100); 50 where they are the same. */
export function percentOfRange(value: number, low: number, high: number): number {
  return high === low ? NEUTRAL : ((value - low) / (high - low)) * 100;
}
