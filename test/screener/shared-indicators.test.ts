import test from 'ava';
import {KlineStore} from '../../src/market/kline-store.js';
import * as plain from '../../src/screener/indicators/index.js';
import {shareIndicators} from '../../src/screener/shared-indicators.js';
import {SharedKlines} from '../../src/screener/shared-klines.js';
import {candleAt} from '../support/candles.js';

type Indicators = typeof plain;

function createHelpers() {
  const store = new KlineStore();
  for (let i = 0; i < 120; i++) {
    store.record('A', '5m', candleAt(i, 100 + ((i * 37) % 23)), i < 119);
  }
  const klines = new SharedKlines();
  const helpers = shareIndicators({handedOut: () => klines.handedOut}) as Indicators;
  klines.open(store.snapshot());
  return {store, klines, helpers, candles: () => klines.candles('A', '5m')!};
}

const OVER_CANDLES = Object.keys(plain).filter(
  name => !/HVN|NodesIn|^calculate(SMA|EMA|MACD)$|GenericDivergence/.test(name),
) as (keyof Indicators)[];

test('an indicator of a list that is sure to be kept is that of its rows', t => {
  const {store, klines, helpers} = createHelpers();
  for (const close of [777, 778]) {
    store.record('A', '5m', candleAt(119, close), false);
    klines.open(store.snapshot());
    const kept = klines.candles('A', '5m', {keepsList: true})!;
    const other = klines.candles('A', '5m')!.toReversed();
    for (const list of [kept, kept.slice(-30), other]) {
      t.deepEqual(helpers.calculateMA(list, 3), plain.calculateMA(list, 3));
      t.deepEqual(helpers.getLatestRSI(list, 14), plain.getLatestRSI(list, 14));
    }
  }
});

for (const name of OVER_CANDLES) {
  test(`${name}() gives what it gives of plain rows, for all candles and for parts`, t => {
    const {helpers, candles} = createHelpers();
    const call = (functions: Indicators, rows: unknown) =>
      (functions[name] as (...args: unknown[]) => unknown)(rows, name.includes('VWAP') ? 20 : 14);
    const all = candles();
    const parts = [all, all.slice(-50), all.slice(0, -1), all.slice(-51, -1), all.slice(7, 60)];
    for (const part of [...parts, all.toReversed(), all.toSpliced(3, 1), []]) {
      const expected = call(plain, structuredClone(part));
      t.deepEqual(call(helpers, part), expected);
      t.deepEqual(call(helpers, part), expected, 'again');
    }
  });
}

test('an indicator’s result is its caller’s own', t => {
  const {helpers, candles} = createHelpers();
  const first = helpers.calculateStochRSI(candles())!;
  const expected = structuredClone(first);
  first[100]!.k = -1;
  first.length = 5;
  helpers.calculateBollingerBands(candles()).upper.reverse();
  t.deepEqual(helpers.calculateStochRSI(candles()), expected);
  t.deepEqual(
    helpers.calculateBollingerBands(candles()),
    plain.calculateBollingerBands(structuredClone(candles())),
  );
});

test('an indicator is computed anew when the candles have changed', t => {
  const {store, klines, helpers, candles} = createHelpers();
  t.is(helpers.calculateMA(candles(), 1), plain.calculateMA(candles(), 1));
  store.record('A', '5m', candleAt(119, 777), true);
  klines.open(store.snapshot());
  t.is(helpers.calculateMA(candles(), 1), 777);
});

test('helpers can’t be changed', t => {
  const {helpers} = createHelpers();
  t.true(Object.isFrozen(helpers));
  t.true(Object.isFrozen(helpers.getLatestRSI));
});
