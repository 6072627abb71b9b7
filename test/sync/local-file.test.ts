import {mkdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import Database from 'libsql';
import {LocalWriter} from '../../src/sync/local-writer.js';
import {SqliteClient} from '../../src/sync/sqlite-client.js';
import type {StoreError} from '../../src/sync/store.js';
import {openSync} from '../support/opened-sync.js';
import {eventRows, metricRows, signalOf, signalRows} from '../support/rows.js';
import {testOnSmallDisk} from '../support/small-disk.js';
import {temporaryFolder} from '../support/temporary-folder.js';

const open = (folder: string) =>
  SqliteClient.open({folder, synchronous: 'full', role: 'store', outboxBytesMax: 1e7});

async function refusal(t: ExecutionContext, folder: string): Promise<string | undefined> {
  const error = await t.throwsAsync<StoreError>(open(folder));
  t.is(error?.name, 'StoreError');
  t.notRegex(error?.message ?? '\n', /\n/);
  return error?.code;
}

test('open() refuses a file that is no database, and leaves it as it was', async t => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'threadtally.db'), 'No database at all. '.repeat(500));
  t.is(await refusal(t, folder), 'store_not_database');
});

test('open() refuses a file of a newer version', async t => {
  const folder = temporaryFolder(t);
  await (await open(folder)).close();
  const db = new Database(join(folder, 'threadtally.db'));
  db.exec('pragma user_version = 99');
  db.close();
  t.is(await refusal(t, folder), 'store_newer');
});

test('open() refuses a folder that another machine uses, until that has ended', async t => {
  const folder = temporaryFolder(t);
  const first = await open(folder);
  t.is(await refusal(t, folder), 'store_locked');
  await first.close();
  await (await open(folder)).close();
});

test('open() refuses a folder that is a file or below one', async t => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  t.is(await refusal(t, join(folder, 'file')), 'store_unwritable');
  t.is(await refusal(t, join(folder, 'file', 'deeper')), 'store_unwritable');
});

test('open() makes the folder with those above it', async t => {
  const folder = join(temporaryFolder(t), 'a', 'b');
  await t.notThrowsAsync(async () => (await open(folder)).close());
});

testOnSmallDisk('open() refuses a folder that nobody may write to', 1, async (t, disk) => {
  await (await open(disk.folder)).close();
  disk.lock();
  t.is(await refusal(t, disk.folder), 'store_unwritable');
  t.is(await refusal(t, join(disk.folder, 'deeper')), 'store_unwritable');
});

test('open() says in words what keeps a file from being opened', async t => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'threadtally.lock'));
  const error = await t.throwsAsync<StoreError>(open(folder));
  t.is(error?.code, 'store_unwritable');
  t.regex(
    error?.message ?? '',
    /expected a file that can be opened and .*, got a folder \(EISDIR\)$/,
  );
});

/** The ids of the signals in the tables of a folder's file, or of those in its outbox. */
function signalsIn(folder: string, table: 'signals' | 'outbox'): string[] {
  const reader = new Database(join(folder, 'threadtally.db'), {readonly: true});
  const where = table === 'outbox' ? "where kind = 'signal'" : '';
  const rows = reader.prepare(`select id from ${table} ${where}`).raw().all() as string[][];
  reader.close();
  return rows.flat().sort();
}

const GONE = /^Expected the local file under its name, got none: .* \[store_gone\]$/;

test('a file that was removed with its folder is made anew with all that it held, and that is told', async t => {
  const folder = join(temporaryFolder(t), 'data');
  const {sync, lines, value} = openSync(t, {file: await open(folder)});
  const signals = [signalOf(), signalOf(), signalOf()];
  await sync.recordSignals(signals.slice(0, 1));
  rmSync(folder, {recursive: true});
  await sync.recordSignals(signals.slice(1, 2));
  t.regex(lines[0] ?? '', GONE);
  t.is(lines[1], 'The file takes rows again');
  t.is(value('sync_write_errors_total'), 1);
  await sync.recordSignals(signals.slice(2));
  t.deepEqual(signalsIn(folder, 'signals'), signals.map(({id}) => id).sort());
  // The folder is this machine's own again.
  t.is(await refusal(t, folder), 'store_locked');
});

test('an outbox that was removed with its folder is made anew too', async t => {
  const folder = join(temporaryFolder(t), 'data');
  const role = 'outbox';
  const options = {folder, synchronous: 'full', role, outboxBytesMax: 1e7} as const;
  const file = await SqliteClient.open(options);
  t.teardown(() => file.close());
  const rows = signalRows(3);
  await file.commit({rows: rows.slice(0, 2)});
  rmSync(folder, {recursive: true});
  const {isRestored, state} = await file.commit({rows: rows.slice(2)});
  t.true(isRestored);
  t.is(state.rows.signals, 3);
  t.deepEqual(signalsIn(folder, 'outbox'), rows.map(({id}) => id).sort());
  const [first] = await file.take('signals', 1);
  t.is((await file.acknowledge([first?.sequence ?? -1])).count, 1);
  t.deepEqual(
    signalsIn(folder, 'outbox'),
    rows
      .slice(1)
      .map(({id}) => id)
      .sort(),
  );
});

test('a file that was removed after the last commit is made anew when the machine ends', async t => {
  const folder = join(temporaryFolder(t), 'data');
  const file = await open(folder);
  const rows = signalRows(2);
  await file.commit({rows});
  rmSync(folder, {recursive: true});
  await file.close();
  t.deepEqual(signalsIn(folder, 'signals'), rows.map(({id}) => id).sort());
});

test('rows wait in memory while another file stands in the place of the one that was opened', async t => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'threadtally.db');
  const {sync, lines, value} = openSync(t, {file: await open(folder)});
  renameSync(path, `${path}.aside`);
  writeFileSync(path, 'Of someone else');
  await sync.recordSignals([signalOf()]);
  t.regex(lines[0] ?? '', /expected the file that was opened, got another \[store_gone\]$/);
  t.is(value('sync_uncommitted_rows'), 1);
  t.is(value('sync_write_errors_total'), 1);
  renameSync(`${path}.aside`, path);
  while (value('sync_uncommitted_rows') > 0) await new Promise(resolve => setImmediate(resolve));
  t.is(signalsIn(folder, 'signals').length, 1);
});

test('rows wait in memory where a file that is gone cannot be made anew, until it can', async t => {
  const folder = join(temporaryFolder(t), 'data');
  const {sync, lines, value} = openSync(t, {file: await open(folder)});
  const signals = [signalOf(), signalOf()];
  await sync.recordSignals(signals.slice(0, 1));
  rmSync(folder, {recursive: true});
  writeFileSync(folder, '');
  await sync.recordSignals(signals.slice(1));
  t.regex(lines[0] ?? '', /got none, and it can't be made anew: .* \[store_gone\]$/);
  t.is(value('sync_uncommitted_rows'), 1);
  rmSync(folder);
  while (value('sync_uncommitted_rows') > 0) await new Promise(resolve => setImmediate(resolve));
  t.deepEqual(signalsIn(folder, 'signals'), signals.map(({id}) => id).sort());
});

const FULL = 'a full disk keeps signals in memory, says so, and commits them when there is room';

testOnSmallDisk(FULL, 1, async (t, {folder}) => {
  const file = await open(folder);
  const {sync, lines, value} = openSync(t, {file});
  writeFileSync(join(folder, 'ballast'), Buffer.alloc(500_000));
  const ids: string[] = [];
  while (lines.length === 0) {
    const signals = Array.from({length: 50}, () => signalOf({traderName: 'x'.repeat(500)}));
    ids.push(...signals.map(({id}) => id));
    await sync.recordSignals(signals);
  }
  t.regex(lines[0] ?? '', /got .*full.* \[store_full\]$/);
  t.is(value('sync_uncommitted_rows'), 50);
  t.true(value('sync_write_errors_total') >= 1);
  rmSync(join(folder, 'ballast'));
  await sync.recordSignals([]);
  while (value('sync_uncommitted_rows') > 0) await new Promise(resolve => setImmediate(resolve));
  t.true(lines.includes('The file takes rows again'));
  const reader = new Database(join(folder, 'threadtally.db'), {readonly: true});
  const stored = reader.prepare('select id from signals').raw().all() as string[][];
  reader.close();
  t.deepEqual(stored.flat().sort(), ids.sort());
});

test('the memory before a file that fails is bounded: metrics go, then events, and signals are refused', async t => {
  const file = await open(temporaryFolder(t));
  await file.close();
  const dropped: string[] = [];
  const writer = new LocalWriter({
    file,
    clock: {
      now: () => 0,
      wait: (_ms, signal) =>
        new Promise(resolve => signal.addEventListener('abort', () => resolve())),
    },
    random: () => 0,
    memoryRowsMax: 5,
    watch: {
      committed: () => {},
      failed: () => {},
      dropped: (queue, reason) => dropped.push(`${queue} ${reason}`),
    },
  });
  await writer.add({rows: [...metricRows(2), ...eventRows(2), ...signalRows(1)]});
  // No try comes while that clock stands: it is known that the file fails.
  const more = signalRows(5);
  await writer.add({rows: more});
  t.deepEqual(writer.uncommitted, {signals: 5, metrics: 0, events: 0});
  t.deepEqual(dropped, [
    'metrics memory_full',
    'metrics memory_full',
    'events memory_full',
    'events memory_full',
    'signals memory_full',
  ]);
  // The analysis of a signal that is gone goes as well; any other takes an event's place, or none.
  await writer.add({rows: [{kind: 'analysis', id: more[4]?.id ?? '', json: '{}'}]});
  t.deepEqual(writer.uncommitted, {signals: 5, metrics: 0, events: 0});
  t.is(dropped.length, 6);
  await writer.close();
});
