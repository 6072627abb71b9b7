import type {ExecutionContext} from 'ava';
import {RecordedMarket} from '../../../src/market/exchange/recorded-market.js';
import type {Kline, KlineInterval} from '../../../src/market/kline.js';
import {candlesOf, numbersOf, startFeed} from '../../support/feed.js';
import {startMachine, traderOf} from '../../support/machine.js';
import {readCandles, testWithRecordings} from '../../support/recordings.js';

const OUTAGE = 'spot-ohlcv-freqtrade-2021';
const CRASH = 'spot-12field-static-klines-oct2025-crash';

interface Scene {
  readonly set: string;
  readonly interval: KlineInterval;
  readonly symbols: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** Serves recorded candles of a stretch of time, with 40 candles of history, to a feed. */
async function playScene(t: ExecutionContext, {set, interval, symbols, fromMs, toMs}: Scene) {
  const series = symbols.map(symbol => ({
    symbol,
    interval,
    klines: readCandles(set, symbol, interval),
  }));
  const market = new RecordedMarket(series, {startMs: fromMs, updatesPerCandle: 4});
  const setup = await startFeed(t, {
    exchange: {market},
    feed: {intervals: [interval], symbols, historyCandles: 40},
  });
  await setup.feed.start();
  await setup.exchange.play(toMs);
  await setup.settled();
  const truth = new Map<string, Kline[]>(
    series.map(({symbol, klines}) => [symbol, klines.filter(kline => kline[6] < toMs)]),
  );
  return {...setup, truth};
}

testWithRecordings(
  'the recorded outage comes out as the gap that it was, and no candle is made up',
  async t => {
    const interval = '5m';
    const symbols = ['BTCUSDT', 'DOGEUSDT', 'XTZUSDT'];
    const fromMs = Date.UTC(2021, 3, 25, 3);
    const toMs = Date.UTC(2021, 3, 25, 10);
    const {sample, store, truth, total} = await playScene(t, {
      set: OUTAGE,
      interval,
      symbols,
      fromMs,
      toMs,
    });
    for (const symbol of symbols) {
      const recorded = truth.get(symbol) ?? [];
      const candles = candlesOf(store, symbol, interval);
      t.deepEqual(candles, recorded.slice(-candles.length).map(numbersOf), symbol);
      const holes = candles.reduce((sum, candle, index) => {
        const before = candles[index - 1]?.[0] ?? candle[0]! - 300_000;
        return sum + (candle[0]! - before) / 300_000 - 1;
      }, 0);
      t.true(holes > 50);
      t.is(sample('kline_missing_data_total', {symbol, interval}), holes, symbol);
    }
    t.is(total('kline_repaired_data_total'), 0);
    t.is(total('kline_repairs_pending'), 0);
  },
);

testWithRecordings('the recorded crash is screened as it happened', async t => {
  const interval = '15m';
  const symbols = ['BTCUSDT', 'DOTUSDT', 'ETHUSDT'];
  const fromMs = Date.UTC(2025, 9, 10, 12);
  const toMs = Date.UTC(2025, 9, 11, 12);
  const {store, truth, total} = await playScene(t, {set: CRASH, interval, symbols, fromMs, toMs});
  const fallOf = (candle: readonly number[]) => candle[3]! / candle[1]! - 1;
  const expected = symbols.filter(symbol =>
    (truth.get(symbol) ?? []).slice(-96).some(kline => fallOf(numbersOf(kline)) < -0.3),
  );
  t.true(expected.includes('DOTUSDT'));
  const {pool} = await startMachine(t, 1);
  const code =
    "return timeframes['15m'].slice(-96).some(k => parseFloat(k[3]) / parseFloat(k[1]) - 1 < -0.3);";
  const filter = {code, requiredTimeframes: [interval] as KlineInterval[]};
  const results = await pool.executeFilters([traderOf('crash', code, {filter})], {
    symbols,
    tickers: store.tickers,
    klines: store.snapshot(),
    timestamp: toMs,
  });
  t.deepEqual(
    results.get('crash')?.matches.map(({symbol}) => symbol),
    expected,
  );
  t.is(total('kline_missing_data_total'), 0);
});
