import test from 'ava';
import {assertTruth, MINUTE_MS, SYMBOLS, startFeed, until} from '../../support/feed.js';

test.serial('start() loads the history and follows the market candle for candle', async t => {
  const setup = await startFeed(t);
  const {exchange, feed, sample, total, settled, warnings} = setup;
  await feed.start();
  assertTruth(t, setup);
  t.is(feed.state, 'connected');
  await exchange.play(exchange.timeMs + 12 * MINUTE_MS);
  await settled();
  assertTruth(t, setup);
  const counts = exchange.counts();
  t.is(sample('binance_ws_messages_total', {type: 'kline'}), counts.klinesSent);
  t.is(sample('binance_ws_messages_total', {type: 'ticker'}), counts.tickersSent);
  t.is(total('binance_ticker_updates_total'), counts.tickersSent ?? 0);
  t.is(sample('binance_ws_connected', {status: 'connected'}), 1);
  t.is(total('binance_ws_connected'), 1);
  t.is(total('kline_updates_total'), (counts.klinesSent ?? 0) + 3 * (61 + 61));
  t.is(total('kline_missing_data_total'), 0);
  t.is(total('kline_parse_errors_total'), 0);
  t.is(total('binance_updates_ignored_total'), 0);
  t.is(total('binance_ws_reconnects_total'), 0);
  t.is(sample('kline_data_age_seconds', {symbol: 'BTCUSDT', interval: '1m'}), 0);
  t.deepEqual(warnings, []);
});

test.serial('a lost closing frame is made up for by REST', async t => {
  const setup = await startFeed(t);
  const {exchange, feed, total, settled} = setup;
  await feed.start();
  exchange.frameFaults.lose({closed: true, symbol: 'BTCUSDT', interval: '1m'});
  await exchange.play(exchange.timeMs + 2 * MINUTE_MS);
  await settled();
  assertTruth(t, setup);
  t.is(exchange.faultCounts().lost, 1);
  t.is(total('kline_repaired_data_total'), 1);
  t.is(total('kline_missing_data_total'), 0);
});

test.serial(
  'a dropped connection is opened again, and what it missed is counted and repaired',
  async t => {
    const setup = await startFeed(t);
    const {exchange, feed, sample, total, settled} = setup;
    await feed.start();
    await exchange.play(exchange.timeMs + MINUTE_MS);
    await settled();
    exchange.linkFaults.refuseUpgrades(Number.POSITIVE_INFINITY);
    exchange.linkFaults.drop();
    await until(() => feed.state === 'reconnecting');
    t.is(sample('binance_ws_connected', {status: 'connected'}), 0);
    t.is(sample('binance_ws_connected', {status: 'reconnecting'}), 1);
    // Five candles of 1m end in the dark: one of them was open before, four nobody saw.
    await exchange.play(exchange.timeMs + 5 * MINUTE_MS);
    // A fast machine has played them before the feed has tried again.
    await until(() => (exchange.faultCounts().upgrades_refused ?? 0) > 0);
    exchange.linkFaults.clear();
    await until(() => feed.state === 'connected');
    await feed.idle();
    await exchange.play(exchange.timeMs + MINUTE_MS);
    await feed.idle();
    await until(() => feed.repairsPending === 0);
    assertTruth(t, setup);
    t.is(total('binance_ws_reconnects_total'), 1);
    for (const symbol of SYMBOLS) {
      t.is(sample('kline_missing_data_total', {symbol, interval: '1m'}), 4);
      t.is(sample('kline_missing_data_total', {symbol, interval: '5m'}), 0);
    }
  },
);

for (const fault of ['stall', 'halfOpen'] as const) {
  test.serial(
    `a connection that is silent (${fault}) is noticed, replaced and made up for`,
    async t => {
      const setup = await startFeed(t, {
        feed: {limits: {silenceMsMax: 1_000}},
        exchange: {limits: {pingIntervalMs: 100, messagesPerSecondMax: 100}},
      });
      const {exchange, feed, sample, total} = setup;
      await feed.start();
      exchange.linkFaults[fault]();
      await until(() => feed.state === 'reconnecting');
      t.is(sample('binance_ws_connected', {status: 'connected'}), 0);
      await until(() => feed.state === 'connected');
      await exchange.play(exchange.timeMs + 2 * MINUTE_MS);
      await feed.idle();
      await until(() => feed.repairsPending === 0);
      assertTruth(t, setup);
      t.is(total('binance_ws_reconnects_total'), 1);
    },
  );
}
