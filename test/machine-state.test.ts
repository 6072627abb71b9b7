import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import Database from 'libsql';
import {freePort} from './support/free-port.js';
import {startProgram, urlOf} from './support/program.js';
import {temporaryFolder} from './support/temporary-folder.js';

test('a quarantined trader stands in the table of events, beside the start and the end of the machine', async t => {
  const folder = temporaryFolder(t);
  const traders = join(temporaryFolder(t), 'traders.json');
  writeFileSync(traders, '[{"id":"spin","name":"Spinner","filter":{"code":"for (;;);"}}]');
  const args = ['--port', '0', '--host', '127.0.0.1', '--workers', '1', '--symbols', '5'];
  const program = startProgram(t, [...args, '--task-timeout-ms', '50'], {
    DATA_DIR: folder,
    TRADERS_FILE: traders,
    SCREENING_INTERVAL_MS: '100',
  });
  await program.line(/Trader Spinner \(spin\): /);
  program.kill('SIGINT');
  t.is(await program.exited, 0);
  const reader = new Database(join(folder, 'threadtally.db'), {readonly: true});
  const rows = reader
    .prepare('select event_type, severity, message, details from machine_events order by id')
    .raw()
    .all() as string[][];
  reader.close();
  const types = rows.map(([type]) => type);
  t.is(types[0], 'machine_started');
  t.is(types.at(-1), 'machine_stopped');
  const [, severity, message, details = ''] =
    rows.find(([type]) => type === 'trader_quarantined') ?? [];
  t.is(severity, 'warning');
  t.regex(message ?? '', /^Trader Spinner: Quarantined for .* after 3 ends of its worker in a row/);
  t.deepEqual(JSON.parse(details), {trader_id: 'spin'});
});

const SMALL = ['--port', '0', '--host', '127.0.0.1', '--workers', '1', '--symbols', '2'];

test('a first start without its database says that nobody is screened, and is not ready', async t => {
  const url = `postgres://nobody@127.0.0.1:${await freePort()}/none`;
  const program = startProgram(t, SMALL, {DATABASE_URL: url, SCREENING_INTERVAL_MS: '100'});
  const base = await urlOf(program);
  await program.line(/Screened 0 traders/);
  await program.line(
    /WARN Expected the database to be there and answer, got: connect ECONNREFUSED/,
  );
  const answer = await fetch(`${base}/readyz`);
  t.is(answer.status, 503);
  t.regex(await answer.text(), /no trader is known until the database answers/);
  program.kill('SIGTERM');
  t.is(await program.exited, 0);
  const told = program.lines.filter(line => line.includes('WARN'));
  t.is(told.filter(line => line.includes('ECONNREFUSED')).length, 1, told.join('\n'));
  const lack = /No trader is screened until the database answers \[database_unreachable\]$/;
  t.is(told.filter(line => lack.test(line)).length, 1, told.join('\n'));
  t.false(program.lines.some(line => line.includes('Screening 0')));
});

test('a changed number of traders is told', async t => {
  const folder = temporaryFolder(t);
  const program = startProgram(t, SMALL, {DATA_DIR: folder, SCREENING_INTERVAL_MS: '100'});
  await program.line(/Screening 8 traders in 1 worker/);
  const table = new Database(join(folder, 'threadtally.db'), {timeout: 10_000});
  t.teardown(() => table.close());
  table.exec(`insert into traders (id, name, enabled, filter) values
    ('a', 'A', 1, '{"code":"return false;"}'), ('b', 'B', 0, '{"code":"return false;"}')`);
  await program.line(/Screening 1 trader from now on/);
  await program.line(/Screened 1 trader:/);
  program.kill('SIGTERM');
  t.is(await program.exited, 0);
});
