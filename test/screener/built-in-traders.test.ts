import test from 'ava';
import type {Kline} from '../../src/market/kline.js';
import {decodeTraders} from '../../src/schemas.js';
import {BUILT_IN_TRADERS} from '../../src/screener/built-in-traders.js';

type Helpers = Readonly<Record<string, (...args: never[]) => unknown>>;
type Filter = (ticker: unknown, timeframes: unknown, helpers: Helpers, nodes: []) => unknown;

function compile(id: string): Filter {
  const trader = BUILT_IN_TRADERS.find(candidate => candidate.id === id);
  const body = `'use strict';\n${trader!.filter.code}`;
  return new Function('ticker', 'timeframes', 'helpers', 'hvnNodes', body) as Filter;
}

/** `count` flat candles at 100 with volume 10, the last one as given. */
function candles(count: number, lastClose = 100, lastVolume = 10): Kline[] {
  return Array.from({length: count}, (_, index): Kline => {
    const isLast = index === count - 1;
    const close = String(isLast ? lastClose : 100);
    const volume = String(isLast ? lastVolume : 10);
    const start = index * 300_000;
    return [start, '100', close, '100', close, volume, start + 299_999, '0', 1, '0', '0', '0'];
  });
}

const TICKER = {s: 'BTCUSDT', P: '0.5', c: '100', q: '1'};

/** What the contract's helpers would return where a filter matches, one entry a helper. */
const MATCHING: Helpers = {
  getLatestRSI: () => 29,
  getHighestHigh: () => 100,
  calculateAvgVolume: () => 10,
  calculateMACDValues: () => ({macdLine: [null, -1, 1], signalLine: [null, 0, 0]}),
  getLatestBollingerBands: () => ({upper: 200, middle: 150, lower: 120}),
  getLatestEMA: (klines: Kline[], period: number) => 105 - period / 10 - klines.length / 1000,
  calculateStochastic: (klines: Kline[]) => (klines.length < 60 ? {k: 10, d: 12} : {k: 25, d: 18}),
};

/** The same where the indicators aren't defined yet, as with too few candles. */
const UNDEFINED: Helpers = {
  getLatestRSI: () => null,
  getHighestHigh: () => null,
  calculateAvgVolume: () => null,
  calculateMACDValues: () => ({macdLine: [null, null], signalLine: [null, null]}),
  getLatestBollingerBands: () => ({upper: null, middle: null, lower: null}),
  getLatestEMA: () => null,
  calculateStochastic: () => null,
};

const CANDLE_TRADERS = BUILT_IN_TRADERS.filter(({id}) => id !== 'ticker-mover');

function isMatch(result: unknown): boolean {
  return result === true || (result as {match?: unknown}).match === true;
}

test('BUILT_IN_TRADERS holds the eight traders, enabled, ids in kebab case', t => {
  t.deepEqual(
    BUILT_IN_TRADERS.map(({name}) => name),
    [
      'RSI Oversold',
      'Momentum Break',
      'Volume Spike',
      'MACD Cross',
      'Bollinger Low',
      'EMA Trend',
      'Stochastic Turn',
      'Ticker Mover',
    ],
  );
  for (const {id, name, enabled} of BUILT_IN_TRADERS) {
    t.is(id, name.toLowerCase().replace(' ', '-'));
    t.true(enabled);
  }
});

test('BUILT_IN_TRADERS passes decodeTraders() and a structured clone', t => {
  t.deepEqual(decodeTraders(BUILT_IN_TRADERS, 'built-in'), [...BUILT_IN_TRADERS]);
  t.deepEqual(structuredClone(BUILT_IN_TRADERS), BUILT_IN_TRADERS);
});

test('BUILT_IN_TRADERS reads no other timeframes than it requires', t => {
  for (const {id, filter} of BUILT_IN_TRADERS) {
    const read = [...filter.code.matchAll(/timeframes\['(\w+)'\]/g)].map(match => match[1]);
    t.deepEqual(read, id === 'ticker-mover' ? [] : filter.requiredTimeframes!, id);
  }
});

test('BUILT_IN_TRADERS matches, with conditions, where its indicators say so', t => {
  const frames = {'5m': candles(60, 110, 30), '15m': candles(60, 110, 30)};
  for (const {id} of BUILT_IN_TRADERS) {
    const result = compile(id)({...TICKER, P: '-3.2'}, frames, MATCHING, []);
    const {match, conditions} = result as {match: boolean; conditions: string[]};
    t.true(match, id);
    t.true(conditions.length > 0 && conditions.every(text => text.length > 5), id);
  }
});

test('BUILT_IN_TRADERS matches nothing in a flat market', t => {
  const frames = {'5m': candles(60), '15m': candles(60)};
  const flat: Helpers = {
    ...MATCHING,
    getLatestRSI: () => 50,
    calculateMACDValues: () => ({macdLine: [0, 0], signalLine: [0, 0]}),
    getLatestBollingerBands: () => ({upper: 100, middle: 100, lower: 100}),
    getLatestEMA: () => 100,
    calculateStochastic: () => ({k: 0, d: 0}),
  };
  for (const {id} of BUILT_IN_TRADERS) t.false(isMatch(compile(id)(TICKER, frames, flat, [])), id);
});

test('BUILT_IN_TRADERS answers false without its candles or with too few', t => {
  const frameSets = [
    {},
    {'1h': candles(60, 110, 30)},
    {'5m': [], '15m': []},
    {'5m': candles(59, 110, 30), '15m': candles(59, 110, 30)},
  ];
  for (const {id} of CANDLE_TRADERS) {
    for (const frames of frameSets) t.false(compile(id)(TICKER, frames, MATCHING, []), id);
  }
});

test('BUILT_IN_TRADERS answers false while its indicators are undefined', t => {
  const frames = {'5m': candles(60, 110, 30), '15m': candles(60, 110, 30)};
  for (const {id} of CANDLE_TRADERS) {
    t.false(isMatch(compile(id)(TICKER, frames, UNDEFINED, [])), id);
  }
  t.false(isMatch(compile('ticker-mover')({...TICKER, P: ''}, frames, UNDEFINED, [])));
});

test('BUILT_IN_TRADERS leaves candles and ticker as they were', t => {
  const frames = {'5m': candles(60, 110, 30), '15m': candles(60, 110, 30)};
  for (const rows of Object.values(frames)) {
    rows.forEach(Object.freeze);
    Object.freeze(rows);
  }
  const ticker = Object.freeze({...TICKER});
  for (const {id} of BUILT_IN_TRADERS) {
    t.notThrows(() => compile(id)(ticker, Object.freeze(frames), MATCHING, []), id);
  }
});
