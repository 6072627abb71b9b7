import type {Kline} from '../../market/kline.js';
import {Marking} from '../marking.js';
import {Scratch} from './scratch.js';
import {checkLength} from './series.js';

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

/** Gives the numbers at a position in some candles from `start` on, not to be changed. */
export type ColumnReader = (field: number, start: number) => Float64Array;

/**
 * Notes on a list of candles where its columns are to be had. No filter gets hold of such a list, only of copies of it; and none can make
 * one, as it could by a property whose name a Proxy is asked for.
 */
class Columned extends Marking {
  readonly #read: ColumnReader;

  constructor(klines: object, read: ColumnReader) {
    super(klines);
    this.#read = read;
  }

  static readerOf(klines: unknown): ColumnReader | undefined {
    const isNoted = typeof klines === 'object' && klines !== null && #read in klines;
    return isNoted ? klines.#read : undefined;
  }
}

/** Notes where the columns of these candles are to be had. To be called once a list. */
export function noteColumns(klines: readonly Kline[], read: ColumnReader): void {
  new Columned(klines, read);
}

/**
 * Parses one column, each string once: parsing is most of an indicator's time.
 *
 * @param start Index of the first candle to read.
 * @returns `klines.length - start` numbers, oldest first, not to be changed; NaN where a string is
 *   no number.
 * @throws RangeError beyond `VALUES_MAX`.
 */
export function parseColumn(klines: readonly Kline[], column: Column, start = 0): Float64Array {
  const read = Columned.readerOf(klines);
  if (read !== undefined) return read(column, start);
  const length = klines.length - start;
  checkLength(length);
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
