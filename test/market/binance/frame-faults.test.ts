import test from 'ava';
import {assertTruth, MINUTE_MS, SYMBOLS, startFeed} from '../../support/feed.js';

test.serial('malformed frames are counted by symbol, and stop nothing', async t => {
  const setup = await startFeed(t);
  const {exchange, feed, sample, total, settled} = setup;
  await feed.start();
  const {frameFaults} = exchange;
  const named = [
    'no_time',
    'time_text',
    'time_between_candles',
    'no_body',
    'price_word',
    'price_negative',
    'price_infinite',
    'price_number',
    'high_below_low',
    'interval_unknown',
    'closed_text',
  ] as const;
  const unnamed = ['cut', 'empty', 'no_json', 'null', 'binary', 'no_data', 'no_symbol'] as const;
  for (const kind of named) frameFaults.malform(kind, {symbol: 'DOTUSDT'});
  for (const kind of unnamed) frameFaults.malform(kind, {symbol: 'ETHUSDT'});
  await exchange.play(exchange.timeMs + 3 * MINUTE_MS);
  await settled();
  assertTruth(t, setup);
  t.is(exchange.faultCounts().malformed, named.length + unnamed.length);
  t.is(sample('kline_parse_errors_total', {symbol: 'DOTUSDT'}), named.length);
  t.is(sample('kline_parse_errors_total', {symbol: 'unknown'}), unnamed.length);
  t.is(sample('kline_parse_errors_total', {symbol: 'BTCUSDT'}), 0);
  t.is(total('kline_missing_data_total'), 0);
  t.is(total('binance_ws_reconnects_total'), 0);
});

test.serial('doubled frames are counted and taken once', async t => {
  const setup = await startFeed(t);
  const {exchange, feed, sample, total, settled} = setup;
  await feed.start();
  const before = total('kline_updates_total');
  exchange.frameFaults.duplicate({type: 'kline', count: 40});
  exchange.frameFaults.duplicate({type: 'kline', closed: true, count: 2});
  exchange.frameFaults.duplicate({type: 'ticker', count: 5});
  await exchange.play(exchange.timeMs + 2 * MINUTE_MS);
  await settled();
  assertTruth(t, setup);
  const counts = exchange.counts();
  t.is(sample('binance_updates_ignored_total', {reason: 'outdated'}), 47);
  t.is(total('kline_updates_total') - before, (counts.klinesSent ?? 0) - 42);
  t.is(total('binance_ticker_updates_total'), (counts.tickersSent ?? 0) - 5);
  t.is(total('kline_repaired_data_total'), 0);
});

test.serial('frames out of order do no harm', async t => {
  const setup = await startFeed(t);
  const {exchange, feed, total, settled} = setup;
  await feed.start();
  for (const symbol of SYMBOLS) {
    exchange.frameFaults.reorder({type: 'kline', interval: '1m', symbol, count: 5});
  }
  await exchange.play(exchange.timeMs + MINUTE_MS);
  // The end of a candle and the first states of the next, the other way round.
  for (const symbol of SYMBOLS) {
    exchange.frameFaults.reorder({type: 'kline', interval: '1m', symbol, count: 30});
  }
  await exchange.play(exchange.timeMs + 2 * MINUTE_MS);
  await settled();
  assertTruth(t, setup);
  t.is(total('kline_missing_data_total'), 0);
  t.is(total('kline_parse_errors_total'), 0);
  t.true(total('binance_updates_ignored_total') > 0);
});

test.serial(
  'latency is never negative when the exchange is ahead, and candles are taken either way',
  async t => {
    const setup = await startFeed(t);
    const {exchange, feed, sample, total, settled} = setup;
    await feed.start();
    for (const skewMs of [300_000, -300_000, 0]) {
      exchange.frameFaults.skewMs = skewMs;
      await exchange.play(exchange.timeMs + 2 * MINUTE_MS);
      await settled();
      assertTruth(t, setup);
    }
    const {klinesSent = 0, tickersSent = 0} = exchange.counts();
    t.is(sample('binance_ws_latency_ms_count'), klinesSent + tickersSent);
    t.true((sample('binance_ws_latency_ms_sum') ?? -1) >= 0);
    // Two minutes of 300 s ahead are latencies of 0.
    t.true((sample('binance_ws_latency_ms_bucket', {le: '1'}) ?? 0) > 0);
    t.is(total('kline_parse_errors_total'), 0);
    t.is(total('kline_missing_data_total'), 0);
    t.is(total('binance_updates_ignored_total'), 0);
  },
);

test.serial('a lost candle is counted as missing once, and filled', async t => {
  const setup = await startFeed(t);
  const {exchange, feed, sample, total, settled} = setup;
  await feed.start();
  await exchange.play(exchange.timeMs + MINUTE_MS);
  const lost = {symbol: 'DOTUSDT', interval: '1m', type: 'kline'} as const;
  exchange.frameFaults.lose({...lost, count: Number.POSITIVE_INFINITY});
  await exchange.play(exchange.timeMs + 4 * MINUTE_MS);
  exchange.frameFaults.clear();
  await exchange.play(exchange.timeMs + MINUTE_MS);
  await settled();
  assertTruth(t, setup);
  t.is(sample('kline_missing_data_total', {symbol: 'DOTUSDT', interval: '1m'}), 3);
  t.is(total('kline_missing_data_total'), 3);
  // And the candle that was open when the frames began to be lost.
  t.is(total('kline_repaired_data_total'), 4);
});
