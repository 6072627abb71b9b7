import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Worker} from 'node:worker_threads';
import type {ExecutionContext} from 'ava';
import type {Kline, KlineInterval, Ticker} from '../../src/market/kline.js';
import type {KlineStore} from '../../src/market/kline-store.js';
import type {CloudTrader, TraderResult} from '../../src/screener/trader.js';
import {sampleKey} from '../support/exposition.js';
import {startMachine} from '../support/machine.js';
import {readCandles, sharedDir, testWithRecordings} from '../support/recordings.js';

interface GoldenResult {
  readonly traderId: string;
  readonly newMatches: readonly {symbol: string; price: number; matchedConditions: string[]}[];
  readonly continuing: readonly string[];
  readonly error?: boolean;
}

interface Golden {
  readonly market: {
    readonly set: string;
    readonly symbols: readonly string[];
    readonly frames: readonly {interval: KlineInterval; candles: number}[];
    readonly start: number;
    readonly stepMs: number;
  };
  readonly traders: readonly {
    id: string;
    name: string;
    filterCode: string;
    refreshInterval: KlineInterval;
    requiredTimeframes: KlineInterval[];
  }[];
  readonly steps: readonly {
    readonly tickers: Readonly<Record<string, Ticker>>;
    readonly results: readonly GoldenResult[];
  }[];
}

/** Feeds the store what each step sees beyond the step before. */
class GoldenMarket {
  readonly #series: {symbol: string; interval: KlineInterval; rows: Kline[]; next: number}[];
  readonly #store: KlineStore;

  constructor({market}: Golden, store: KlineStore) {
    this.#store = store;
    this.#series = market.symbols.flatMap(symbol =>
      market.frames.map(({interval}) => ({
        symbol,
        interval,
        rows: readCandles(market.set, symbol, interval),
        next: 0,
      })),
    );
  }

  advance(toMs: number, tickers: Readonly<Record<string, Ticker>>): void {
    for (const series of this.#series) {
      for (; series.next < series.rows.length; series.next++) {
        const row = series.rows[series.next]!;
        if (row[0] > toMs) break;
        this.#store.record(series.symbol, series.interval, row, true);
      }
    }
    for (const ticker of Object.values(tickers)) this.#store.recordTicker(ticker);
  }
}

/** What a caller of Maps hands over: the last candles of each series, rolled on in place. */
class GoldenMaps {
  readonly klines = new Map<string, Map<KlineInterval, Kline[]>>();
  readonly #series: {rows: Kline[]; visible: Kline[]; candles: number; next: number}[] = [];

  constructor({market: {set, symbols, frames}}: Golden) {
    for (const symbol of symbols) {
      const intervals = new Map<KlineInterval, Kline[]>();
      this.klines.set(symbol, intervals);
      for (const {interval, candles} of frames) {
        const rows = readCandles(set, symbol, interval);
        const visible: Kline[] = [];
        intervals.set(interval, visible);
        this.#series.push({rows, visible, candles, next: 0});
      }
    }
  }

  advance(toMs: number): void {
    for (const series of this.#series) {
      const {rows, visible, candles} = series;
      while (series.next < rows.length && rows[series.next]![0] <= toMs) {
        visible.push(rows[series.next++]!);
      }
      visible.splice(0, Math.max(0, visible.length - candles));
    }
  }
}

for (const workerCount of [1, 2, 3]) {
  testWithRecordings(
    `executeFilters() holds the recorded screenings with ${workerCount} workers, given Maps`,
    async t => {
      const golden = readGolden();
      const {start, stepMs, symbols} = golden.market;
      const {pool} = await startMachine(t, workerCount, {taskTimeoutMs: 60_000});
      const maps = new GoldenMaps(golden);
      const traders = golden.traders.map(traderOf);
      for (const [i, step] of golden.steps.entries()) {
        maps.advance(start + i * stepMs);
        const found = await pool.executeFilters(traders, {
          symbols: [...symbols],
          tickers: new Map(Object.entries(step.tickers)),
          klines: maps.klines,
          timestamp: 0,
        });
        for (const expected of step.results) {
          checkResult(t, found.get(expected.traderId), expected, i);
        }
      }
    },
  );
}

for (const workerCount of [1, 2, 3]) {
  testWithRecordings(
    `executeFilters() holds the recorded screenings with ${workerCount} workers`,
    async t => {
      const golden = readGolden();
      const {frames, start, stepMs} = golden.market;
      const candlesMax = Math.max(...frames.map(({candles}) => candles));
      const machine = await startMachine(t, workerCount, {taskTimeoutMs: 60_000}, {candlesMax});
      const market = new GoldenMarket(golden, machine.store);
      const traders = golden.traders.map(traderOf);
      const matchCounts = new Map<string, number>();
      for (const [i, {tickers, results}] of golden.steps.entries()) {
        market.advance(start + i * stepMs, tickers);
        const found = await machine.screen(traders);
        for (const expected of results) {
          checkResult(t, found.get(expected.traderId), expected, i);
          const {traderId, newMatches, continuing} = expected;
          const before = matchCounts.get(traderId) ?? 0;
          matchCounts.set(traderId, before + newMatches.length + continuing.length);
        }
      }
      const samples = machine.samples();
      for (const {id, name} of traders) {
        const labels = {trader_id: id, trader_name: name};
        t.is(samples.get(sampleKey('trader_screenings_total', labels)), golden.steps.length);
        t.is(samples.get(sampleKey('trader_matches_total', labels)), matchCounts.get(id));
      }
    },
  );
}

/** Kills a thread as a crash would, in the midst of whatever it does. */
function collectWorkers(t: ExecutionContext): Worker[] {
  const workers: Worker[] = [];
  const onWorker = (worker: Worker) => workers.push(worker);
  process.on('worker', onWorker);
  t.teardown(() => process.off('worker', onWorker));
  return workers;
}

testWithRecordings(
  'executeFilters() holds the recorded screenings amid resizes and killed workers',
  async t => {
    const golden = readGolden();
    const {frames, start, stepMs} = golden.market;
    const candlesMax = Math.max(...frames.map(({candles}) => candles));
    const workers = collectWorkers(t);
    const machine = await startMachine(t, 2, {taskTimeoutMs: 60_000}, {candlesMax});
    const market = new GoldenMarket(golden, machine.store);
    const traders = golden.traders.map(traderOf);
    const random = seededRandom(7);
    let killedCount = 0;
    for (const [i, {tickers, results}] of golden.steps.entries()) {
      market.advance(start + i * stepMs, tickers);
      const resize =
        random() < 0.3 ? machine.pool.scaleWorkerPool(1 + Math.floor(random() * 3)) : 0;
      const screening = machine.screen(traders);
      await resize;
      if (random() < 0.4) {
        for (let turns = Math.floor(random() * 20); turns > 0; turns--) await nextTurn();
        const live = workers.filter(({threadId}) => threadId !== -1);
        void live[Math.floor(random() * live.length)]?.terminate();
        killedCount++;
      }
      const found = await screening;
      for (const expected of results) checkResult(t, found.get(expected.traderId), expected, i);
    }
    t.true(killedCount > 0);
    const samples = machine.samples();
    for (const {id, name} of traders) {
      const labels = {trader_id: id, trader_name: name};
      t.is(samples.get(sampleKey('trader_screenings_total', labels)), golden.steps.length);
      t.is(samples.get(sampleKey('trader_quarantined', labels)), 0);
    }
  },
);

function checkResult(
  t: ExecutionContext,
  result: TraderResult | undefined,
  expected: GoldenResult,
  step: number,
): void {
  const where = `${expected.traderId} at step ${step}`;
  const matches = result?.matches.map(({symbol, price, matchedConditions}) => ({
    symbol,
    price,
    matchedConditions,
  }));
  t.deepEqual(sortedBySymbol(matches ?? []), sortedBySymbol(expected.newMatches), where);
  t.is(result?.continuingMatches, expected.continuing.length, where);
  t.is(result?.error !== undefined, expected.error === true, where);
}

function sortedBySymbol<M extends {symbol: string}>(matches: readonly M[]): M[] {
  return [...matches].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
}

function traderOf(trader: Golden['traders'][number]): CloudTrader {
  const {id, name, filterCode: code, refreshInterval, requiredTimeframes} = trader;
  return {id, name, enabled: true, filter: {code, refreshInterval, requiredTimeframes}};
}

/** Numbers from 0 to 1 that are the same in each run: Park and Miller's minimal standard generator. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function readGolden(): Golden {
  return JSON.parse(readFileSync(join(sharedDir ?? '', 'golden', 'screenings.json'), 'utf8'));
}
