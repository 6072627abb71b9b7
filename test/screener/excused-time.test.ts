import test from 'ava';
import {KlineStore} from '../../src/market/kline-store.js';
import {FilterRunner} from '../../src/screener/realm/filter-runner.js';
import {SharedKlines} from '../../src/screener/shared-klines.js';
import type {TaskMarket} from '../../src/screener/task.js';
import {UseNotes} from '../../src/screener/use-notes.js';
import {candleAt} from '../support/candles.js';

/** What lies between two looks at the clock takes so long, whatever it is. */
const STEP_MS = 10;

const SYMBOLS = ['A', 'B', 'C'];

function createRunner() {
  let nowMs = 0;
  const now = () => {
    nowMs += STEP_MS;
    return nowMs;
  };
  const store = new KlineStore();
  const record = (index: number) => {
    for (const s of SYMBOLS) {
      store.record(s, '5m', candleAt(index, 100), true);
      store.recordTicker({s, P: '1', c: '1', q: '1'});
    }
  };
  for (let i = 0; i < 5; i++) record(i);
  const klines = new SharedKlines({now});
  const runner = new FilterRunner({helpers: {}, klines, uses: new UseNotes(), now});
  const marketOf = (screening: number): TaskMarket => ({
    screening,
    symbols: JSON.stringify(SYMBOLS),
    tickers: JSON.stringify([...store.tickers]),
    klines: store.snapshot(),
  });
  /** Runs a filter that matches everything. */
  const run = (market: TaskMarket, needsOwnRows = false) => {
    const excused: number[] = [];
    const compiled = {
      filter: () => true,
      needsOwnRows,
      mayChangeLists: true,
      hasReturn: true,
      usesTold: new Set<number>(),
    };
    const excuse = (ms: number) => void excused.push(ms);
    const {executionTimeMs} = runner.run({compiled, intervals: ['5m'], market, excuse});
    return {excused, executionTimeMs};
  };
  return {record, marketOf, run};
}

test('run() excuses whoever is first in a worker of reading the market and building each symbol’s rows', t => {
  const {marketOf, run, record} = createRunner();
  const market = marketOf(1);
  const executionTimeMs = SYMBOLS.length * STEP_MS;
  t.deepEqual(run(market), {excused: [STEP_MS, STEP_MS, STEP_MS, STEP_MS], executionTimeMs});
  t.deepEqual(run(market), {excused: [], executionTimeMs}, 'the second finds them built');
  record(5);
  const {excused} = run(marketOf(2));
  t.is(excused.length, 4, 'a new candle a series is new rows');
});

test('run() excuses a filter of the copies that are made for it', t => {
  const {marketOf, run} = createRunner();
  const market = marketOf(1);
  run(market);
  t.deepEqual(run(market, true).excused, [STEP_MS, STEP_MS, STEP_MS]);
});
