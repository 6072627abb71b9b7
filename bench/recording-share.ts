import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import {MetricsHub} from '../src/index.js';
import {bindCatalogue} from '../src/metrics/catalogue.js';
import {POOL_FAMILIES} from '../src/pool/pool-metrics.js';
import {ScreenerPool} from '../src/pool/screener-pool.js';
import {
  compare,
  cpuMsUntil,
  type Figure,
  nsPerOperation,
  roundsWithin,
  summaryOf,
  threadCpuMsUntil,
} from './measure.js';
import type {ShareTask} from './recording-share-worker.js';
import {TASK_TIMEOUT_MS, WORKERS} from './screening-contenders.js';
import {CandleSource, type MarketSize, StoreMarket} from './screening-market.js';
import {BENCH_TRADERS} from './screening-traders.js';
import {atMost, type Table} from './table.js';
import {unrecorded} from './unrecorded.js';

/** Of a screening, what recording may take. */
const SHARE_MAX = 0.01;

/** Flushes of one sample: each takes the main thread some ten microseconds. */
const BATCHES = 200;

const SCREENING = 'a screening, nothing recorded';
const ALL = 'all of its recording';

/** A call of a metric: the metric's method, with what it was given. */
type Call = () => void;

/**
 * What the recording of one screening costs, part by part: two pools, one of which records nothing, differ by more from run to
 * run than by that. The main thread's calls are those of a real screening, made again; a worker's are made by a worker that does
 * nothing else. Processor time, in microseconds.
 */
export async function recordingShareTable(size: MarketSize): Promise<Table> {
  const calls = await callsOfScreening(size);
  const flushed = await flushFigures();
  const [onMain] = await compare([
    {
      name: `main thread: ${calls.length} calls`,
      role: 'ours',
      sample: async () =>
        (await nsPerOperation(() => {
          for (const call of calls) call();
        })) / 1_000,
    },
  ]);
  const parts = [onMain!, ...flushed];
  const screening = await screeningFigure(size);
  const figures: Figure[] = [screening, ...parts, {name: ALL, role: 'ours', ...sumOf(parts)}];
  return {
    id: 'screening-recording',
    title: `What recording takes of a screening, ${size.symbols} symbols x 2 intervals x ${size.candles} candles: processor time`,
    unit: 'us',
    figures,
    goals: [atMost(figures, {of: ALL, times: SHARE_MAX, than: SCREENING})],
    notes: [
      `${BENCH_TRADERS.length} traders, ${WORKERS} workers, all threads. Each part is measured by itself and in a loop: two pools differ by more`,
      'from one run to the next than recording takes.',
    ],
  };
}

function sumOf(parts: readonly Figure[]) {
  const sum = (key: 'median' | 'low' | 'high') => parts.reduce((all, part) => all + part[key], 0);
  return {median: sum('median'), low: sum('low'), high: sum('high')};
}

/** What the pool records of a screening on the main thread, to be recorded again. */
async function callsOfScreening(size: MarketSize): Promise<Call[]> {
  const calls: Call[] = [];
  const hub = new MetricsHub();
  const metrics = bindCatalogue(hub.recorder, POOL_FAMILIES);
  const noting = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(family, member) {
        const method = Reflect.get(family, member) as unknown;
        if (typeof method !== 'function') return method;
        return (...given: unknown[]) => {
          calls.push(() => Reflect.apply(method, family, given));
          return Reflect.apply(method, family, given) as unknown;
        };
      },
    });
  const noted = Object.fromEntries(
    Object.entries(metrics).map(([key, family]) => [key, noting(family as object)]),
  ) as unknown as typeof metrics;
  await withPool(size, {hub, metrics: noted}, async screen => {
    for (let i = 0; i < 3; i++) {
      // Only those of the last: the first makes the series.
      calls.length = 0;
      await screen();
    }
  });
  return calls;
}

/** A worker's recordings with its flush, and the arrival of that on the main thread; for all workers. */
async function flushFigures(): Promise<Figure[]> {
  const hub = new MetricsHub();
  const workerData: ShareTask = {traders: BENCH_TRADERS.length / WORKERS, batches: BATCHES};
  const worker = new Worker(new URL('./recording-share-worker.js', import.meta.url), {workerData});
  hub.attach(worker);
  const [inWorker, onMain]: number[][] = [[], []];
  // The first is the warm-up.
  for (let round = -1; round < roundsWithin(7); round++) {
    let workerMs = 0;
    const mainMs = await threadCpuMsUntil(async () => {
      worker.postMessage('record');
      [workerMs] = (await once(worker, 'message')) as [number];
    });
    if (round < 0) continue;
    inWorker!.push(1_000 * WORKERS * workerMs);
    onMain!.push((1_000 * WORKERS * mainMs) / BATCHES);
  }
  await worker.terminate();
  hub.close();
  return [
    {name: `${WORKERS} workers: recordings and flush`, role: 'ours', ...summaryOf(inWorker!)},
    {
      name: `main thread: ${WORKERS} flushes arrive, are merged`,
      role: 'ours',
      ...summaryOf(onMain!),
    },
  ];
}

async function screeningFigure(size: MarketSize): Promise<Figure> {
  const samples: number[] = [];
  await withPool(size, unrecorded(), async (screen, advance) => {
    for (let round = -4; round < roundsWithin(15); round++) {
      advance();
      const us = 1_000 * (await cpuMsUntil(screen));
      if (round >= 0) samples.push(us);
    }
  });
  return {name: SCREENING, role: 'floor', ...summaryOf(samples)};
}

async function withPool(
  size: MarketSize,
  options: ConstructorParameters<typeof ScreenerPool>[0],
  use: (screen: () => Promise<unknown>, advance: () => void) => Promise<void>,
): Promise<void> {
  const source = new CandleSource(size.symbols);
  const market = new StoreMarket(source, size);
  const pool = new ScreenerPool({taskTimeoutMs: TASK_TIMEOUT_MS, ...options});
  await pool.initialize(WORKERS);
  const {symbols} = source;
  const {store} = market;
  const screen = () =>
    pool.executeFilters(BENCH_TRADERS, {
      symbols,
      tickers: store.tickers,
      klines: store.snapshot(),
      timestamp: 0,
    });
  try {
    await use(screen, () => market.advance());
  } finally {
    await pool.shutdown();
  }
}
