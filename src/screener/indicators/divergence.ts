import type {Kline} from '../../market/kline.js';
import {CLOSE, parseColumn} from './candle-columns.js';
import {relativeStrengths} from './relative-strength.js';
import {checkLength} from './series.js';

/** Regular divergences, named after the turn that they announce. */
export type Divergence = 'bullish_regular' | 'bearish_regular';

/**
 * Finds a regular divergence of two series in their last `lookback` values. Pivots are the values
 * of `series1` beyond both neighbours; any two at least `minSeparation` apart are compared:
 * 'bearish_regular' where `series1` has a higher high and `series2` is lower there,
 * 'bullish_regular' where `series1` has a lower low and `series2` is higher there. Of both, the one
 * that ends later.
 *
 * @param series1 Usually closes.
 * @param series2 Usually an oscillator. Where one series is shorter, their ends are aligned; a
 *   pivot where either is null doesn't count.
 * @param lookback Newest values regarded; default 30.
 * @param minSeparation Least distance of two pivots in values; default 5.
 * @returns Null where neither is found, so also where values are too few.
 */
export function detectGenericDivergence(
  series1: ArrayLike<number | null>,
  series2: ArrayLike<number | null>,
  lookback = 30,
  minSeparation = 5,
): Divergence | null {
  const length = Math.min(series1.length, series2.length, lookback);
  checkLength(length);
  const prices = tailOf(series1, length, 1);
  const readings = tailOf(series2, length, 1);
  const bearishEnd = latestDivergence(prices, readings, minSeparation);
  const bullishEnd = latestDivergence(
    tailOf(series1, length, -1),
    tailOf(series2, length, -1),
    minSeparation,
  );
  if (bearishEnd === bullishEnd) return null;
  return bearishEnd > bullishEnd ? 'bearish_regular' : 'bullish_regular';
}

/**
 * Finds a regular divergence of closes and their RSI: {@link detectGenericDivergence} of the two.
 *
 * @returns Null where neither is found, so also where there are not more than `rsiPeriod` candles.
 */
export function detectRSIDivergence(
  klines: readonly Kline[],
  rsiPeriod = 14,
  lookback = 30,
  minSeparation = 5,
): Divergence | null {
  const closes = parseColumn(klines, CLOSE);
  const strengths = relativeStrengths(closes, rsiPeriod, lookback);
  const count = Math.max(0, Math.min(closes.length, Math.trunc(lookback) || 0));
  const aligned = new Float64Array(count).fill(Number.NaN);
  aligned.set(strengths, count - strengths.length);
  const tail = closes.subarray(closes.length - count);
  return detectGenericDivergence(tail, aligned, lookback, minSeparation);
}

/** The last `length` values, each times `sign` (-1 turns lows into highs); NaN for null. */
function tailOf(series: ArrayLike<number | null>, length: number, sign: 1 | -1): Float64Array {
  const tail = new Float64Array(Math.max(0, Math.trunc(length) || 0));
  const offset = series.length - tail.length;
  for (let i = 0; i < tail.length; i++) {
    const value = series[offset + i];
    tail[i] = value === null || value === undefined ? Number.NaN : value * sign;
  }
  return tail;
}

/** Index of the newest high above an earlier one with a lower reading than that; or -1. */
function latestDivergence(
  prices: Float64Array,
  readings: Float64Array,
  separation: number,
): number {
  const highs = highPivots(prices);
  for (let j = highs.length - 1; j > 0; j--) {
    const later = highs[j]!;
    for (let i = j - 1; i >= 0; i--) {
      const earlier = highs[i]!;
      if (later - earlier < separation) continue;
      // Comparisons with NaN are false, so an undefined reading never diverges.
      if (prices[later]! > prices[earlier]! && readings[later]! < readings[earlier]!) return later;
    }
  }
  return -1;
}

function highPivots(values: Float64Array): number[] {
  const pivots: number[] = [];
  for (let i = 1; i < values.length - 1; i++) {
    if (values[i]! > values[i - 1]! && values[i]! > values[i + 1]!) pivots.push(i);
  }
  return pivots;
}
