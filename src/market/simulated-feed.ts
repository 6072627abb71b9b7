import {type MarketFeed, type MarketSink, recordEvent} from './feed.js';
import type {SimulatedMarket} from './simulated-market.js';

/**
 * Simulated time that one update makes up for at most. After a longer pause the next updates catch
 * up.
 */
export const CATCH_UP_MS_MAX = 300_000;

export interface SimulatedFeedOptions {
  /** To be fed from where it stands; give it `startMs: Date.now()` for a market of today. */
  market: SimulatedMarket;
  /** Time between looks at the clock, ms. Default 1,000. */
  updateIntervalMs?: number;
  /** Milliseconds; only differences count. Default `Date.now`. */
  clock?: () => number;
  /** Calls `update` every so many milliseconds; returns what ends that. Default `setInterval`. */
  repeat?: (update: () => void, intervalMs: number) => () => void;
}

const DEFAULTS = Object.freeze({
  updateIntervalMs: 1_000,
  clock: Date.now,
  repeat: (update: () => void, intervalMs: number) => {
    const timer = setInterval(update, intervalMs);
    return () => clearInterval(timer);
  },
});

/** Runs a simulated market by the wall clock. */
export class SimulatedFeed implements MarketFeed {
  readonly #options: Required<SimulatedFeedOptions>;
  /** Ends the updates; undefined while stopped. */
  #cancel: (() => void) | undefined;

  constructor(options: SimulatedFeedOptions) {
    this.#options = {...DEFAULTS, ...options};
  }

  /**
   * Records the closed candles up to the market's start and the tickers, then each tick as its time
   * comes.
   */
  start(sink: MarketSink): void {
    if (this.#cancel) throw new Error('Expected the feed to be stopped, got a second start()');
    const {market, clock, repeat, updateIntervalMs} = this.#options;
    recordHistory(market, sink);
    const aheadMs = market.timeMs - clock();
    const update = () => {
      const dueMs = clock() + aheadMs;
      const toMs = Math.min(dueMs, market.timeMs + CATCH_UP_MS_MAX);
      for (const event of market.advance(toMs)) {
        if (!this.#cancel) return;
        recordEvent(sink, event);
      }
    };
    this.#cancel = repeat(update, updateIntervalMs);
  }

  /** Ends the updates. A later `start()` goes on from where the market then stands. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

function recordHistory(market: SimulatedMarket, sink: MarketSink): void {
  for (const {symbol, interval, klines} of market.history()) {
    for (const kline of klines) sink.record(symbol, interval, kline, true);
  }
  for (const ticker of market.tickers()) sink.recordTicker(ticker);
}
