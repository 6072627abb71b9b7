import {execFile} from 'node:child_process';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {promisify} from 'node:util';
import {ScreenerPool} from '../src/pool/screener-pool.js';
import {CloningPool} from './peers/cloning-pool.js';
import {TASK_TIMEOUT_MS} from './screening-contenders.js';
import {CandleSource, MapsMarket, type MarketSize, StoreMarket} from './screening-market.js';
import {BENCH_TRADERS} from './screening-traders.js';
import {atMost, type Table} from './table.js';

const SIZE: MarketSize = {symbols: 100, candles: 1_440};

/** A market of hardly any candles: what workers take without them. */
const EMPTY_SIZE: MarketSize = {symbols: 100, candles: 60};

const WORKER_COUNTS = [1, 2, 4] as const;

/** Screenings before memory is read, so that rows are built and the heaps have settled. */
const SCREENINGS = 6;

const BYTES_A_MB = 1_000_000;

type Kind = 'store' | 'cloning';

/** What a process holds, in bytes. */
interface Held {
  /** Resident. */
  readonly rss: number;
  /** Of it candles in memory that all workers share. */
  readonly shared: number;
}

/** How the memory of a process grows with its workers: each of its own, started anew. */
export async function memoryTable(): Promise<Table> {
  const figures = [];
  for (const workers of WORKER_COUNTS) {
    for (const [kind, role, name] of [
      ['cloning', 'peer', 'clones everything'],
      ['store', 'ours', 'ours, store'],
    ] as const) {
      const full = await hold(kind, workers, SIZE);
      const empty = await hold(kind, workers, EMPTY_SIZE);
      const median = (full.rss - empty.rss) / BYTES_A_MB;
      figures.push({name: `${name}, ${workers} workers`, role, median, low: median, high: median});
      if (kind === 'cloning') continue;
      const shared = full.shared / BYTES_A_MB;
      const of = `candles in shared memory, ${workers} workers`;
      figures.push({name: of, role: 'floor' as const, median: shared, low: shared, high: shared});
    }
  }
  const goals = [
    atMost(figures, {
      of: 'candles in shared memory, 4 workers',
      times: 1,
      than: 'candles in shared memory, 1 workers',
    }),
    atMost(figures, {of: 'ours, store, 4 workers', times: 1, than: 'clones everything, 4 workers'}),
  ];
  return {
    id: 'screening-memory',
    title: `memory of candles, ${SIZE.symbols} symbols x 2 intervals x ${SIZE.candles} candles`,
    unit: 'MB',
    figures,
    goals,
    notes: [
      `Resident memory of a process of its own after ${SCREENINGS} screenings, less that of one with ${EMPTY_SIZE.candles} candles a series; one run each.`,
      'Ours includes the rows that each worker has built for its filters: objects, which threads cannot share.',
    ],
  };
}

async function hold(kind: Kind, workers: number, size: MarketSize): Promise<Held> {
  const args = [fileURLToPath(import.meta.url), kind, workers, size.symbols, size.candles];
  const {stdout} = await promisify(execFile)(process.execPath, args.map(String));
  return JSON.parse(stdout) as Held;
}

async function holdHere(kind: Kind, workers: number, size: MarketSize): Promise<Held> {
  const source = new CandleSource(size.symbols);
  return kind === 'store' ? holdStore(source, workers, size) : holdCloned(source, workers, size);
}

async function holdStore(source: CandleSource, workers: number, size: MarketSize): Promise<Held> {
  const pool = new ScreenerPool({taskTimeoutMs: TASK_TIMEOUT_MS});
  await pool.initialize(workers);
  const market = new StoreMarket(source, size);
  const {symbols} = source;
  for (let i = 0; i < SCREENINGS; i++) {
    market.advance();
    const {tickers} = market.store;
    const klines = market.store.snapshot();
    await pool.executeFilters(BENCH_TRADERS, {symbols, tickers, klines, timestamp: 0});
  }
  const {rss} = process.memoryUsage();
  const shared = market.store.bytes;
  await pool.shutdown();
  return {rss, shared};
}

async function holdCloned(source: CandleSource, workers: number, size: MarketSize): Promise<Held> {
  const pool = new CloningPool(workers);
  const market = new MapsMarket(source, size);
  for (let i = 0; i < SCREENINGS; i++) {
    market.advance();
    await pool.screen(BENCH_TRADERS, market.data);
  }
  const {rss} = process.memoryUsage();
  await pool.close();
  return {rss, shared: 0};
}

/** `node dist/bench/screening-memory.js <kind> <workers> <symbols> <candles>`: what one process holds, as JSON. */
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [kind, workers, symbols, candles] = process.argv.slice(2);
  const size = {symbols: Number(symbols), candles: Number(candles)};
  const held = await holdHere(kind as Kind, Number(workers), size);
  process.stdout.write(JSON.stringify(held));
}
