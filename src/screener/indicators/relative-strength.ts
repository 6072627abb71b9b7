import type {Kline} from '../../market/kline.js';
import {CLOSE, parseColumn} from './candle-columns.js';
import {isEnough, type Series, windowMeans} from './series.js';

/** What an oscillator reads where its range is empty: neither overbought nor oversold. */
const NEUTRAL = 50;

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
  const strength = new RunningStrength(period);
  const closes = parseColumn(klines, CLOSE);
  const series: Series = [];
  for (let i = 0; i < closes.length; i++) {
    strength.add(closes[i]!);
    series.push(i < period ? null : strength.value);
  }
  return series;
}

/** The newest value of {@link calculateRSI}; null where too few candles. */
export function getLatestRSI(klines: readonly Kline[], period = 14): number | null {
  if (!isEnough(klines.length - 1, period)) return null;
  const strength = new RunningStrength(period);
  const closes = parseColumn(klines, CLOSE);
  for (let i = 0; i < closes.length; i++) strength.add(closes[i]!);
  return strength.value;
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
  const strengths = relativeStrengths(parseColumn(klines, CLOSE), rsiPeriod);
  const {ks, ds} = stochasticLines(strengths, stochPeriod, kPeriod, dPeriod);
  if (ds.length === 0) return null;
  const points: OscillatorPoint[] = [];
  const undefinedCount = klines.length - ds.length;
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
  const strengths = relativeStrengths(parseColumn(klines, CLOSE), rsiPeriod);
  // No more of them can reach the newest point.
  const reach = stochPeriod + kPeriod + dPeriod - 2;
  const {ks, ds} = stochasticLines(strengths.slice(-reach), stochPeriod, kPeriod, dPeriod);
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
 * @returns `values.length - period` values, oldest first; none where values are too few.
 */
export function relativeStrengths(values: Float64Array, period: number): Float64Array {
  if (!isEnough(values.length - 1, period)) return new Float64Array(0);
  const strengths = new Float64Array(values.length - period);
  const strength = new RunningStrength(period);
  for (let i = 0; i < values.length; i++) {
    strength.add(values[i]!);
    if (i >= period) strengths[i - period] = strength.value;
  }
  return strengths;
}

/** Wilder's RSI, fed value by value; defined once `period` changes have come. */
class RunningStrength {
  readonly #period: number;
  #before = 0;
  /** Values added. */
  #count = 0;
  #gain = 0;
  #loss = 0;

  constructor(period: number) {
    this.#period = period;
  }

  get value(): number {
    return strengthOf(this.#gain, this.#loss);
  }

  add(value: number): void {
    const period = this.#period;
    const changeCount = this.#count++;
    const change = value - this.#before;
    this.#before = value;
    if (changeCount === 0) return;
    const up = Math.max(change, 0);
    const down = Math.max(-change, 0);
    // Seeded with the plain mean of the first `period` changes, smoothed from there on.
    const isSeeding = changeCount <= period;
    this.#gain = isSeeding ? this.#gain + up / period : (this.#gain * (period - 1) + up) / period;
    this.#loss = isSeeding
      ? this.#loss + down / period
      : (this.#loss * (period - 1) + down) / period;
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
