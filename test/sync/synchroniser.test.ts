import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import Database from 'libsql';
import {leftSignalOf} from '../../src/sync/row.js';
import {rowId} from '../../src/sync/row-id.js';
import {SqliteClient} from '../../src/sync/sqlite-client.js';
import type {SynchroniserOptions} from '../../src/sync/synchroniser.js';
import {openSync} from '../support/opened-sync.js';
import {eventRows, FIGURES, metricRows, NOW_MS, signalOf, signalRows} from '../support/rows.js';
import {WAIT} from '../support/signals.js';
import {temporaryFolder} from '../support/temporary-folder.js';

type Options = Partial<SynchroniserOptions> & {readonly outboxBytesMax?: number};

/** A synchroniser before a SQLite file. */
async function openFile(t: ExecutionContext, folder: string, options: Options = {}) {
  const {outboxBytesMax = 1e6, ...others} = options;
  const role = options.database === undefined ? 'store' : 'outbox';
  const file =
    options.file ??
    (await SqliteClient.open({folder, synchronous: 'normal', role, outboxBytesMax}));
  return {file, ...openSync(t, {...others, file})};
}

/** A SQLite file that stands for the server: the same promises, without a network. */
async function openDatabase(t: ExecutionContext) {
  const folder = temporaryFolder(t);
  const options = {folder, synchronous: 'normal', role: 'store', outboxBytesMax: 1e6} as const;
  const database = await SqliteClient.open(options);
  t.teardown(() => database.close());
  return {database, folder};
}

function rowsOf(t: ExecutionContext, folder: string, table: string): number {
  const reader = new Database(join(folder, 'threadtally.db'), {readonly: true});
  t.teardown(() => reader.close());
  const [[count] = []] = reader.prepare(`select count(*) from ${table}`).raw().all() as number[][];
  return count ?? -1;
}

test('recordSignals() resolves when the signals are in the database that the file is', async t => {
  const folder = temporaryFolder(t);
  const {sync, value, depth} = await openFile(t, folder);
  await sync.start();
  const recorded = sync.recordSignals([signalOf(), signalOf()]);
  t.deepEqual(depth(), [2, 0, 0]);
  t.is(value('sync_uncommitted_rows'), 2);
  await recorded;
  t.is(rowsOf(t, folder, 'signals'), 2);
  t.deepEqual(depth(), [0, 0, 0]);
  t.is(value('sync_rows_written_total', {queue_type: 'signals'}), 2);
  t.is(value('sync_batch_writes_total'), 1);
  t.is(value('sync_write_duration_ms_count'), 1);
  sync.recordEvent({type: 'e', severity: 'info', message: 'm'});
  sync.recordFigures(FIGURES);
  await sync.close(0);
  t.is(rowsOf(t, folder, 'machine_events'), 1);
  t.is(rowsOf(t, folder, 'machine_metrics'), 1);
  t.is(value('sync_rows_written_total', {queue_type: 'events'}), 1);
});

test('recordSignals() resolves when the signals are in the outbox, and close() sends them', async t => {
  const {database, folder: databaseFolder} = await openDatabase(t);
  const folder = temporaryFolder(t);
  const {sync, value, depth} = await openFile(t, folder, {database});
  await sync.start();
  await sync.recordSignals(Array.from({length: 5}, () => signalOf()));
  t.is(rowsOf(t, folder, 'outbox'), 5);
  t.is(rowsOf(t, databaseFolder, 'signals'), 0);
  t.deepEqual(depth(), [5, 0, 0]);
  t.true((value('sync_outbox_bytes') ?? 0) > 1_000);
  await sync.close(10_000);
  t.is(rowsOf(t, databaseFolder, 'signals'), 5);
  t.is(rowsOf(t, folder, 'outbox'), 0);
  t.deepEqual(depth(), [0, 0, 0]);
  t.is(value('sync_outbox_bytes'), 0);
  t.is(value('sync_rows_written_total', {queue_type: 'signals'}), 5);
});

test('start() sends what an earlier run left in the outbox, and rows that were sent before once', async t => {
  const {database, folder: databaseFolder} = await openDatabase(t);
  const folder = temporaryFolder(t);
  const rows = signalRows(250);
  const options = {folder, synchronous: 'normal', role: 'outbox', outboxBytesMax: 1e6} as const;
  const earlier = await SqliteClient.open(options);
  await earlier.commit({rows});
  await earlier.close();
  // The answer to this batch was lost with the earlier run.
  await database.write(rows.slice(0, 100));
  const {sync, depth} = await openFile(t, folder, {database});
  await sync.start();
  t.is(depth()[0], 250);
  await sync.close(10_000);
  t.is(rowsOf(t, databaseFolder, 'signals'), 250);
  t.deepEqual(depth(), [0, 0, 0]);
});

test('a full outbox gives up the oldest metrics, then events, and refuses signals loudly', async t => {
  const folder = temporaryFolder(t);
  const {database} = await openDatabase(t);
  const {sync, file, lines, value, depth} = await openFile(t, folder, {
    database,
    outboxBytesMax: 20_000,
    outboxMib: 7,
  });
  const dropped = (queue: string) =>
    value('sync_rows_dropped_total', {queue_type: queue, reason: 'outbox_full'});
  const [metrics, events] = [metricRows(10), eventRows(10)];
  await file.commit({rows: [...metrics, ...events]});
  let made = 0;
  while ((dropped('signals') ?? 0) === 0) {
    await sync.recordSignals([signalOf()]);
    made++;
    // An event that is left says that no signal was refused for it.
    if ((depth()[2] ?? 0) > 0) t.is(dropped('signals'), 0);
    if ((depth()[1] ?? 0) > 0) t.is(dropped('events'), 0);
  }
  t.is(dropped('metrics'), 10);
  t.is(dropped('events'), 10);
  t.is(dropped('signals'), 1);
  t.deepEqual(depth(), [made - 1, 0, 0]);
  t.true((value('sync_outbox_bytes') ?? Number.NaN) <= 20_000);
  t.regex(
    lines.at(-1) ?? '',
    /^1 signal or analysis was refused: the outbox is full at 7 MiB\. .* \[outbox_full\]$/,
  );
  await file.commit({rows: metricRows(1)});
  t.is(rowsOf(t, folder, 'outbox'), made - 1);
});

test('an outbox that has refused a signal refuses its analysis too, and leaves no task of it', async t => {
  const folder = temporaryFolder(t);
  const {database} = await openDatabase(t);
  const {sync, file, value} = await openFile(t, folder, {database, outboxBytesMax: 3_000});
  const traderName = 'x'.repeat(3_000);
  const [kept, refused] = [signalOf(), signalOf({traderName})];
  const order = {intervals: ['5m'], priority: 'normal'} as const;
  await sync.recordSignals([kept, refused], undefined, [order, order]);
  const tasks = (await file.readTasks()).map(task => leftSignalOf(task).signal.id);
  t.deepEqual(tasks, [kept.id]);
  const analysisOf = (signalId: string) => ({
    id: rowId(NOW_MS),
    signalId,
    ...WAIT,
    analyser: 'test',
    analysedAtMs: NOW_MS,
  });
  sync.recordAnalysis(analysisOf(refused.id));
  const failure = {reason: 'timeout', detail: '', failedAtMs: NOW_MS} as const;
  sync.recordFailure({signalId: refused.id, ...failure});
  sync.recordAnalysis(analysisOf(kept.id));
  await sync.recordSignals([signalOf({traderName})]);
  const waiting = await file.take('signals', 10);
  t.deepEqual(
    waiting.map(({kind, id}) => [kind, id]),
    [
      ['signal', kept.id],
      ['analysis', kept.id],
    ],
  );
  const labels = {queue_type: 'signals', reason: 'outbox_full'};
  t.is(value('sync_rows_dropped_total', labels), 4);
});

test('a row that the database can never take is set aside, and holds nothing up', async t => {
  const {database, folder: databaseFolder} = await openDatabase(t);
  const folder = temporaryFolder(t);
  const {sync, file, lines, value, depth} = await openFile(t, folder, {database});
  const bad = {kind: 'event', id: 'x', json: '{"id":"x"}'} as const;
  await file.commit({rows: [...eventRows(2), bad, ...eventRows(2)]});
  await sync.start();
  await sync.close(10_000);
  t.is(rowsOf(t, databaseFolder, 'machine_events'), 4);
  t.is(rowsOf(t, folder, 'outbox'), 1);
  t.deepEqual(depth(), [0, 0, 0]);
  t.is(value('sync_rows_dropped_total', {queue_type: 'events', reason: 'refused'}), 1);
  t.is(value('sync_write_errors_total'), 2);
  t.true(lines.some(line => line.endsWith('[row_refused]')));
});

test('matches are kept with their signals, and read again', async t => {
  const folder = temporaryFolder(t);
  const {sync, file} = await openFile(t, folder);
  await sync.recordSignals([signalOf()], {
    source: 's',
    entries: [
      ['a', '["X"]'],
      ['b', '[]'],
    ],
  });
  await sync.recordSignals([], {source: 's', entries: [['b', null]]});
  t.deepEqual(await file.readMatches('s'), [['a', '["X"]']]);
  t.deepEqual(await file.readMatches('other'), []);
});

test('an analysis takes the place of the failure that waits in the outbox, and ends the task', async t => {
  const {database, folder: databaseFolder} = await openDatabase(t);
  const folder = temporaryFolder(t);
  const {sync, file, depth} = await openFile(t, folder, {database});
  const signal = signalOf({price: Number.NaN});
  const order = {intervals: ['5m'], priority: 'low'} as const;
  await sync.recordSignals([signal, signalOf()], undefined, [order]);
  t.deepEqual((await file.readTasks()).map(leftSignalOf), [{signal, ...order}]);
  const failure = {signalId: signal.id, detail: '', failedAtMs: NOW_MS} as const;
  sync.recordFailure({...failure, reason: 'shutdown'});
  sync.recordAnalysis({
    id: rowId(NOW_MS),
    signalId: signal.id,
    ...WAIT,
    analyser: 'test',
    analysedAtMs: NOW_MS,
  });
  await sync.recordSignals([signalOf()]);
  t.deepEqual(await file.readTasks(), []);
  t.deepEqual(depth(), [4, 0, 0]);
  await sync.start();
  await sync.close(10_000);
  t.is(rowsOf(t, databaseFolder, "signals where status = 'analysed'"), 1);
  t.is(rowsOf(t, databaseFolder, 'signal_analyses'), 1);
  t.deepEqual(depth(), [0, 0, 0]);
});

test('a shutdown leaves the task of its failure, any other failure ends it', async t => {
  const {sync, file} = await openFile(t, temporaryFolder(t));
  await sync.start();
  const signals = [signalOf(), signalOf()] as const;
  const order = {intervals: ['5m'], priority: 'normal'} as const;
  await sync.recordSignals(signals, undefined, [order, order]);
  for (const [i, reason] of (['shutdown', 'timeout'] as const).entries()) {
    sync.recordFailure({signalId: signals[i]!.id, reason, detail: '', failedAtMs: NOW_MS});
  }
  await sync.recordSignals([signalOf()]);
  t.deepEqual(
    (await file.readTasks()).map(task => leftSignalOf(task).signal.id),
    [signals[0].id],
  );
});
