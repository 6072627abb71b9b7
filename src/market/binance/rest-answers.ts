import type {Kline, Ticker} from '../kline.js';
import {RestError} from './rest-error.js';

/** What came of a list, and how many of its elements could not be read. */
export interface Decoded<T> {
  readonly rows: readonly T[];
  readonly malformedCount: number;
}

/** A symbol of `exchangeInfo`. */
export interface ExchangeSymbol {
  readonly symbol: string;
  readonly status: string;
  readonly quoteAsset: string;
}

/** What the feed needs of `exchangeInfo`. */
export interface ExchangeInfo {
  readonly symbols: Decoded<ExchangeSymbol>;
  /** Undefined where it doesn't say. */
  readonly weightPerMinute: number | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Types of a klines row's fields, in their order; the twelfth means nothing. */
const KLINE_TYPES = [
  'number',
  'string',
  'string',
  'string',
  'string',
  'string',
  'number',
  'string',
  'number',
  'string',
  'string',
] as const;

/** `GET /api/v3/klines`: rows of 12 fields. Numbers in texts are checked by the store. @throws RestError for no list */
export function decodeKlines(json: unknown): Decoded<Kline> {
  return decodeRows('klines', json, row => {
    if (!Array.isArray(row) || row.length < KLINE_TYPES.length) return undefined;
    if (KLINE_TYPES.some((type, field) => typeof row[field] !== type)) return undefined;
    return [...row.slice(0, KLINE_TYPES.length), '0'] as Kline;
  });
}

/** `GET /api/v3/ticker/24hr`: one object, or a list. @throws RestError for neither */
export function decodeDayTickers(json: unknown): Decoded<Ticker> {
  return decodeRows('ticker/24hr', isFields(json) ? [json] : json, row => {
    if (!isFields(row)) return undefined;
    const {symbol: s, priceChangePercent: P, lastPrice: c, quoteVolume: q} = row;
    if (typeof s !== 'string' || !isDecimal(P) || !isDecimal(c) || !isDecimal(q)) return undefined;
    return {s, P, c, q};
  });
}

/** `GET /api/v3/exchangeInfo`. @throws RestError where it has no list of symbols */
export function decodeExchangeInfo(json: unknown): ExchangeInfo {
  const {symbols, rateLimits} = isFields(json) ? json : ({} as Fields);
  const decoded = decodeRows('exchangeInfo', symbols, row => {
    if (!isFields(row)) return undefined;
    const {symbol, status, quoteAsset} = row;
    const isWhole = [symbol, status, quoteAsset].every(field => typeof field === 'string');
    return isWhole ? ({symbol, status, quoteAsset} as ExchangeSymbol) : undefined;
  });
  return {symbols: decoded, weightPerMinute: weightOf(rateLimits)};
}

/** `GET /api/v3/time`, epoch ms of the exchange's clock. @throws RestError where it is none */
export function decodeServerTime(json: unknown): number {
  const serverTime = isFields(json) ? json.serverTime : undefined;
  if (typeof serverTime === 'number' && serverTime >= 0) return serverTime;
  throw new RestError('rest_malformed', 'time: expected a `serverTime`, got something else');
}

function weightOf(rateLimits: unknown): number | undefined {
  if (!Array.isArray(rateLimits)) return undefined;
  const found = rateLimits.find(
    limit =>
      isFields(limit) &&
      limit.rateLimitType === 'REQUEST_WEIGHT' &&
      limit.interval === 'MINUTE' &&
      limit.intervalNum === 1,
  ) as Fields | undefined;
  const limit = found?.limit;
  return typeof limit === 'number' && limit > 0 ? limit : undefined;
}

function decodeRows<T>(
  name: string,
  json: unknown,
  decode: (row: unknown) => T | undefined,
): Decoded<T> {
  if (!Array.isArray(json)) {
    throw new RestError('rest_malformed', `${name}: expected a list, got something else`);
  }
  const rows = json.map(decode).filter(row => row !== undefined);
  return {rows, malformedCount: json.length - rows.length};
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDecimal(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value));
}
