import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import Database from 'libsql';
import {startProgram} from './support/program.js';
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
