import type {Kline} from '../../market/kline.js';
import {Scratch} from './scratch.js';

/** Positions of the decimal strings in a {@link Kline}. */
export const OPEN = 1;
export const HIGH = 2;
export const LOW = 3;
export const CLOSE = 4;
/** Volume in the base asset. */
export const VOLUME = 5;
/** The part of the volume that takers bought; '0' where the source lacks it. */
export const TAKER_BUY_VOLUME = 9;

const PRICES = new Scratch();

/** A position in a {@link Kline} that holds a decimal string. */
export type Column =
  | typeof OPEN
  | typeof HIGH
  | typeof LOW
  | typeof CLOSE
  | typeof VOLUME
  | typeof TAKER_BUY_VOLUME;

/**
 * Candles that an indicator takes. Beyond, it throws a RangeError: what is given for candles may claim any length, and what is made
 * of it is as long.
 */
export const CANDLES_MAX = 1_000_000;

/** Where candles that come from shared memory keep their columns; see {@link ColumnedKlines}. */
export const COLUMNS = Symbol('columns');

/**
 * Candles that may know their columns already. No filter gets hold of such an array: only of copies
 * of it, which know nothing.
 */
export type ColumnedKlines = Kline[] & {
  /** The numbers at a position in these candles from `start` on, not to be changed. */
  [COLUMNS]?: (field: number, start: number) => Float64Array;
};

/**
 * Parses one column, each string once: parsing is most of an indicator's time.
 *
 * @param start Index of the first candle to read.
 * @returns `klines.length - start` numbers, oldest first, not to be changed; NaN where a string is
 *   no number.
 * @throws RangeError beyond {@link CANDLES_MAX}.
 */
export function parseColumn(klines: readonly Kline[], column: Column, start = 0): Float64Array {
  const known = (klines as ColumnedKlines)[COLUMNS];
  if (known !== undefined) return known(column, start);
  const length = klines.length - start;
  if (length > CANDLES_MAX) {
    throw new RangeError(`Expected at most ${CANDLES_MAX} candles, got ${length}`);
  }
  const values = new Float64Array(Math.max(0, length));
  for (let i = 0; i < values.length; i++) values[i] = Number.parseFloat(klines[start + i]![column]);
  return values;
}

/**
 * Parses the candles' typical prices, (high + low + close) / 3.
 *
 * @param start Index of the first candle to read.
 * @param count Candles to read.
 * @returns `count` numbers, oldest first, and whatever else lies behind; good until the next call.
 */
export function parseTypicalPrices(
  klines: readonly Kline[],
  start: number,
  count: number,
): Float64Array {
  const highs = parseColumn(klines, HIGH, start);
  const lows = parseColumn(klines, LOW, start);
  const closes = parseColumn(klines, CLOSE, start);
  const prices = PRICES.ofLength(count);
  // All of them, though the candles may say that they are fewer by now: what lies there is of another call.
  for (let i = 0; i < count; i++) prices[i] = (highs[i]! + lows[i]! + closes[i]!) / 3;
  return prices;
}
