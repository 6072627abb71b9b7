import {KLINE_INTERVALS, type Kline, type KlineInterval, type Ticker} from '../kline.js';

/** What `binance_ws_messages_total` calls a message. */
export type FrameType = 'ticker' | 'kline' | 'control' | 'other';

/** A state of a candle, as the stream tells it. */
export interface KlineUpdate {
  readonly kind: 'kline';
  readonly type: 'kline';
  readonly symbol: string;
  readonly interval: KlineInterval;
  /** When the exchange sent it, epoch ms of its clock. */
  readonly eventMs: number;
  readonly closed: boolean;
  /** Its numbers are checked by the store. */
  readonly kline: Kline;
}

/** A symbol's 24-hour ticker, as the stream tells it. */
export interface TickerUpdate {
  readonly eventMs: number;
  readonly ticker: Ticker;
}

/**
 * A message of the stream:
 * - `reply`: to a request; `error` where it was refused;
 * - `shutdown`: the server will end the connection soon;
 * - `other`: well-formed, and nothing that the feed asks for;
 * - `malformed`: `symbol` is what the message says, however untrue, or undefined.
 */
export type Frame =
  | KlineUpdate
  | {
      readonly kind: 'tickers';
      readonly type: 'ticker';
      readonly updates: readonly TickerUpdate[];
      /** Symbols of elements that are no tickers. */
      readonly malformed: readonly (string | undefined)[];
    }
  | {
      readonly kind: 'reply';
      readonly type: 'control';
      readonly id: unknown;
      readonly error: string | undefined;
    }
  | {readonly kind: 'shutdown'; readonly type: 'control'}
  | {readonly kind: 'other'; readonly type: FrameType}
  | {readonly kind: 'malformed'; readonly type: FrameType; readonly symbol: string | undefined};

type Fields = Readonly<Record<string, unknown>>;

const INTERVALS: ReadonlySet<unknown> = new Set(KLINE_INTERVALS);

/** Binance's further intervals (web-socket-streams.md): no fault, though nobody asks for them. */
const OTHER_INTERVALS: ReadonlySet<unknown> = new Set('1s 3m 30m 2h 6h 8h 12h 3d 1w 1M'.split(' '));

/**
 * Reads a message of Binance's spot market streams, wrapped (`{stream, data}`) or bare: both come on one socket, as replies
 * are never wrapped (web-socket-streams.md). Never throws.
 */
export function decodeFrame(text: string): Frame {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return malformed('other', undefined);
  }
  if (Array.isArray(json)) return decodeTickers(json);
  if (!isFields(json)) return malformed('other', undefined);
  const data = json.stream === undefined ? json : json.data;
  if (Array.isArray(data)) return decodeTickers(data);
  if (!isFields(data)) return malformed('other', undefined);
  switch (data.e) {
    case 'kline':
      return decodeKline(data);
    case '24hrTicker':
    case '24hrMiniTicker':
      return decodeTickers([data]);
    case 'serverShutdown':
      return {kind: 'shutdown', type: 'control'};
    case undefined:
      return decodeReply(data);
    default:
      return {kind: 'other', type: 'other'};
  }
}

function decodeKline(data: Fields): Frame {
  const {E: eventMs, s: symbol, k} = data;
  if (!isFields(k)) return malformed('kline', symbol);
  const {t, T, i, o, h, l, c, v, q, n, V, Q, x} = k;
  if (
    typeof symbol !== 'string' ||
    (k.s !== undefined && k.s !== symbol) ||
    !isTime(eventMs) ||
    !isNumber(t) ||
    !isNumber(T) ||
    !isNumber(n) ||
    typeof x !== 'boolean' ||
    typeof o !== 'string' ||
    typeof h !== 'string' ||
    typeof l !== 'string' ||
    typeof c !== 'string' ||
    typeof v !== 'string' ||
    typeof q !== 'string' ||
    typeof V !== 'string' ||
    typeof Q !== 'string'
  ) {
    return malformed('kline', symbol);
  }
  if (!INTERVALS.has(i)) {
    return OTHER_INTERVALS.has(i) ? {kind: 'other', type: 'kline'} : malformed('kline', symbol);
  }
  const kline: Kline = [t, o, h, l, c, v, T, q, n, V, Q, '0'];
  const interval = i as KlineInterval;
  return {kind: 'kline', type: 'kline', symbol, interval, eventMs, closed: x, kline};
}

/** A list of tickers holds other events' lists too, one day; what isn't a ticker of 24 hours is left alone. */
function decodeTickers(list: readonly unknown[]): Frame {
  const updates: TickerUpdate[] = [];
  const bad: (string | undefined)[] = [];
  let isTickers = false;
  for (const data of list) {
    if (!isFields(data)) return malformed('other', undefined);
    if (data.e !== '24hrTicker' && data.e !== '24hrMiniTicker') continue;
    isTickers = true;
    const update = decodeTicker(data);
    if (update) updates.push(update);
    else bad.push(typeof data.s === 'string' ? data.s : undefined);
  }
  if (!isTickers) return {kind: 'other', type: 'other'};
  return {kind: 'tickers', type: 'ticker', updates, malformed: bad};
}

/** A mini ticker has no `P`: it is the last price's change against the open, as in the large one. */
function decodeTicker({E: eventMs, s, P, c, o, q}: Fields): TickerUpdate | undefined {
  if (typeof s !== 'string' || !isTime(eventMs) || !isDecimal(c) || !isDecimal(q)) return undefined;
  if (isDecimal(P)) return {eventMs, ticker: {s, P, c, q}};
  if (P !== undefined || !isDecimal(o)) return undefined;
  const open = Number(o);
  const change = open > 0 ? (Number(c) / open - 1) * 100 : 0;
  return {eventMs, ticker: {s, P: change.toFixed(3), c, q}};
}

/** `{"result":null,"id":1}`, `{"code":2,"msg":"..","id":1}`; newer servers nest the error. */
function decodeReply(data: Fields): Frame {
  const {id, code, msg, error} = data;
  if (code !== undefined) {
    return {kind: 'reply', type: 'control', id, error: `${String(msg)} (${String(code)})`};
  }
  if (isFields(error)) {
    const text = `${String(error.msg)} (${String(error.code)})`;
    return {kind: 'reply', type: 'control', id, error: text};
  }
  if ('result' in data) return {kind: 'reply', type: 'control', id, error: undefined};
  // A book ticker of the spot market has no `e`; nothing else lacks it.
  return 'u' in data || 'lastUpdateId' in data
    ? {kind: 'other', type: 'other'}
    : malformed('other', data.s);
}

function malformed(type: FrameType, symbol: unknown): Frame {
  return {kind: 'malformed', type, symbol: typeof symbol === 'string' ? symbol : undefined};
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

/** Epoch ms: what is none would be the latency of a lifetime. */
function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isDecimal(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value));
}
