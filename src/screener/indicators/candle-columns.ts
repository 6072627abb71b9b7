import type {Kline} from '../../market/kline.js';

/** Positions of the decimal strings in a {@link Kline}. */
export const OPEN = 1;
export const HIGH = 2;
export const LOW = 3;
export const CLOSE = 4;
/** Volume in the base asset. */
export const VOLUME = 5;
/** The part of the volume that takers bought; '0' where the source lacks it. */
export const TAKER_BUY_VOLUME = 9;

/** A position in a {@link Kline} that holds a decimal string. */
export type Column =
  | typeof OPEN
  | typeof HIGH
  | typeof LOW
  | typeof CLOSE
  | typeof VOLUME
  | typeof TAKER_BUY_VOLUME;

/**
 * Parses one column, each string once: parsing is most of an indicator's time.
 *
 * @param start Index of the first candle to read.
 * @returns `klines.length - start` numbers, oldest first; NaN where a string is no number.
 */
export function parseColumn(klines: readonly Kline[], column: Column, start = 0): Float64Array {
  const values = new Float64Array(Math.max(0, klines.length - start));
  for (let i = 0; i < values.length; i++) values[i] = Number.parseFloat(klines[start + i]![column]);
  return values;
}

/**
 * Parses the candles' typical prices, (high + low + close) / 3.
 *
 * @param start Index of the first candle to read.
 * @returns `klines.length - start` numbers, oldest first.
 */
export function parseTypicalPrices(klines: readonly Kline[], start = 0): Float64Array {
  const prices = new Float64Array(Math.max(0, klines.length - start));
  for (let i = 0; i < prices.length; i++) {
    const kline = klines[start + i]!;
    const high = Number.parseFloat(kline[HIGH]);
    const low = Number.parseFloat(kline[LOW]);
    prices[i] = (high + low + Number.parseFloat(kline[CLOSE])) / 3;
  }
  return prices;
}
