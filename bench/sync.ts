import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import Database from 'libsql';
import postgres from 'postgres';
import {MetricsHub} from '../src/index.js';
import {bindCatalogue} from '../src/metrics/catalogue.js';
import type {Signal} from '../src/signals/signal.js';
import {PostgresClient} from '../src/sync/postgres-client.js';
import {type Row, signalRow} from '../src/sync/row.js';
import {rowId} from '../src/sync/row-id.js';
import {SqliteClient} from '../src/sync/sqlite-client.js';
import {SQLITE_FILE} from '../src/sync/sqlite-database.js';
import type {Store} from '../src/sync/store.js';
import {Synchroniser} from '../src/sync/synchroniser.js';
import {PostgresServer, programsFolder} from '../test/support/postgres-server.js';
import {type Contender, compare, expectEqual, type Role} from './measure.js';
import type {Table} from './table.js';

/** Signals a sample. */
const SIGNALS = 500;

/** Rows a batch; one insert a signal is the floor that the others are measured by. */
const BATCH_SIZES = [1, 10, 100, 500] as const;

const OUTBOX_BYTES_MAX = 1e9;

/**
 * Signals a second into SQLite, and into a Postgres server of its own, by batch size; and for how long the
 * main thread is kept by a signal that is queued.
 */
export async function run(): Promise<readonly Table[]> {
  const folder = mkdtempSync(join(tmpdir(), 'threadtally-bench-'));
  const server = await startPostgres();
  const stores: Store[] = [];
  try {
    const tables: Table[] = [];
    for (const synchronous of ['full', 'normal'] as const) {
      const store = await openFile(join(folder, synchronous), synchronous, 'store');
      stores.push(store);
      tables.push(
        await tableOf(
          {store, count: () => countInFile(join(folder, synchronous))},
          `sqlite-${synchronous}`,
          `SQLite, synchronous ${synchronous}`,
        ),
      );
    }
    if (server !== undefined) {
      const store = new PostgresClient({url: server.url()});
      stores.push(store);
      const count = () => countInPostgres(server.url());
      tables.push(await tableOf({store, count}, 'postgres', 'Postgres on this machine'));
    }
    return [...tables, await mainThreadTable(join(folder, 'outbox'))];
  } finally {
    await Promise.all(stores.map(store => store.close()));
    await server?.remove();
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

/** A server of the bench's own, where one is installed: whatever `DATABASE_URL` names has work of its own. */
async function startPostgres(): Promise<PostgresServer | undefined> {
  if (programsFolder() === undefined) {
    process.stderr.write('sync: no table of Postgres, as postgresql is not installed\n');
    return undefined;
  }
  const server = await PostgresServer.create();
  await server.start({isDurable: true});
  return server;
}

/** A store, and how many signals are in it, counted past the store. */
interface Subject {
  readonly store: Store;
  readonly count: () => number | Promise<number>;
}

function countInFile(folder: string): number {
  const database = new Database(join(folder, SQLITE_FILE), {readonly: true});
  const {count} = database.prepare('select count(*) as count from signals').get() as {
    count: number;
  };
  database.close();
  return count;
}

async function countInPostgres(url: string): Promise<number> {
  const sql = postgres(url, {max: 1, onnotice: () => {}});
  const [row] = await sql<{count: number}[]>`select count(*)::int as count from signals`;
  await sql.end();
  return row?.count ?? 0;
}

async function tableOf({store, count}: Subject, id: string, title: string): Promise<Table> {
  let written = 0;
  const contenders = BATCH_SIZES.map((batchRows): Contender => {
    const role: Role = batchRows === 1 ? 'floor' : 'ours';
    const sample = () => {
      written += SIGNALS;
      return signalsPerSecond(store, batchRows);
    };
    return {name: nameOf(batchRows), role, sample};
  });
  // The first writing makes tables and connections.
  await store.write(rowsOf(1));
  const figures = await compare(contenders);
  expectEqual(await count(), written + 1, `signals in ${title}`);
  return {
    id: `sync-${id}`,
    title: `${title}: signals a second by batch size`,
    unit: 'signals/s',
    moreIsBetter: true,
    figures,
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
  let recorded = 0;
  const contenders = ([1, 10, 100] as const).map(
    (count): Contender => ({
      name: count === 1 ? 'a signal a screening' : `${count} signals a screening`,
      role: 'ours',
      sample: () => {
        recorded += SIGNALS;
        return busyMicrosASignal(sync, count);
      },
    }),
  );
  const floor: Contender = {
    name: 'JSON.stringify of the signal',
    role: 'floor',
    sample: () => microsToStringify(),
  };
  const figures = await compare([floor, ...contenders]);
  await sync.close(0);
  expectEqual(countInFile(folder), recorded, 'signals that were queued');
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
