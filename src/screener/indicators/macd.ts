import type {Kline} from '../../market/kline.js';
import {CLOSE, parseColumn} from './candle-columns.js';
import {emaFromFirst, RunningEma} from './moving-averages.js';
import {isEnough, type Series} from './series.js';

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
  const macd = new RunningMacd(fastPeriod, slowPeriod, signalPeriod);
  const closes = parseColumn(klines, CLOSE);
  const macdLine: Series = [];
  const signalLine: Series = [];
  const histogram: Series = [];
  for (let i = 0; i < closes.length; i++) {
    macd.add(closes[i]!);
    macdLine.push(macd.line);
    signalLine.push(macd.signal);
    histogram.push(macd.histogram);
  }
  return {macdLine, signalLine, histogram};
}

/** The newest values of {@link calculateMACDValues}; each null where too few candles. */
export function getLatestMACD(
  klines: readonly Kline[],
  fastPeriod = 12,
  slowPeriod = 26,
  signalPeriod = 9,
): MACDPoint {
  const macd = new RunningMacd(fastPeriod, slowPeriod, signalPeriod);
  const closes = parseColumn(klines, CLOSE);
  for (let i = 0; i < closes.length; i++) macd.add(closes[i]!);
  return {macd: macd.line, signal: macd.signal, histogram: macd.histogram};
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

/** The three lines, fed close by close; each null where it isn't defined yet. */
class RunningMacd {
  readonly #fast: RunningEma;
  readonly #slow: RunningEma;
  readonly #signal: RunningEma;

  constructor(fastPeriod: number, slowPeriod: number, signalPeriod: number) {
    this.#fast = new RunningEma(fastPeriod);
    this.#slow = new RunningEma(slowPeriod);
    this.#signal = new RunningEma(signalPeriod);
  }

  get line(): number | null {
    return this.#isDefined ? this.#fast.value - this.#slow.value : null;
  }

  get signal(): number | null {
    return this.#signal.isDefined ? this.#signal.value : null;
  }

  get histogram(): number | null {
    if (!this.#signal.isDefined) return null;
    return this.#fast.value - this.#slow.value - this.#signal.value;
  }

  add(close: number): void {
    this.#fast.add(close);
    this.#slow.add(close);
    if (this.#isDefined) this.#signal.add(this.#fast.value - this.#slow.value);
  }

  get #isDefined(): boolean {
    return this.#fast.isDefined && this.#slow.isDefined;
  }
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
