import type {Kline} from '../../market/kline.js';
import {HIGH, LOW, parseColumn} from './candle-columns.js';
import {isEnough} from './series.js';

/** The highest high of the last `period` candles; null where there are fewer. */
export function getHighestHigh(klines: readonly Kline[], period: number): number | null {
  if (!isEnough(klines.length, period)) return null;
  return highestOf(parseColumn(klines, HIGH, klines.length - period));
}

/** The lowest low of the last `period` candles; null where there are fewer. */
export function getLowestLow(klines: readonly Kline[], period: number): number | null {
  if (!isEnough(klines.length, period)) return null;
  return lowestOf(parseColumn(klines, LOW, klines.length - period));
}

/** The greatest of `values`; -Infinity of none. */
export function highestOf(values: Float64Array): number {
  let highest = -Infinity;
  for (const value of values) if (value > highest) highest = value;
  return highest;
}

/** The least of `values`; Infinity of none. */
export function lowestOf(values: Float64Array): number {
  let lowest = Infinity;
  for (const value of values) if (value < lowest) lowest = value;
  return lowest;
}
