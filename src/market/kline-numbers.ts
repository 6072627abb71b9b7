import type {Kline} from './kline.js';
import {CANDLE_NUMBERS} from './kline-layout.js';

/** Positions of a {@link Kline}'s numbers; the other fields are decimal strings. */
const NUMBER_FIELDS: readonly number[] = [0, 6, 8];

/** Where each field is a number. */
const IS_NUMBER = Array.from({length: CANDLE_NUMBERS}, (_, field) => NUMBER_FIELDS.includes(field));

/**
 * Writes a caller's row into `candle` as {@link CANDLE_NUMBERS} numbers from which an equal row can
 * be made again. False, with `candle` spoiled, where numbers would tell less than the row does: not
 * 12 fields, a number for a string or the other way round, a text that isn't the decimal notation
 * of a finite number (so '', 'NaN' and '0x10', which `Number` and `parseFloat` read differently).
 */
export function encodeRow(row: unknown, candle: Float64Array): boolean {
  if (!Array.isArray(row) || row.length !== CANDLE_NUMBERS) return false;
  for (let field = 0; field < CANDLE_NUMBERS; field++) {
    const value: unknown = row[field];
    const number = IS_NUMBER[field] ? value : numberOf(value);
    if (typeof number !== 'number' || !Number.isFinite(number)) return false;
    candle[field] = number;
  }
  return true;
}

function numberOf(text: unknown): number {
  if (typeof text !== 'string') return Number.NaN;
  const number = Number.parseFloat(text);
  // A zero is told by its text: "-0" would lose its sign, and a blank text is a zero to Number.
  return number === Number(text) && !Object.is(number, -0) ? number : Number.NaN;
}

/** Writes a row's fields to `fields` from `at` on. */
export function noteRow(row: Kline, fields: unknown[], at: number): void {
  for (let field = 0; field < CANDLE_NUMBERS; field++) fields[at + field] = row[field];
}

/**
 * Whether a row's fields are those that {@link noteRow} wrote there. This is run for every candle at every screening: spelt out,
 * as a loop takes twice the time, and by `Object.is()`, which for the same text needs not look at it and so not load it.
 */
export function isNoted(row: Kline, fields: readonly unknown[], at: number): boolean {
  return (
    row !== null &&
    row !== undefined &&
    row.length === CANDLE_NUMBERS &&
    Object.is(row[0], fields[at]) &&
    Object.is(row[1], fields[at + 1]) &&
    Object.is(row[2], fields[at + 2]) &&
    Object.is(row[3], fields[at + 3]) &&
    Object.is(row[4], fields[at + 4]) &&
    Object.is(row[5], fields[at + 5]) &&
    Object.is(row[6], fields[at + 6]) &&
    Object.is(row[7], fields[at + 7]) &&
    Object.is(row[8], fields[at + 8]) &&
    Object.is(row[9], fields[at + 9]) &&
    Object.is(row[10], fields[at + 10]) &&
    Object.is(row[11], fields[at + 11])
  );
}
