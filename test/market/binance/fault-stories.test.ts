import test from 'ava';
import {
  assertTruth,
  candlesOf,
  isUpToDate,
  MINUTE_MS,
  SYMBOLS,
  startFeed,
  until,
} from '../../support/feed.js';
import {StillClock} from '../../support/still-clock.js';

const KLINES = '/api/v3/klines';

for (const fault of ['stall', 'halfOpen'] as const) {
  test.serial(
    `five minutes that a silent connection (${fault}) swallows are counted and repaired, and age meanwhile`,
    async t => {
      const setup = await startFeed(t, {
        feed: {limits: {silenceMsMax: 1_000}},
        exchange: {limits: {pingIntervalMs: 100, messagesPerSecondMax: 100}},
      });
      const {exchange, feed, sample, store, total, settled} = setup;
      await feed.start();
      await exchange.play(exchange.timeMs + MINUTE_MS);
      await settled();
      const labels = {symbol: 'BTCUSDT', interval: '1m'};
      const updatedMs = exchange.timeMs;
      t.is(sample('kline_data_age_seconds', labels), 0);
      exchange.linkFaults.refuseUpgrades(Number.POSITIVE_INFINITY);
      exchange.linkFaults[fault]();
      await exchange.play(exchange.timeMs + 5 * MINUTE_MS);
      t.is(sample('kline_data_age_seconds', labels), 300);
      t.is(sample('kline_last_update_timestamp', labels), updatedMs);
      await until(() => feed.state === 'reconnecting');
      t.is(sample('binance_ws_connected', {status: 'connected'}), 0);
      t.is(sample('binance_ws_connected', {status: 'reconnecting'}), 1);
      t.is(total('binance_ws_connected'), 1);
      exchange.linkFaults.clear();
      await until(() => feed.state === 'connected');
      await exchange.play(exchange.timeMs + MINUTE_MS);
      await until(() => feed.repairsPending === 0);
      await feed.idle();
      await until(
        () => candlesOf(store, 'BTCUSDT', '1m').length === exchange.klines('BTCUSDT', '1m').length,
      );
      await until(() => feed.repairsPending === 0);
      assertTruth(t, setup);
      t.is(total('binance_ws_reconnects_total'), 1);
      for (const symbol of SYMBOLS) {
        t.is(sample('kline_missing_data_total', {symbol, interval: '1m'}), 4);
        t.is(sample('kline_missing_data_total', {symbol, interval: '5m'}), 0);
      }
      t.is(total('kline_parse_errors_total'), 0);
    },
  );
}

test.serial(
  'a history asked from an exchange with a wrong clock has no open candle in it as a closed one',
  async t => {
    for (const skewMs of [300_000, -300_000]) {
      const setup = await startFeed(t);
      const {exchange, feed, sample, total, settled} = setup;
      exchange.frameFaults.skewMs = skewMs;
      await feed.start();
      await exchange.play(exchange.timeMs + 3 * MINUTE_MS);
      await settled();
      assertTruth(t, setup);
      t.is(total('kline_missing_data_total'), 0);
      t.is(total('binance_updates_ignored_total'), 0);
      t.true((sample('binance_ws_latency_ms_sum') ?? -1) >= 0);
    }
  },
);

test.serial(
  'frames sent in reverse are taken once each candle: the newest first, and the others counted',
  async t => {
    const setup = await startFeed(t);
    const {exchange, feed, sample, total, settled} = setup;
    await feed.start();
    // Within one candle: of seven states the newest comes first.
    exchange.frameFaults.reorder({type: 'kline', interval: '1m', symbol: 'BTCUSDT', count: 7});
    await exchange.play(exchange.timeMs + 20_000);
    await settled();
    t.is(exchange.faultCounts().reordered, 7);
    t.is(sample('binance_updates_ignored_total', {reason: 'outdated'}), 6);
    await exchange.play(exchange.timeMs + 2 * MINUTE_MS);
    await settled();
    assertTruth(t, setup);
    t.is(sample('binance_updates_ignored_total', {reason: 'outdated'}), 6);
    t.is(total('kline_missing_data_total'), 0);
    t.is(total('kline_repaired_data_total'), 0);
  },
);

test.serial('a slow REST interface only delays the history', async t => {
  const setup = await startFeed(t);
  const {exchange, feed, sample, total, warnings, settled} = setup;
  exchange.restFaults.add({kind: 'slow', delayMs: 150}, {path: KLINES, count: 6});
  const started = feed.start();
  await until(() => exchange.faultCounts().slow === 6);
  // The market goes on while the answers are on their way.
  await exchange.play(exchange.timeMs + MINUTE_MS);
  await started;
  await exchange.play(exchange.timeMs + MINUTE_MS);
  await settled();
  assertTruth(t, setup);
  t.is(sample('binance_rest_requests_total', {status: 'timeout'}), 0);
  t.is(total('kline_parse_errors_total'), 0);
  t.deepEqual(warnings, []);
});

test.serial(
  'an exchange that refuses connections amid a run is come back to, counted once',
  async t => {
    const setup = await startFeed(t);
    const {exchange, feed, sample, total} = setup;
    await feed.start();
    exchange.refuseTcp();
    exchange.linkFaults.drop();
    await until(() => feed.state === 'reconnecting');
    await exchange.play(exchange.timeMs + 3 * MINUTE_MS);
    t.is(sample('binance_ws_connected', {status: 'connected'}), 0);
    await exchange.acceptTcp();
    await until(() => feed.state === 'connected');
    await exchange.play(exchange.timeMs + MINUTE_MS);
    await until(
      () => sample('binance_ws_messages_total', {type: 'kline'}) === exchange.counts().klinesSent,
    );
    await until(() => feed.repairsPending === 0);
    assertTruth(t, setup);
    t.is(total('binance_ws_reconnects_total'), 1);
    for (const symbol of SYMBOLS) {
      t.is(sample('kline_missing_data_total', {symbol, interval: '1m'}), 2);
    }
    t.is(total('kline_repaired_data_total'), 3 * 3);
  },
);

test.serial(
  'a series that the exchange refuses to tell of keeps nobody from the start',
  async t => {
    const setup = await startFeed(t);
    const {exchange, feed, sample, store, warnings} = setup;
    exchange.restFaults.add(
      {kind: 'status', status: 400},
      {path: KLINES, symbol: 'DOTUSDT', interval: '1m'},
    );
    await feed.start();
    t.is(feed.repairsPending, 0);
    t.is(candlesOf(store, 'DOTUSDT', '1m').length, 0);
    t.is(candlesOf(store, 'DOTUSDT', '5m').length, 61);
    t.is(warnings.length, 1);
    t.regex(warnings[0] ?? '', /DOTUSDT 1m.*got 400.*\[rest_refused\]$/);
    t.is(sample('binance_rest_requests_total', {status: '4xx'}), 1);
  },
);

test.serial(
  'a stream that ends before it was ready is replaced, and counts as connected again',
  async t => {
    const setup = await startFeed(t, {
      feed: {limits: {streamsPerRequest: 1, requestsMax: 2, requestWindowMs: 500}},
    });
    const {exchange, feed, sample, store} = setup;
    const started = feed.start();
    await until(() => (exchange.connections[0]?.streams.length ?? 0) === 2);
    await until(() => (sample('binance_ws_messages_total', {type: 'control'}) ?? 0) >= 2);
    const first = exchange.connections[0]?.id ?? 0;
    exchange.announceShutdown();
    await until(() => exchange.connections.length === 2);
    // Its last replies never come: the successor is ready first.
    exchange.linkFaults.stall([first]);
    await until(() => feed.state === 'connected');
    await started;
    t.is(sample('binance_ws_connected', {status: 'connected'}), 1);
    await exchange.play(exchange.timeMs + MINUTE_MS);
    await until(() => isUpToDate(store, exchange));
    await feed.idle();
    assertTruth(t, setup);
  },
);

test.serial('a 429 that names no wait is not answered by asking at once', async t => {
  const setup = await startFeed(t, {feed: {limits: {restPauseMs: 70_000}}});
  const {exchange, feed, sample} = setup;
  exchange.restFaults.add({kind: 'status', status: 429, retryAfterSeconds: 0}, {path: KLINES});
  const started = feed.start();
  await until(() => sample('binance_rest_requests_total', {status: '429'}) === 1);
  t.is(feed.repairsPending, 6);
  feed.stop();
  await started;
});

test.serial('the clock of the exchange is looked at again in a run without trouble', async t => {
  const clock = new StillClock();
  const limits = {silenceMsMax: 1e9, messageSilenceMsMax: 1e9};
  const {exchange, feed, sample} = await startFeed(t, {feed: {clock, limits}});
  await feed.start();
  const askedCount = exchange.counts().rest200 ?? 0;
  clock.move(599_999);
  t.is(exchange.counts().rest200, askedCount);
  clock.move(1);
  await until(() => exchange.counts().rest200 === askedCount + 1);
  await until(() => sample('binance_rest_requests_total', {status: '200'}) === askedCount + 1);
  feed.stop();
  clock.move(600_000);
  t.is(exchange.counts().rest200, askedCount + 1);
});
