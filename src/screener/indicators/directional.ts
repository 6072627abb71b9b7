import type {Kline} from '../../market/kline.js';
import {CLOSE, HIGH, LOW, parseColumn} from './candle-columns.js';
import {getHighestHigh, getLowestLow} from './extremes.js';
import {type OscillatorPoint, percentOfRange} from './relative-strength.js';
import {isEnough} from './series.js';

/** The recorded screener's %D over its %K. */
const D_OVER_K = 0.9;

/**
 * Trend strength as the recorded screener's `calculateADX` has it: the last `period` true ranges
 * (Wilder, 1978) over the last `period` closes, in thousandths, at most 100. This is *not* Wilder's
 * Average Directional Index, and reads lower; users' thresholds are tuned to it, so it stays.
 *
 * @param period Default 14.
 * @returns 0 to 100; 0 where there are fewer than `2 * period` candles.
 */
export function calculateADX(klines: readonly Kline[], period = 14): number {
  if (!isEnough(klines.length, period) || klines.length < 2 * period) return 0;
  const start = klines.length - period - 1;
  const highs = parseColumn(klines, HIGH, start);
  const lows = parseColumn(klines, LOW, start);
  const closes = parseColumn(klines, CLOSE, start);
  let rangeSum = 0;
  let closeSum = 0;
  for (let i = 1; i <= period; i++) {
    rangeSum += trueRange(highs[i]!, lows[i]!, closes[i - 1]!);
    closeSum += closes[i]!;
  }
  return closeSum === 0 ? 0 : Math.min(100, (rangeSum / closeSum) * 1000);
}

/**
 * Stochastic oscillator (Lane, 1984), fast %K: where the newest close stands between the lowest low
 * and the highest high of the last `kPeriod` candles, in percent; 50 where these are the same.
 *
 * %D is 0.9 of %K and not its moving average, as in all results recorded from the screener whose
 * filters this serves; neither smoothing period has an effect.
 *
 * @param kPeriod Default 14.
 * @returns `{k: 0, d: 0}` where there are fewer than `kPeriod` candles.
 */
export function calculateStochastic(
  klines: readonly Kline[],
  kPeriod = 14,
  _dPeriod = 3,
  _smoothing = 3,
): OscillatorPoint {
  const high = getHighestHigh(klines, kPeriod);
  const low = getLowestLow(klines, kPeriod);
  if (high === null || low === null) return {k: 0, d: 0};
  const k = percentOfRange(Number.parseFloat(klines.at(-1)![CLOSE]), low, high);
  return {k, d: k * D_OVER_K};
}

function trueRange(high: number, low: number, closeBefore: number): number {
  return Math.max(high - low, Math.abs(high - closeBefore), Math.abs(low - closeBefore));
}
