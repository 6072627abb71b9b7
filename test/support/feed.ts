import {setImmediate as nextTurn} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import {MetricsHub} from '../../src/index.js';
import {BinanceFeed, type BinanceFeedOptions} from '../../src/market/binance/binance-feed.js';
import {FeedMeter} from '../../src/market/binance/feed-meter.js';
import type {FrameType} from '../../src/market/binance/frame.js';
import type {Clock} from '../../src/market/clock.js';
import {
  SimulatedExchange,
  type SimulatedExchangeOptions,
} from '../../src/market/exchange/simulated-exchange.js';
import type {Kline, KlineInterval} from '../../src/market/kline.js';
import {KlineStore} from '../../src/market/kline-store.js';
import {MeasuredKlines} from '../../src/market/measured-klines.js';
import {SimulatedMarket} from '../../src/market/simulated-market.js';
import {bindCatalogue} from '../../src/metrics/catalogue.js';
import {SharedKlines} from '../../src/screener/shared-klines.js';
import {parsePage, sampleKey} from './exposition.js';

export const SYMBOLS = ['BTCUSDT', 'DOTUSDT', 'ETHUSDT'] as const;

/** A minute of market time. */
export const MINUTE_MS = 60_000;

/** Waits of a feed that has no time. */
export const QUICK_LIMITS = Object.freeze({
  backoffBaseMs: 10,
  backoffCapMs: 40,
  requestWindowMs: 50,
  stableMs: 0,
});

/** Resolves once `condition` holds; the test's time-out ends what never does. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}

/** Knows without a page how many messages it was told of. */
class CountingMeter extends FeedMeter {
  messageCount = 0;

  override message(type: FrameType): void {
    super.message(type);
    this.messageCount += 1;
  }
}

export interface FeedSetup {
  readonly exchange?: Partial<SimulatedExchangeOptions>;
  readonly feed?: Partial<BinanceFeedOptions>;
  /** Default 500. */
  readonly candlesMax?: number;
}

/** A simulated exchange that stands still until told, and a feed at it; both end with the test. */
export async function startFeed(t: ExecutionContext, setup: FeedSetup = {}) {
  const market = new SimulatedMarket({
    symbols: SYMBOLS,
    intervals: ['1m', '5m'],
    historyCandles: 60,
    tickMs: 2_000,
  });
  const exchange = new SimulatedExchange({market, speed: 0, ...setup.exchange});
  const urls = await exchange.listen();
  t.teardown(() => exchange.close());
  // A candle of the history is surely closed, and the next one open.
  await exchange.play(exchange.timeMs + 10_000);
  const hub = new MetricsHub();
  const metrics = bindCatalogue(hub.recorder);
  const clock: Clock = {
    epochMs: () => exchange.timeMs,
    monotonicMs: () => performance.now(),
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  };
  const {candlesMax = 500} = setup;
  const store = new KlineStore({clock: clock.epochMs, candlesMax});
  const forget = hub.forget.bind(hub);
  const klines = new MeasuredKlines({store, metrics, clock: clock.epochMs, forget});
  const meter = new CountingMeter(metrics, forget);
  const warnings: string[] = [];
  const {limits, ...feedOptions} = setup.feed ?? {};
  const feed = new BinanceFeed({
    ...urls,
    intervals: ['1m', '5m'],
    symbols: 3,
    klines,
    meter,
    clock,
    onWarning: line => warnings.push(line),
    ...feedOptions,
    limits: {...QUICK_LIMITS, ...limits},
  });
  t.teardown(() => feed.stop());
  hub.onCollect(() => {
    klines.report();
    feed.report();
  });
  /** A sample of this moment's page; undefined where there is none. */
  const sample = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    parsePage(hub.renderPage().body).get(sampleKey(name, labels));
  /** Sum over all series of a family. */
  const total = (name: string) =>
    [...parsePage(hub.renderPage().body)]
      .filter(([key]) => key.startsWith(`${name}{`))
      .reduce((sum, [, value]) => sum + value, 0);
  /** Resolves when everything that the exchange has sent has been counted, and nothing waits for repair. */
  const settled = async () => {
    await until(() => meter.messageCount >= sentBy(exchange));
    await feed.idle();
  };
  return {exchange, feed, hub, store, klines, metrics, warnings, sample, total, settled};
}

/** Frames that went out, replies included. */
export function sentBy(exchange: SimulatedExchange): number {
  const counts = exchange.counts();
  return (
    (counts.klinesSent ?? 0) +
    (counts.tickersSent ?? 0) +
    (counts.shutdownsSent ?? 0) +
    (counts.requestsReceived ?? 0)
  );
}

/** Whether every series ends with the exchange's newest candle in its present state. */
export function isUpToDate(store: KlineStore, exchange: SimulatedExchange): boolean {
  return exchange.series.every(({symbol, interval}) => {
    const newest = exchange.klines(symbol, interval).at(-1);
    const last = candlesOf(store, symbol, interval).at(-1);
    return newest !== undefined && String(last) === String(numbersOf(newest));
  });
}

/** The store's candles as workers see them, in numbers. */
export function candlesOf(store: KlineStore, symbol: string, interval: KlineInterval): number[][] {
  const klines = new SharedKlines();
  klines.open(store.snapshot());
  return (klines.candles(symbol, interval) ?? []).map(numbersOf);
}

/** A candle's eleven numbers. */
export function numbersOf(kline: Kline): number[] {
  return kline.slice(0, 11).map(Number);
}

/** Asserts that every candle of the store is what the exchange says happened, as far back as the store goes. */
export function assertTruth(
  t: ExecutionContext,
  {store, exchange}: {store: KlineStore; exchange: SimulatedExchange},
): void {
  for (const {symbol, interval} of exchange.series) {
    const candles = candlesOf(store, symbol, interval);
    const truth = exchange.klines(symbol, interval).map(numbersOf).slice(-candles.length);
    t.true(candles.length >= 60, `${symbol} ${interval}`);
    t.deepEqual(candles, truth, `${symbol} ${interval}`);
  }
}
