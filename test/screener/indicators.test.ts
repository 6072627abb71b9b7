import {readFileSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import type {Kline} from '../../src/market/kline.js';
import * as helpers from '../../src/screener/indicators/index.js';
import {closesOf, RISING} from '../support/indicator-candles.js';
import {readCandles, recordingPath, testWithRecordings} from '../support/recordings.js';

/** Numbers agree where they differ by no more than this much of the greater. */
const RELATIVE_ERROR_MAX = 1e-9;

/** Functions with recorded results. */
const RECORDED = [
  'calculateADX',
  'calculateAvgVolume',
  'calculateBollingerBands',
  'calculateEMA',
  'calculateEMASeries',
  'calculateHighVolumeNodes',
  'calculateMA',
  'calculateMACD',
  'calculateMACDValues',
  'calculateMASeries',
  'calculatePVISeries',
  'calculateRSI',
  'calculateSMA',
  'calculateStochRSI',
  'calculateStochastic',
  'calculateVWAP',
  'calculateVWAPBands',
  'calculateVWAPSeries',
  'countHVNInRange',
  'detectEngulfingPattern',
  'detectRSIDivergence',
  'getClosestHVN',
  'getHighestHigh',
  'getLatestBollingerBands',
  'getLatestEMA',
  'getLatestMACD',
  'getLatestPVI',
  'getLatestRSI',
  'getLatestStochRSI',
  'getLatestVWAP',
  'getLatestVWAPBands',
  'getLowestLow',
  'isNearHVN',
] as const;

type Helper = (...args: unknown[]) => unknown;

const helperByName = new Map(Object.entries(helpers) as [string, Helper][]);

interface Slice {
  set: string;
  symbol: string;
  interval: string;
  from: number;
  to: number;
}

interface Recording {
  fn: string;
  args: unknown[];
  result: unknown;
  klines?: Slice;
  closes?: Slice;
  hvnFrom?: Slice;
}

let recordings: Recording[] | undefined;
const candlesByFile = new Map<string, Kline[]>();

function readRecordings(): Recording[] {
  const file = recordingPath('golden', 'helpers.json');
  recordings ??= JSON.parse(readFileSync(file, 'utf8')) as Recording[];
  return recordings;
}

function readSlice({set, symbol, interval, from, to}: Slice): Kline[] {
  const key = `${set}/${symbol}-${interval}`;
  const candles = candlesByFile.get(key) ?? readCandles(set, symbol, interval);
  candlesByFile.set(key, candles);
  return candles.slice(from, to);
}

function callRecorded({fn, args, klines, closes, hvnFrom}: Recording): unknown {
  const helper = helperByName.get(fn)!;
  if (klines !== undefined) return helper(readSlice(klines), ...args);
  if (closes !== undefined) return helper(closesOf(readSlice(closes)), ...args);
  const nodes = helpers.calculateHighVolumeNodes(readSlice(hvnFrom!), {lookback: 100});
  return fn === 'countHVNInRange' ? helper(...args, nodes) : helper(args[0], nodes, args[1]);
}

/** The path of the first value in which two results differ; undefined where they agree. */
function firstDifference(actual: unknown, expected: unknown, at = 'result'): string | undefined {
  if (typeof actual === 'number' && typeof expected === 'number') {
    const errorMax = RELATIVE_ERROR_MAX * Math.max(Math.abs(actual), Math.abs(expected));
    if (Math.abs(actual - expected) <= errorMax) return undefined;
  } else if (isObject(actual) && isObject(expected)) {
    const keys = new Set([...Object.keys(actual), ...Object.keys(expected)]);
    for (const key of keys) {
      const difference = firstDifference(actual[key], expected[key], `${at}.${key}`);
      if (difference !== undefined) return difference;
    }
    return Array.isArray(actual) === Array.isArray(expected) ? undefined : `${at}: not both arrays`;
  } else if (actual === expected) {
    return undefined;
  }
  return `${at}: expected ${expected}, got ${actual}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function agreesWithRecordings(t: ExecutionContext, fn: string): void {
  const ofFunction = readRecordings().filter(recording => recording.fn === fn);
  t.true(ofFunction.length > 0);
  for (const recording of ofFunction) {
    const {symbol} = (recording.klines ?? recording.closes ?? recording.hvnFrom)!;
    const difference = firstDifference(callRecorded(recording), recording.result);
    t.is(difference, undefined, `${symbol} ${JSON.stringify(recording.args)}`);
  }
}

for (const fn of RECORDED) {
  testWithRecordings(`${fn}() gives every recorded result`, t => agreesWithRecordings(t, fn));
}

testWithRecordings('helpers.json records no function besides those tested', t => {
  const recorded = new Set(readRecordings().map(({fn}) => fn));
  t.deepEqual([...recorded].sort(), [...RECORDED].sort());
  t.is(readRecordings().length, 220);
});

test('the helpers are the functions of the contract and no more', t => {
  const contract = [...RECORDED, 'clearHVNCache', 'detectGenericDivergence'].sort();
  t.deepEqual(Object.keys(helpers).sort(), contract);
});

test('no helper changes its candles', t => {
  const frozen = Object.freeze(RISING.map(kline => Object.freeze(kline))) as unknown as Kline[];
  for (const fn of RECORDED) {
    if (fn.includes('HVN')) continue;
    t.notThrows(() => helperByName.get(fn)!(frozen, 14), fn);
  }
});
