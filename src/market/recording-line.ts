import type {Kline} from './kline.js';

/** Binance's columns, in their order; see `binance-public-data`'s README. */
const COLUMNS = [
  'open_time',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'close_time',
  'quote_volume',
  'trades',
  'taker_buy_base',
  'taker_buy_quote',
  'ignore',
] as const;

/** Columns that a source may lack; empty there means 0. */
const OPTIONAL: ReadonlySet<number> = new Set([7, 8, 9, 10, 11]);

/** Plain or exponential decimals, not negative. What `Number` takes beyond these is no price. */
const DECIMAL = /^\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** Digits, point and exponent of a number; Binance writes at most 20. Longer ones are refused. */
const NUMBER_CHARS_MAX = 40;

/** Later than any time in milliseconds before the year 5138; files of 2025 on hold microseconds. */
const TIME_MS_MAX = 1e14;

/** A value longer than this is cut in messages. */
const QUOTE_CHARS_MAX = 40;

/** What a line should have been and what it was. */
export class LineError extends Error {
  override readonly name = 'LineError';

  constructor(expected: string, got: string | number) {
    const text = String(got);
    const quoted = text.length > QUOTE_CHARS_MAX ? `${text.slice(0, QUOTE_CHARS_MAX)}...` : text;
    super(`expected ${expected}, got ${printable(quoted) || 'nothing'}`);
  }
}

/** The text on one line: neither a file's name nor what it holds can write control characters to a terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, character =>
    character
      .split('')
      .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/**
 * The candle of one line. Throws {@link LineError} where it is none or opens no later than the one
 * before.
 */
export function parseCandle(
  line: string,
  {intervalMs, before}: {intervalMs: number; before: Kline | undefined},
): Kline {
  const fields = line.split(',');
  if (fields.length !== COLUMNS.length) {
    throw new LineError(`${COLUMNS.length} fields`, fields.length);
  }
  fields.forEach(assertField);
  const kline = toKline(fields);
  assertTimes(kline, intervalMs, before?.[0] ?? Number.NEGATIVE_INFINITY);
  assertPrices(kline);
  return kline;
}

function assertField(field: string, column: number): void {
  if (field === '' && OPTIONAL.has(column)) return;
  const name = COLUMNS[column];
  if (!DECIMAL.test(field)) throw new LineError(`${name} to be a number from 0`, field);
  if (field.length > NUMBER_CHARS_MAX) {
    throw new LineError(`${name} to have at most ${NUMBER_CHARS_MAX} characters`, field.length);
  }
  if (!Number.isFinite(Number(field))) throw new LineError(`${name} to be a finite number`, field);
}

function toKline(fields: readonly string[]): Kline {
  const number = (column: number) => Number(fields[column]);
  const text = (column: number) => fields[column] || '0';
  return [
    number(0),
    text(1),
    text(2),
    text(3),
    text(4),
    text(5),
    number(6),
    text(7),
    number(8),
    text(9),
    text(10),
    '0',
  ];
}

function assertTimes(kline: Kline, intervalMs: number, openTimeBefore: number): void {
  const openTime = kline[0];
  const closeTime = kline[6];
  if (openTime >= TIME_MS_MAX) throw new LineError('open_time in milliseconds', openTime);
  if (openTime % intervalMs !== 0) {
    throw new LineError(`open_time to be a multiple of ${intervalMs}`, openTime);
  }
  if (openTime <= openTimeBefore) {
    throw new LineError(`open_time to be later than ${openTimeBefore}`, openTime);
  }
  const openTimeNext = openTime + intervalMs;
  if (!Number.isInteger(closeTime) || closeTime < openTime || closeTime >= openTimeNext) {
    throw new LineError(`close_time from ${openTime} to ${openTimeNext - 1}`, closeTime);
  }
}

function assertPrices(kline: Kline): void {
  const [, open, high, low, close] = kline;
  const top = Math.max(Number(open), Number(close), Number(low));
  const bottom = Math.min(Number(open), Number(close));
  if (Number(high) < top) throw new LineError(`high to be at least ${top}`, high);
  if (Number(low) > bottom) throw new LineError(`low to be at most ${bottom}`, low);
}
