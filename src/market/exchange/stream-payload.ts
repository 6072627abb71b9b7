import type {DayStatistics} from './day-statistics.js';
import type {SeriesChange} from './market-book.js';

/** The kinds of market events that the exchange streams. */
export type StreamEventType = 'kline' | 'ticker' | 'miniTicker' | 'miniTickers';

/** An event on its way to the subscribers of a stream. */
export interface StreamEvent {
  type: StreamEventType;
  stream: string;
  /** Undefined in `!miniTicker@arr`. */
  symbol: string | undefined;
  /** In klines only. */
  interval: string | undefined;
  /** Whether it tells the end of a candle. */
  closed: boolean;
  /** The raw payload, JSON. */
  json: string;
}

/** The payload of `<symbol>@kline_<interval>`; `eventTime` in epoch ms. Fields and their order as Binance sends them. */
export function klineJson({book, kline, closed, lastTradeId}: SeriesChange, eventTime: number) {
  const [t, o, h, l, c, v, T, q, n, V, Q] = kline;
  const {symbol: s, interval: i} = book;
  // A candle without a trade has no first and no last one.
  const f = n > 0 ? lastTradeId - n + 1 : -1;
  const L = n > 0 ? lastTradeId : -1;
  const k = {t, T, s, i, f, L, o, c, h, l, v, n, x: closed, q, V, Q, B: '0'};
  return JSON.stringify({e: 'kline', E: eventTime, s, k});
}

/** The payload of `<symbol>@miniTicker` and the elements of `!miniTicker@arr`. */
export function miniTickerJson(day: DayStatistics, eventTime: number): string {
  return JSON.stringify({
    e: '24hrMiniTicker',
    E: eventTime,
    s: day.symbol,
    c: day.last,
    o: day.open,
    h: day.high,
    l: day.low,
    v: day.volume,
    q: day.quoteVolume,
  });
}

/** The payload of `<symbol>@ticker`. */
export function tickerJson(
  day: DayStatistics,
  {eventTime, lastTradeId}: {eventTime: number; lastTradeId: number},
): string {
  return JSON.stringify({
    e: '24hrTicker',
    E: eventTime,
    s: day.symbol,
    p: day.change,
    P: day.changePercent,
    w: day.weightedAverage,
    x: day.open,
    c: day.last,
    Q: day.lastQuantity,
    b: day.bid,
    B: day.lastQuantity,
    a: day.ask,
    A: day.lastQuantity,
    o: day.open,
    h: day.high,
    l: day.low,
    v: day.volume,
    q: day.quoteVolume,
    O: day.openTime,
    C: day.closeTime,
    F: Math.max(0, lastTradeId - day.tradeCount + 1),
    L: lastTradeId,
    n: day.tradeCount,
  });
}

/** The event on a socket: bare, or in the wrapper of combined streams. */
export function wrapped(stream: string, json: string, combined: boolean): string {
  return combined ? `{"stream":${JSON.stringify(stream)},"data":${json}}` : json;
}
