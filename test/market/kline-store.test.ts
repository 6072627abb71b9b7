import test from 'ava';
import {INTERVAL_MS, type Kline} from '../../src/market/kline.js';
import {decodeDirectory} from '../../src/market/kline-layout.js';
import {KlineStore} from '../../src/market/kline-store.js';
import {candleAt} from '../support/candles.js';

const SYMBOL = 'BTCUSDT';

function record(store: KlineStore, kline: Kline, closed = true) {
  return store.record(SYMBOL, '5m', kline, closed);
}

test('record() appends a closed candle, opens, updates and finishes an open one', t => {
  const store = new KlineStore();
  t.deepEqual(record(store, candleAt(0)), {result: 'appended', missingCandles: 0});
  t.deepEqual(record(store, candleAt(1), false), {result: 'opened', missingCandles: 0});
  t.deepEqual(record(store, candleAt(1, 101), false), {result: 'updated', missingCandles: 0});
  t.deepEqual(record(store, candleAt(1, 102)), {result: 'appended', missingCandles: 0});
  t.is([...store.series()][0]?.candleCount, 2);
});

test('record() ignores duplicates and older candles as late', t => {
  const store = new KlineStore();
  record(store, candleAt(1));
  for (const closed of [true, false]) {
    t.is(record(store, candleAt(1, 200), closed).result, 'late');
    t.is(record(store, candleAt(0), closed).result, 'late');
  }
  record(store, candleAt(2), false);
  t.is(record(store, candleAt(1), false).result, 'late');
  t.is([...store.series()][0]?.candleCount, 2);
});

test('record() counts the candles missing in a gap once', t => {
  const store = new KlineStore();
  record(store, candleAt(0));
  t.is(record(store, candleAt(4), false).missingCandles, 3);
  t.is(record(store, candleAt(4, 101), false).missingCandles, 0);
  t.is(record(store, candleAt(4, 102)).missingCandles, 0);
  t.is(record(store, candleAt(6)).missingCandles, 1);
  t.is([...store.series()][0]?.missingCandles, 4);
});

test('record() finalises an open candle whose closing frame was lost', t => {
  const store = new KlineStore();
  record(store, candleAt(0), false);
  t.deepEqual(record(store, candleAt(1), false), {result: 'opened', missingCandles: 0});
  t.is([...store.series()][0]?.candleCount, 2);
  t.is(record(store, candleAt(0, 150), false).result, 'late');
  t.is(record(store, candleAt(0, 150)).result, 'filled');
  t.is(record(store, candleAt(0, 160)).result, 'late');
  t.deepEqual(record(store, candleAt(3)), {result: 'appended', missingCandles: 1});
  t.is([...store.series()][0]?.candleCount, 3);
});

const spoilt: [what: string, field: number, value: unknown][] = [
  ['a price that is no number', 4, 'abc'],
  ['an infinite price', 2, 'Infinity'],
  ['an empty price', 1, ''],
  ['a blank volume', 5, ' '],
  ['a null volume', 5, null],
  ['a missing field', 10, undefined],
  ['an open time that is no number', 0, Number.NaN],
  ['an open time off the interval', 0, candleAt(0)[0] + 1],
  ['a close time before the open time', 6, candleAt(0)[0] - 1],
];

for (const [what, field, value] of spoilt) {
  test(`record() drops a candle with ${what} as invalid`, t => {
    const store = new KlineStore();
    const kline = candleAt(0).with(field, value as string) as Kline;
    t.deepEqual(record(store, kline), {result: 'invalid', missingCandles: 0});
    t.is([...store.series()].length, 0);
  });
}

test('record() drops what is no candle and what has an unknown interval as invalid', t => {
  const store = new KlineStore();
  t.is(record(store, null as unknown as Kline).result, 'invalid');
  t.is(store.record(SYMBOL, '7m' as '5m', candleAt(0), true).result, 'invalid');
});

test('record() leaves the open candle as it was when its update is invalid', t => {
  const store = new KlineStore();
  record(store, candleAt(0, 101), false);
  record(store, candleAt(0).with(10, 'x') as Kline, false);
  const moment = new Float64Array(store.snapshot().moment);
  t.is(moment[2 + 4], 101);
});

test('record() drops series beyond seriesMax, and has room again after removeSymbol()', t => {
  const store = new KlineStore({seriesMax: 2});
  store.record('A', '5m', candleAt(0), true);
  store.record('B', '5m', candleAt(0), true);
  t.is(store.record('C', '5m', candleAt(0), true).result, 'series_limit');
  t.is(store.record('A', '5m', candleAt(1), true).result, 'appended');
  store.removeSymbol('A');
  t.is(store.record('C', '5m', candleAt(0), true).result, 'appended');
  t.deepEqual(
    [...store.series()].map(series => series.symbol),
    ['B', 'C'],
  );
});

test('series() tells when a candle was last taken, not counting late and invalid ones', t => {
  let nowMs = 1_000;
  const store = new KlineStore({clock: () => nowMs});
  record(store, candleAt(0));
  nowMs = 2_000;
  record(store, candleAt(0));
  record(store, candleAt(0).with(4, 'x') as Kline);
  t.deepEqual(
    [...store.series()],
    [{symbol: SYMBOL, interval: '5m', candleCount: 1, lastUpdateMs: 1_000, missingCandles: 0}],
  );
  record(store, candleAt(1), false);
  t.is([...store.series()][0]?.lastUpdateMs, 2_000);
});

test('series() counts at most candlesMax candles, the open one included', t => {
  const store = new KlineStore({candlesMax: 3});
  for (let position = 0; position < 5; position += 1) record(store, candleAt(position));
  t.is([...store.series()][0]?.candleCount, 3);
  record(store, candleAt(5), false);
  t.is([...store.series()][0]?.candleCount, 3);
});

test('recordTicker() keeps the last ticker of a symbol, removeSymbol() drops it', t => {
  const store = new KlineStore();
  store.recordTicker({s: SYMBOL, P: '1', c: '2', q: '3'});
  store.recordTicker({s: SYMBOL, P: '4', c: '5', q: '6'});
  t.is(store.tickers.get(SYMBOL)?.P, '4');
  store.removeSymbol(SYMBOL);
  t.is(store.tickers.size, 0);
});

test('recordTicker() drops new symbols beyond seriesMax', t => {
  const store = new KlineStore({seriesMax: 1});
  t.true(store.recordTicker({s: 'A', P: '1', c: '2', q: '3'}));
  t.false(store.recordTicker({s: 'B', P: '1', c: '2', q: '3'}));
  t.true(store.recordTicker({s: 'A', P: '9', c: '2', q: '3'}));
  t.deepEqual([...store.tickers.keys()], ['A']);
});

test('snapshot() keeps the directory until a series appears or leaves', t => {
  const store = new KlineStore();
  record(store, candleAt(0));
  const first = store.snapshot();
  record(store, candleAt(1));
  t.is(store.snapshot().directoryVersion, first.directoryVersion);
  t.is(store.snapshot().directory, first.directory);
  store.record(SYMBOL, '1h', candleAt(0, 100, '1h'), true);
  const second = store.snapshot();
  t.not(second.directoryVersion, first.directoryVersion);
  t.deepEqual(
    decodeDirectory(second.directory).map(({interval}) => interval),
    ['5m', '1h'],
  );
  store.removeSymbol(SYMBOL);
  t.not(store.snapshot().directoryVersion, second.directoryVersion);
  t.deepEqual(decodeDirectory(store.snapshot().directory), []);
});

test('snapshot() has the rings of many series in one segment', t => {
  const store = new KlineStore();
  for (let i = 0; i < 200; i++) store.record(`S${i}`, '5m', candleAt(0), true);
  t.is(store.snapshot().segments.length, 1);
});

test('removeSymbol() gives the memory to others, once the snapshots of before are read', t => {
  const store = new KlineStore({candlesMax: 10});
  const placeOf = (symbol: string) => {
    store.record(symbol, '5m', candleAt(0), true);
    const {directory} = store.snapshot();
    return decodeDirectory(directory).find(series => series.symbol === symbol)?.offset;
  };
  const first = placeOf('A');
  store.removeSymbol('A');
  t.not(placeOf('B'), first);
  store.snapshot();
  t.is(placeOf('C'), first);
});

test('snapshot() of an empty store is empty', t => {
  const {segments, moment} = new KlineStore().snapshot();
  t.deepEqual([segments.length, moment.byteLength], [0, 0]);
});

test('new KlineStore() refuses limits that are no positive integers', t => {
  t.throws(() => new KlineStore({candlesMax: 0}), {
    instanceOf: TypeError,
    message: 'Expected `candlesMax` to be an integer of at least 1, got `0`',
  });
  t.throws(() => new KlineStore({slackCandles: -1}), {instanceOf: TypeError});
  t.throws(() => new KlineStore({seriesMax: 1.5}), {instanceOf: TypeError});
});

test('record() takes every interval at its own length', t => {
  const store = new KlineStore();
  for (const interval of Object.keys(INTERVAL_MS) as (keyof typeof INTERVAL_MS)[]) {
    store.record(SYMBOL, interval, candleAt(0, 1, interval), true);
    t.is(store.record(SYMBOL, interval, candleAt(2, 1, interval), true).missingCandles, 1);
  }
});
