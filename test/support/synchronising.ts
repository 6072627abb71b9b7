import type {ExecutionContext} from 'ava';
import type postgres from 'postgres';
import {MetricsHub} from '../../src/index.js';
import {bindCatalogue} from '../../src/metrics/catalogue.js';
import {SqliteClient} from '../../src/sync/sqlite-client.js';
import type {Store} from '../../src/sync/store.js';
import {Synchroniser, type SynchroniserOptions} from '../../src/sync/synchroniser.js';
import {parsePage, sampleKey} from './exposition.js';
import {NOW_MS, signalOf} from './rows.js';
import {temporaryFolder} from './temporary-folder.js';

/** A synchroniser with an outbox before a database, at short intervals, and a book of the signals that it was given. */
export async function synchronise(
  t: ExecutionContext,
  database: Store,
  time: Pick<SynchroniserOptions, 'clock' | 'random'> = {},
) {
  const folder = temporaryFolder(t);
  const options = {folder, synchronous: 'normal', role: 'outbox', outboxBytesMax: 1e7} as const;
  const file = await SqliteClient.open(options);
  t.teardown(() => file.close());
  const hub = new MetricsHub();
  const lines: string[] = [];
  let heard = deferred();
  const sync = new Synchroniser({
    file,
    database,
    metrics: bindCatalogue(hub.recorder),
    machineId: 'm',
    wallClock: () => NOW_MS,
    batchRows: 10,
    batchIntervalMs: 20,
    // Keeps the waits short, and still growing.
    random: () => 0.05,
    onTrouble: line => {
      lines.push(line);
      heard.resolve();
      heard = deferred();
    },
    ...time,
  });
  hub.onCollect(() => sync.report());
  t.teardown(() => sync.close(0));
  const ids: string[] = [];
  const value = (name: string, labels: Record<string, string> = {}) =>
    parsePage(hub.renderPage().body).get(sampleKey(name, labels)) ?? Number.NaN;
  const check = () => {
    const queue = {queue_type: 'signals'};
    const waiting = value('sync_queue_depth', queue);
    const written = value('sync_rows_written_total', queue);
    t.is(waiting + written, ids.length, 'each signal waits or is written');
    const tries = value('sync_batch_writes_total') + value('sync_write_errors_total');
    t.is(value('sync_write_duration_ms_count'), tries);
    t.is(value('sync_rows_dropped_total', {...queue, reason: 'outbox_full'}), 0);
  };
  return {
    sync,
    ids,
    lines,
    value,
    /** Gives it so many signals, and checks what `sync_*` tells. */
    async record(count: number): Promise<void> {
      const signals = Array.from({length: count}, () => signalOf());
      ids.push(...signals.map(({id}) => id));
      await sync.recordSignals(signals);
      check();
    },
    /** Resolves with the first line, come or to come, that fits. */
    async told(pattern: RegExp): Promise<string> {
      for (;;) {
        const found = lines.find(line => pattern.test(line));
        if (found !== undefined) return found;
        await heard.promise;
      }
    },
    /** Resolves when nothing waits; `sync_*` is true at each look. */
    async drained(): Promise<void> {
      while (value('sync_queue_depth', {queue_type: 'signals'}) > 0) {
        check();
        await new Promise(resolve => setImmediate(resolve));
      }
      check();
      t.is(value('sync_outbox_bytes'), 0);
    },
  };
}

/** The table holds each signal that the synchroniser was given once, and nothing else. */
export async function holdsExactly(t: ExecutionContext, sql: postgres.Sql, ids: readonly string[]) {
  const rows = await sql.unsafe('select id from signals');
  t.deepEqual(rows.map(({id}) => id).sort(), [...ids].sort());
}

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>(done => {
    resolve = done;
  });
  return {promise, resolve: () => resolve()};
}
