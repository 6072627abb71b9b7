import test from 'ava';
import {SimulatedMarket} from '../../../src/market/simulated-market.js';
import {assertTruth, MINUTE_MS, startFeed, until} from '../../support/feed.js';

const KLINES = '/api/v3/klines';

for (const [name, fault, status] of [
  ['500', {kind: 'status', status: 500}, '5xx'],
  ['a 429 with Retry-After', {kind: 'status', status: 429, retryAfterSeconds: 1}, '429'],
  ['a 418 with Retry-After', {kind: 'status', status: 418, retryAfterSeconds: 1}, '418'],
  ['a 403', {kind: 'status', status: 403}, '403'],
  ['a broken answer', {kind: 'cut'}, 'network'],
] as const) {
  test.serial(`the history loads whole in spite of ${name}`, async t => {
    // The clock of the feed stands while the market does, so a pause by it would never end.
    const setup = await startFeed(t, {feed: {limits: {restPauseMs: 50}}});
    const {exchange, feed, sample} = setup;
    exchange.restFaults.add(fault, {path: KLINES, count: 2});
    const started = feed.start();
    await until(() => (exchange.faultCounts()[fault.kind] ?? 0) === 2);
    let isDone = false;
    void started.then(() => {
      isDone = true;
    });
    while (!isDone) {
      await exchange.play(exchange.timeMs + 100);
    }
    await exchange.play(exchange.timeMs + MINUTE_MS - (exchange.timeMs % MINUTE_MS) + 10_000);
    await until(() => feed.repairsPending === 0);
    assertTruth(t, setup);
    t.is(sample('binance_rest_requests_total', {status}), 2);
  });
}

test.serial('an answer that hangs is given up and asked for again', async t => {
  const setup = await startFeed(t, {feed: {limits: {restMsMax: 1_500}}});
  const {exchange, feed, sample} = setup;
  exchange.restFaults.add({kind: 'hanging'}, {path: KLINES});
  await feed.start();
  assertTruth(t, setup);
  t.is(sample('binance_rest_requests_total', {status: 'timeout'}), 1);
});

test.serial(
  'answers that are no JSON are told of, and the series waits for its next turn',
  async t => {
    const setup = await startFeed(t);
    const {exchange, feed, warnings} = setup;
    exchange.restFaults.add({kind: 'no_json'}, {path: KLINES, count: 2});
    exchange.restFaults.add({kind: 'truncated'}, {path: KLINES});
    await feed.start();
    assertTruth(t, setup);
    t.is(warnings.length, 3);
    for (const warning of warnings) t.regex(warning, /expected JSON.*\[rest_malformed\]$/);
  },
);

test.serial('start() waits for an exchange that refuses connections', async t => {
  const setup = await startFeed(t);
  const {exchange, feed, sample, warnings} = setup;
  exchange.refuseTcp();
  const started = feed.start();
  const host = new URL(exchange.restUrl).host;
  await until(() => warnings.length > 0);
  t.is(sample('binance_ws_connected', {status: 'connecting'}), 1);
  // The first attempt of the first request: all of them take a while.
  const first = `The exchange is out of reach so far: ${host}/api/v3/time: ECONNREFUSED`;
  t.is(warnings[0], `${first} [rest_unavailable]`);
  // What never left weighs nothing.
  t.is(sample('binance_rest_weight_used'), 0);
  await until(() => warnings.length > 1);
  t.regex(warnings[1] ?? '', /^The exchange is out of reach: .*got none: ECONNREFUSED \[rest_un/);
  await exchange.acceptTcp();
  await started;
  await until(() => feed.state === 'connected');
  assertTruth(t, setup);
  t.is(sample('binance_ws_reconnects_total'), 0);
});

test.serial('a history of more than a page loads whole', async t => {
  const market = new SimulatedMarket({
    symbols: ['BTCUSDT'],
    intervals: ['1m'],
    historyCandles: 1_440,
  });
  const setup = await startFeed(t, {
    exchange: {market},
    feed: {intervals: ['1m'], symbols: 1, historyCandles: 1_440},
    candlesMax: 1_440,
  });
  await setup.feed.start();
  assertTruth(t, setup);
  t.is(setup.sample('kline_buffer_size', {symbol: 'BTCUSDT', interval: '1m'}), 1_440);
  t.is(setup.sample('binance_rest_weight_used'), 1 + 20 + 80 + 2 * 2);
});

test.serial('start() says that nothing trades against the asset that was asked for', async t => {
  const {feed, warnings} = await startFeed(t, {feed: {symbols: 3, quoteAsset: 'EUR'}});
  const started = feed.start();
  await until(() => warnings.length > 0);
  feed.stop();
  await started;
  const why = 'expected some to trade there, got none [no_symbols]';
  t.is(warnings[0], `No symbol trades against EUR: ${why}`);
});
