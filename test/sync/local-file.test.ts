import {rmSync, writeFileSync} from 'node:fs';
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
  void writer.add({rows: signalRows(5)});
  t.deepEqual(writer.uncommitted, {signals: 5, metrics: 0, events: 0});
  t.deepEqual(dropped, [
    'metrics memory_full',
    'metrics memory_full',
    'events memory_full',
    'events memory_full',
    'signals memory_full',
  ]);
  await writer.close();
});
