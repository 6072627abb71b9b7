import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {PostgresClient} from '../../src/sync/postgres-client.js';
import type {StoreError} from '../../src/sync/store.js';
import {CuttingProxy} from '../support/cutting-proxy.js';
import {PostgresServer, startServer, testWithPostgres} from '../support/postgres.js';
import {startProgram} from '../support/program.js';
import {signalRows} from '../support/rows.js';
import {STORE_CASES} from '../support/store-conformance.js';
import {holdsExactly, synchronise} from '../support/synchronising.js';
import {temporaryFolder} from '../support/temporary-folder.js';

testWithPostgres('Postgres: a store does what every store must do', async t => {
  const {server, sql} = await startServer(t);
  for (const [title, run] of Object.entries(STORE_CASES)) {
    await sql.unsafe('drop schema public cascade; create schema public');
    const store = new PostgresClient({url: server.url()});
    t.log(title);
    await run(t, {store, select: async text => sql.unsafe(text)});
    await store.close();
  }
});

testWithPostgres('Postgres: machines that start at once migrate once', async t => {
  const {server, sql} = await startServer(t);
  const stores = Array.from({length: 8}, () => new PostgresClient({url: server.url()}));
  t.teardown(() => Promise.all(stores.map(store => store.close())));
  await Promise.all(stores.map(store => store.write(signalRows(10))));
  const [signals] = await sql.unsafe('select count(*)::int as rows from signals');
  t.is(signals?.rows, 80);
  const versions = await sql.unsafe('select version from threadtally_migrations');
  t.deepEqual([...versions], [{version: 1}]);
});

testWithPostgres('Postgres: a database of a newer version is not written to', async t => {
  const {server, sql} = await startServer(t);
  const store = new PostgresClient({url: server.url()});
  await store.write(signalRows(1));
  await sql.unsafe('insert into threadtally_migrations (version) values (99)');
  await store.close();
  const later = new PostgresClient({url: server.url()});
  t.teardown(() => later.close());
  const error = await t.throwsAsync(later.write(signalRows(1)));
  t.is((error as StoreError).code, 'database_newer');
});

testWithPostgres(
  'a server that is down at the start, stopped and restarted loses nothing',
  async t => {
    const server = await PostgresServer.make(t);
    const machine = await synchronise(t, new PostgresClient({url: server.url()}));
    await machine.sync.start();
    await machine.record(25);
    await machine.told(/\[database_unreachable\]$/);
    t.is(machine.value('sync_queue_depth', {queue_type: 'signals'}), 25);
    await server.start();
    await machine.drained();
    for (let i = 0; i < 3; i++) {
      await machine.record(15);
      await server.stop();
      await machine.record(15);
      await server.start();
      await machine.record(15);
    }
    await machine.drained();
    t.true(machine.lines.includes('The database takes rows again'));
    await holdsExactly(t, server.client(t), machine.ids);
  },
);

testWithPostgres('answers that are lost after the commit make no row twice', async t => {
  const {server, sql} = await startServer(t);
  const proxy = await CuttingProxy.start(t, server.port);
  const machine = await synchronise(t, new PostgresClient({url: server.url(proxy.port)}));
  proxy.cutAnswers(7);
  await machine.sync.start();
  await machine.record(60);
  await machine.drained();
  t.is(proxy.cutCount, 7);
  // Migrating inserts too, in a transaction that is then undone.
  t.true(machine.value('sync_write_errors_total') >= 6);
  t.is(machine.value('sync_batch_writes_total'), 6);
  await holdsExactly(t, sql, machine.ids);
});

testWithPostgres('a server that does not answer is given up, and asked again', async t => {
  const {server, sql} = await startServer(t);
  const proxy = await CuttingProxy.start(t, server.port);
  const store = new PostgresClient({url: server.url(proxy.port), timeoutMs: 1_000});
  const machine = await synchronise(t, store);
  await machine.sync.start();
  await machine.record(5);
  await machine.drained();
  proxy.hold();
  await machine.record(15);
  await machine.told(/\[database_unreachable\]$/);
  proxy.release();
  await machine.drained();
  await holdsExactly(t, sql, machine.ids);
});

testWithPostgres('a server that refuses is asked until it takes the rows', async t => {
  const {server, sql} = await startServer(t);
  const machine = await synchronise(t, new PostgresClient({url: server.url()}));
  await machine.sync.start();
  await machine.record(5);
  await machine.drained();
  await sql.unsafe('alter database postgres set default_transaction_read_only = on');
  await sql.unsafe(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'threadtally'",
  );
  await machine.record(15);
  await machine.told(/\(25006\) \[database_refused\]$/);
  await sql.unsafe('set default_transaction_read_only = off');
  await sql.unsafe('alter database postgres set default_transaction_read_only = off');
  await machine.drained();
  await holdsExactly(t, sql, machine.ids);
});

testWithPostgres('a wrong password is told, and loses nothing', async t => {
  const {server, sql} = await startServer(t);
  await sql.unsafe("create role locked login password 'right' superuser");
  await server.askPasswords(sql, 'locked');
  const url = server.url(server.port, 'locked:wrong');
  const machine = await synchronise(t, new PostgresClient({url}));
  await machine.sync.start();
  await machine.record(15);
  t.notRegex(await machine.told(/\(28P01\) \[database_refused\]$/), /wrong/);
  await sql.unsafe("alter role locked password 'wrong'");
  await machine.drained();
  await holdsExactly(t, sql, machine.ids);
});

testWithPostgres('the machine sends its signals to the server at its end, in time', async t => {
  const {server, sql} = await startServer(t);
  const args = ['--port', '0', '--host', '127.0.0.1', '--screening-interval-ms', '100'];
  const program = startProgram(t, [...args, '--symbols', '5', '--workers', '1'], {
    DATABASE_URL: server.url(),
    MACHINE_ID: 'test-machine',
  });
  await program.line(/Screened 8 traders: [1-9]/);
  program.kill('SIGTERM');
  t.is(await program.exited, 0);
  const [, signals] = await program.line(/Stopped after .* (\d+) signals?$/);
  const [row] = await sql.unsafe(
    "select count(*)::int as rows from signals where machine_id = 'test-machine'",
  );
  t.is(row?.rows, Number(signals));
  const events = await sql.unsafe('select event_type from machine_events order by created_at, id');
  t.is(events[0]?.event_type, 'machine_started');
  t.is(events.at(-1)?.event_type, 'machine_stopped');
  const [unanalysed] = await sql.unsafe(
    "select count(*)::int as rows from signals where status = 'new'",
  );
  t.is(unanalysed?.rows, 0);
});

testWithPostgres(
  'the machine ends in time with a server that hangs, and the next run sends the rest',
  async t => {
    const {server, sql} = await startServer(t);
    const proxy = await CuttingProxy.start(t, server.port);
    proxy.hold();
    const env = {DATABASE_URL: server.url(proxy.port), DATA_DIR: temporaryFolder(t)};
    const args = ['--port', '0', '--host', '127.0.0.1', '--screening-interval-ms', '100'];
    const quick = [...args, '--symbols', '5', '--workers', '1'];
    // No trader list can be had from this server: a file names one.
    const first = startProgram(t, [...quick, '--traders', tradersFile(t)], env);
    await first.line(/Screened 1 trader: [1-9]/);
    first.kill('SIGINT');
    t.is(await first.exited, 0);
    const [, made] = await first.line(/Stopped after .* (\d+) signals?$/);
    proxy.release();
    const second = startProgram(t, [...quick, '--traders', tradersFile(t)], env);
    await second.line(/Screened 1 trader/);
    second.kill('SIGINT');
    t.is(await second.exited, 0);
    const [, more] = await second.line(/Stopped after .* (\d+) signals?$/);
    const [row] = await sql.unsafe('select count(*)::int as rows from signals');
    t.is(row?.rows, Number(made) + Number(more));
  },
);

function tradersFile(t: ExecutionContext): string {
  const file = join(temporaryFolder(t), 'traders.json');
  writeFileSync(file, '[{"id":"all","name":"All","filter":{"code":"return true;"}}]');
  return file;
}
