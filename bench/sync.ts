import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {Signal} from '../src/signals/signal.js';
import {PostgresClient} from '../src/sync/postgres-client.js';
import {type Row, signalRow} from '../src/sync/row.js';
import {rowId} from '../src/sync/row-id.js';
import {SqliteClient} from '../src/sync/sqlite-client.js';
import type {Store} from '../src/sync/store.js';

/** Rounds of each measurement; the figures of the first are not counted. */
const ROUNDS = 8;

/** Signals a round. */
const SIGNALS = 500;

const BATCH_SIZES = [1, 10, 100, 500] as const;

/** Signals a second of a store by batch size: the median, and the quartiles as a spread. */
export interface SyncFigure {
  readonly store: string;
  readonly batchRows: number;
  readonly perSecond: number;
  readonly quartiles: readonly [number, number];
  /** Microseconds that the main thread is kept by one signal. */
  readonly mainThreadMicros: number;
}

function rows(count: number): Row[] {
  return Array.from({length: count}, () => {
    const signal: Signal = {
      id: rowId(Date.now()),
      traderId: 'rsi-oversold',
      traderName: 'RSI Oversold',
      symbol: 'BTCUSDT',
      price: 64_000.5,
      matchedConditions: ['RSI below 30', 'volume above average'],
      madeAtMs: Date.now(),
      source: 'bench',
    };
    return signalRow(signal, {machineId: 'bench'});
  });
}

async function measure(store: Store, name: string, batchRows: number): Promise<SyncFigure> {
  const rates: number[] = [];
  const busy: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = performance.now();
    const before = performance.eventLoopUtilization();
    let callMs = 0;
    for (let done = 0; done < SIGNALS; done += batchRows) {
      const callStartMs = performance.now();
      const written = store.write(rows(Math.min(batchRows, SIGNALS - done)));
      callMs += performance.now() - callStartMs;
      await written;
    }
    const {active} = performance.eventLoopUtilization(before);
    if (round === 0) continue;
    rates.push((SIGNALS / (performance.now() - startMs)) * 1_000);
    busy.push((Math.max(active, callMs) / SIGNALS) * 1_000);
  }
  const at = (values: readonly number[], share: number) =>
    [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Number.NaN;
  return {
    store: name,
    batchRows,
    perSecond: at(rates, 0.5),
    quartiles: [at(rates, 0.25), at(rates, 0.75)],
    mainThreadMicros: at(busy, 0.5),
  };
}

/**
 * Measures SQLite in both modes, and Postgres where a server's URL is given, each by batch size; one insert a signal is the
 * floor. The sizes are taken in turn, store by store.
 */
export async function runSyncBench(databaseUrl?: string): Promise<SyncFigure[]> {
  const figures: SyncFigure[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'threadtally-bench-'));
  try {
    for (const synchronous of ['full', 'normal'] as const) {
      const options = {folder: join(folder, synchronous), synchronous, outboxBytesMax: 1e9};
      for (const role of ['store', 'outbox'] as const) {
        const store = await SqliteClient.open({...options, role});
        for (const size of BATCH_SIZES) {
          figures.push(await measure(store, `sqlite ${synchronous} ${role}`, size));
        }
        await store.close();
      }
    }
    if (databaseUrl !== undefined) {
      const store = new PostgresClient({url: databaseUrl});
      for (const size of BATCH_SIZES) figures.push(await measure(store, 'postgres', size));
      await store.close();
    }
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
  return figures;
}

function lineOf(figure: SyncFigure, floor: number): string {
  const {store, batchRows, perSecond, quartiles, mainThreadMicros} = figure;
  const spread = quartiles.map(value => Math.round(value)).join('-');
  return [
    store.padEnd(22),
    String(batchRows).padStart(4),
    `${Math.round(perSecond)}/s (${spread})`.padStart(24),
    `${(perSecond / floor).toFixed(1)}x`.padStart(8),
    `${mainThreadMicros.toFixed(1)} µs main thread a signal`.padStart(34),
  ].join(' ');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const figures = await runSyncBench(process.env.DATABASE_URL);
  for (const figure of figures) {
    const floor = figures.find(({store, batchRows}) => store === figure.store && batchRows === 1);
    process.stdout.write(`${lineOf(figure, floor?.perSecond ?? Number.NaN)}\n`);
  }
}
