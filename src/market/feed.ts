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

/**
 * A market that goes by the wall clock: the simulated one, an exchange. A replay is no feed: it
 * waits for whoever iterates it.
 */
export interface MarketFeed {
  /**
   * Records the history known so far, then whatever happens. Throws an `Error` when started
   * already.
   */
  start(sink: MarketSink): void;
  /**
   * Records nothing any more once it has returned. May be called at any time, any number of times.
   */
  stop(): void;
}

/** Records an event in a sink. */
export function recordEvent(sink: MarketSink, event: MarketEvent): void {
  if (event.kind === 'ticker') sink.recordTicker(event.ticker);
  else sink.record(event.symbol, event.interval, event.kline, event.closed);
}
