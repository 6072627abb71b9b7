import test from 'ava';
import {assertTruth, isUpToDate, MINUTE_MS, SYMBOLS, startFeed, until} from '../../support/feed.js';

test.serial(
  'a connection is replaced before its time is over, without a gap or a doubled update',
  async t => {
    const setup = await startFeed(t, {feed: {limits: {renewalMs: 300}}});
    const {exchange, feed, sample, store, total} = setup;
    await feed.start();
    const startMs = exchange.timeMs;
    const before = total('kline_updates_total');
    while ((sample('binance_ws_renewals_total') ?? 0) < 3) {
      await exchange.play(exchange.timeMs + 20_000);
      await until(() => isUpToDate(store, exchange));
    }
    assertTruth(t, setup);
    // One update each 2 s of market time and series, however many connections have told it.
    const updates = (6 * (exchange.timeMs - startMs)) / 2_000;
    t.is(total('kline_updates_total') - before, updates);
    t.is(total('binance_ws_reconnects_total'), 0);
    t.is(total('kline_missing_data_total'), 0);
    t.is(total('kline_repaired_data_total'), 0);
    t.is(sample('binance_ws_connected', {status: 'connected'}), 1);
  },
);

test.serial(
  'serverShutdown brings another connection at once, counted as one reconnect',
  async t => {
    const limits = {backoffBaseMs: 3_600_000, backoffCapMs: 3_600_000};
    const setup = await startFeed(t, {feed: {limits, random: () => 0.99}});
    const {exchange, feed, sample, total, settled} = setup;
    await feed.start();
    const [old] = exchange.connections;
    exchange.announceShutdown();
    await until(() => exchange.connections.length === 1 && exchange.connections[0]?.id !== old?.id);
    t.is(feed.state, 'connected');
    await exchange.play(exchange.timeMs + 2 * MINUTE_MS);
    await settled();
    assertTruth(t, setup);
    t.is(total('binance_ws_reconnects_total'), 1);
    t.is(sample('binance_ws_renewals_total'), 0);
    t.is(total('kline_missing_data_total'), 0);
  },
);

test.serial(
  'streams spread over as many connections as they need, and a lost one is told of and opened alone',
  async t => {
    const setup = await startFeed(t, {feed: {limits: {streamsPerConnection: 4}}});
    const {exchange, feed, sample, total, settled} = setup;
    await feed.start();
    t.is(feed.connectionCount, 3);
    t.deepEqual(
      exchange.connections.map(({streams}) => streams.length),
      [4, 4, 1],
    );
    const [first, ...others] = exchange.connections;
    exchange.linkFaults.drop({ids: [first?.id ?? 0]});
    await until(() => feed.state === 'reconnecting');
    await until(() => feed.state === 'connected');
    await settled();
    for (const {id} of others) t.true(exchange.connections.some(view => view.id === id));
    await exchange.play(exchange.timeMs + 2 * MINUTE_MS);
    await settled();
    assertTruth(t, setup);
    t.is(total('binance_ws_reconnects_total'), 1);
    t.is(sample('binance_ws_connected', {status: 'connected'}), 1);
  },
);

test.serial(
  'setSeries() adds and removes symbols and intervals while it runs; what is removed leaves the page',
  async t => {
    const setup = await startFeed(t, {feed: {symbols: ['BTCUSDT', 'DOTUSDT']}});
    const {exchange, feed, sample, store, settled} = setup;
    await feed.start();
    await exchange.play(exchange.timeMs + MINUTE_MS);
    await settled();
    const dot = {symbol: 'DOTUSDT', interval: '1m'};
    t.true((sample('kline_updates_total', dot) ?? 0) > 0);
    feed.setSeries(['BTCUSDT', 'ETHUSDT'], ['1m']);
    await feed.idle();
    const streams = ['btcusdt@kline_1m', 'btcusdt@ticker', 'ethusdt@kline_1m', 'ethusdt@ticker'];
    await until(() => exchange.connections[0]?.streams.toSorted().join() === streams.join());
    await exchange.play(exchange.timeMs + 2 * MINUTE_MS);
    await settled();
    const names = [...store.series()].map(({symbol, interval}) => `${symbol} ${interval}`);
    t.deepEqual(names.toSorted(), ['BTCUSDT 1m', 'ETHUSDT 1m']);
    for (const family of [
      'kline_updates_total',
      'kline_missing_data_total',
      'kline_buffer_size',
      'kline_data_age_seconds',
      'kline_last_update_timestamp',
    ]) {
      t.is(sample(family, dot), undefined, family);
      t.is(sample(family, {symbol: 'BTCUSDT', interval: '5m'}), undefined, family);
      t.not(sample(family, {symbol: 'ETHUSDT', interval: '1m'}), undefined, family);
    }
    t.is(sample('binance_ticker_updates_total', {symbol: 'DOTUSDT'}), undefined);
    t.is(sample('kline_parse_errors_total', {symbol: 'DOTUSDT'}), undefined);
    t.is(sample('kline_missing_data_total', {symbol: 'ETHUSDT', interval: '1m'}), 0);
  },
);

test.serial('requests keep to the pace that the exchange allows, pongs included', async t => {
  const setup = await startFeed(t, {
    exchange: {limits: {pingIntervalMs: 900}},
    feed: {limits: {streamsPerRequest: 1, requestWindowMs: 1_200, requestsMax: 3}},
  });
  const {exchange, feed, sample} = setup;
  await feed.start();
  await until(() => feed.state === 'connected');
  await until(() => exchange.counts().pongsReceived === exchange.counts().pingsSent);
  const counts = exchange.counts();
  t.is(counts.requestsReceived, SYMBOLS.length * 3);
  t.is(counts.messageLimitBreaks, undefined);
  t.is(sample('binance_ws_pings_total'), counts.pongsReceived);
});

test.serial('stop() closes the connections, and nothing is recorded from then on', async t => {
  const setup = await startFeed(t);
  const {exchange, feed, sample, total} = setup;
  await feed.start();
  await exchange.play(exchange.timeMs + MINUTE_MS);
  feed.stop();
  const before = total('kline_updates_total');
  t.is(sample('binance_ws_connected', {status: 'disconnected'}), 1);
  t.is(total('binance_ws_connected'), 1);
  await exchange.play(exchange.timeMs + MINUTE_MS);
  await until(() => exchange.connections.length === 0);
  t.is(total('kline_updates_total'), before);
  t.is(total('binance_ws_reconnects_total'), 0);
});
