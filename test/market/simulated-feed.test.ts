import test from 'ava';
import {KlineStore} from '../../src/market/kline-store.js';
import {CATCH_UP_MS_MAX, SimulatedFeed} from '../../src/market/simulated-feed.js';
import {SIMULATION_START_MS, SimulatedMarket} from '../../src/market/simulated-market.js';

/** A feed whose clock and timer the test turns by hand. */
function createFeed() {
  const market = new SimulatedMarket({symbols: 2, intervals: ['5m'], historyCandles: 20});
  const hand = {nowMs: 1_000_000, update: () => {}, running: false};
  const feed = new SimulatedFeed({
    market,
    clock: () => hand.nowMs,
    repeat: update => {
      Object.assign(hand, {update, running: true});
      return () => Object.assign(hand, {running: false});
    },
  });
  const pass = (ms: number) => {
    hand.nowMs += ms;
    hand.update();
  };
  return {market, feed, hand, pass};
}

test('start() records the history and the tickers at once', t => {
  const {feed} = createFeed();
  const store = new KlineStore();
  feed.start(store);
  t.deepEqual(
    [...store.series()].map(({symbol, candleCount}) => [symbol, candleCount]),
    [
      ['BTCUSDT', 20],
      ['ETHUSDT', 20],
    ],
  );
  t.is(store.tickers.size, 2);
});

test('start() goes on with the clock', t => {
  const {feed, market, pass} = createFeed();
  const store = new KlineStore();
  feed.start(store);
  pass(1_999);
  t.is(market.timeMs, SIMULATION_START_MS);
  pass(1);
  t.is(market.timeMs, SIMULATION_START_MS + 2_000);
  t.is([...store.series()][0]?.candleCount, 21);
});

test('start() catches up after a pause in bounded portions', t => {
  const {feed, market, pass} = createFeed();
  feed.start(new KlineStore());
  pass(CATCH_UP_MS_MAX * 2);
  t.is(market.timeMs, SIMULATION_START_MS + CATCH_UP_MS_MAX);
  pass(0);
  t.is(market.timeMs, SIMULATION_START_MS + CATCH_UP_MS_MAX * 2);
});

test('stop() ends the timer, may be repeated, and lets start() go on', t => {
  const {feed, market, hand, pass} = createFeed();
  feed.stop();
  feed.start(new KlineStore());
  t.throws(() => feed.start(new KlineStore()), {message: /second start/});
  pass(4_000);
  feed.stop();
  feed.stop();
  t.false(hand.running);
  const store = new KlineStore();
  hand.nowMs += 60_000;
  feed.start(store);
  pass(2_000);
  t.is(market.timeMs, SIMULATION_START_MS + 6_000);
});

test('stop() called by the sink ends an update midway', t => {
  const {feed, pass} = createFeed();
  let recordings = 0;
  feed.start({record: () => {}, recordTicker: () => {}});
  feed.stop();
  feed.start({
    record: (_symbol, _interval, _kline, closed) => {
      if (closed) return;
      recordings += 1;
      feed.stop();
    },
    recordTicker: () => {},
  });
  pass(10_000);
  t.is(recordings, 1);
});

test('start() runs on the real timer and stop() lets the process end', async t => {
  const market = new SimulatedMarket({symbols: 1, intervals: ['5m'], historyCandles: 1});
  let nowMs = 0;
  const feed = new SimulatedFeed({market, updateIntervalMs: 1, clock: () => (nowMs += 1_000)});
  t.teardown(() => feed.stop());
  await new Promise<void>(resolve => {
    feed.start({record: (_s, _i, _k, closed) => closed || resolve(), recordTicker: () => {}});
  });
  t.true(market.timeMs > SIMULATION_START_MS);
});
