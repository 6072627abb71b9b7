import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {MetricsHub} from '../src/index.js';
import {bindCatalogue} from '../src/metrics/catalogue.js';
import type {Signal} from '../src/signals/signal.js';
import {PostgresClient} from '../src/sync/postgres-client.js';
import {type Row, signalRow} from '../src/sync/row.js';
import {rowId} from '../src/sync/row-id.js';
import {SqliteClient} from '../src/sync/sqlite-client.js';
import type {Store} from '../src/sync/store.js';
import {Synchroniser} from '../src/sync/synchroniser.js';
import {type Contender, compare, type Role} from './measure.js';
import type {Table} from './table.js';

/** Signals a sample. */
const SIGNALS = 500;

/** Rows a batch; one insert a signal is the floor that the others are measured by. */
const BATCH_SIZES = [1, 10, 100, 500] as const;

const OUTBOX_BYTES_MAX = 1e9;

/**
 * Signals a second into SQLite, and into the Postgres server that `DATABASE_URL` names, by batch size; and for how long the
 * main thread is kept by a signal that is queued.
 */
export async function run(): Promise<readonly Table[]> {
  const folder = mkdtempSync(join(tmpdir(), 'threadtally-bench-'));
  const stores: Store[] = [];
  try {
    const tables: Table[] = [];
    for (const synchronous of ['full', 'normal'] as const) {
      const store = await openFile(join(folder, synchronous), synchronous, 'store');
      stores.push(store);
      tables.push(
        await tableOf(store, `sqlite-${synchronous}`, `SQLite, synchronous ${synchronous}`),
      );
    }
    const url = process.env.DATABASE_URL;
    if (url !== undefined) {
      const store = new PostgresClient({url});
      stores.push(store);
      tables.push(await tableOf(store, 'postgres', 'Postgres'));
    }
    return [...tables, await mainThreadTable(join(folder, 'outbox'))];
  } finally {
    await Promise.all(stores.map(store => store.close()));
    rmSync(folder, {recursive: true, force: true});
  }
}

function openFile(
  folder: string,
  synchronous: 'full' | 'normal',
  role: 'store' | 'outbox',
): Promise<SqliteClient> {
  return SqliteClient.open({folder, synchronous, role, outboxBytesMax: OUTBOX_BYTES_MAX});
}

async function tableOf(store: Store, id: string, title: string): Promise<Table> {
  const contenders = BATCH_SIZES.map((batchRows): Contender => {
    const role: Role = batchRows === 1 ? 'floor' : 'ours';
    return {name: nameOf(batchRows), role, sample: () => signalsPerSecond(store, batchRows)};
  });
  // The first writing makes tables and connections.
  await store.write(rowsOf(1));
  return {
    id: `sync-${id}`,
    title: `${title}: signals a second by batch size`,
    unit: 'signals/s',
    moreIsBetter: true,
    figures: await compare(contenders),
    goals: [],
  };
}

function nameOf(batchRows: number): string {
  return batchRows === 1 ? 'an insert a signal' : `${batchRows} a batch`;
}

async function signalsPerSecond(store: Store, batchRows: number): Promise<number> {
  const batches: Row[][] = [];
  for (let made = 0; made < SIGNALS; made += batchRows) batches.push(rowsOf(batchRows));
  const startMs = performance.now();
  for (const batch of batches) await store.write(batch);
  return (SIGNALS / (performance.now() - startMs)) * 1_000;
}

/** What queueing a screening's signals costs the main thread: the call alone, the commit is another thread's. */
async function mainThreadTable(folder: string): Promise<Table> {
  const file = await openFile(folder, 'full', 'store');
  const sync = new Synchroniser({
    file,
    metrics: bindCatalogue(new MetricsHub().recorder),
    machineId: 'bench',
    wallClock: Date.now,
    onTrouble: line => {
      throw new Error(line);
    },
  });
  await sync.start();
  const contenders = ([1, 10, 100] as const).map(
    (count): Contender => ({
      name: count === 1 ? 'a signal a screening' : `${count} signals a screening`,
      role: 'ours',
      sample: () => busyMicrosASignal(sync, count),
    }),
  );
  const floor: Contender = {
    name: 'JSON.stringify of the signal',
    role: 'floor',
    sample: () => microsToStringify(),
  };
  const figures = await compare([floor, ...contenders]);
  await sync.close(0);
  return {
    id: 'sync-main-thread',
    title: 'Main-thread time a signal queued, with the order of its analysis',
    unit: 'µs',
    figures,
    goals: [],
    notes: ['All that the event loop did between the call and the commit, divided by the signals.'],
  };
}

async function busyMicrosASignal(sync: Synchroniser, count: number): Promise<number> {
  const screenings = Array.from({length: SIGNALS / count}, () => signalsOf(count));
  const orders = Array.from(
    {length: count},
    () => ({intervals: ['5m'], priority: 'normal'}) as const,
  );
  const before = performance.eventLoopUtilization();
  let callMs = 0;
  for (const signals of screenings) {
    const startMs = performance.now();
    const recorded = sync.recordSignals(signals, undefined, orders);
    callMs += performance.now() - startMs;
    await recorded;
  }
  const {active} = performance.eventLoopUtilization(before);
  return (Math.max(active, callMs) / SIGNALS) * 1_000;
}

function microsToStringify(): number {
  const signals = signalsOf(SIGNALS);
  const startMs = performance.now();
  for (const signal of signals) JSON.stringify(signal);
  return ((performance.now() - startMs) / SIGNALS) * 1_000;
}

function signalsOf(count: number): Signal[] {
  return Array.from({length: count}, () => ({
    id: rowId(Date.now()),
    traderId: 'rsi-oversold',
    traderName: 'RSI Oversold',
    symbol: 'BTCUSDT',
    price: 64_000.5,
    matchedConditions: ['RSI below 30', 'volume above average'],
    madeAtMs: Date.now(),
    source: 'bench',
  }));
}

function rowsOf(count: number): Row[] {
  return signalsOf(count).map(signal => signalRow(signal, {machineId: 'bench'}));
}
