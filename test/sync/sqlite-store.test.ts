import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import Database from 'libsql';
import {SqliteClient} from '../../src/sync/sqlite-client.js';
import {STORE_CASES, type StoreUnderTest} from '../support/store-conformance.js';
import {temporaryFolder} from '../support/temporary-folder.js';

async function openStore(t: ExecutionContext): Promise<StoreUnderTest> {
  const folder = temporaryFolder(t);
  const store = await SqliteClient.open({
    folder,
    synchronous: 'full',
    role: 'store',
    outboxBytesMax: 1e6,
  });
  t.teardown(() => store.close());
  const reader = new Database(join(folder, 'threadtally.db'), {readonly: true});
  t.teardown(() => reader.close());
  return {store, select: async sql => reader.prepare(sql).all() as Record<string, unknown>[]};
}

for (const [title, run] of Object.entries(STORE_CASES)) {
  test(`SQLite: ${title}`, async t => run(t, await openStore(t)));
}
