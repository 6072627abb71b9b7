import type {Kline, KlineInterval, Ticker} from './kline.js';

/** Something that happened on the market. */
export type MarketEvent =
  | {
      kind: 'kline';
      timeMs: number;
      symbol: string;
      interval: KlineInterval;
      kline: Kline;
      closed: boolean;
    }
  | {kind: 'ticker'; timeMs: number; ticker: Ticker};

/**
 * Where a feed puts what it learns. `KlineStore` is one; the machine wraps it to count what passes.
 */
export interface MarketSink {
  record(symbol: string, interval: KlineInterval, kline: Kline, closed: boolean): unknown;
  recordTicker(ticker: Ticker): unknown;
}
