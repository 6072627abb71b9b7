import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {type AddressInfo, createServer, type Socket} from 'node:net';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import Database from 'libsql';
import {startEndpoint} from './support/endpoint.js';
import {startProgram} from './support/program.js';
import {temporaryFolder} from './support/temporary-folder.js';

/** A server that takes connections and never says a word, where the machine expects Postgres. */
async function startMuteServer(t: ExecutionContext): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer(socket => {
    sockets.push(socket);
    socket.on('error', () => {}).resume();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `postgres://test@127.0.0.1:${(server.address() as AddressInfo).port}/postgres`;
}

/** A machine amid all that may hang: the database, the analyser, and with `spins` a filter. */
async function startHanging(t: ExecutionContext, traders: readonly object[]) {
  const folder = temporaryFolder(t);
  const file = join(temporaryFolder(t), 'traders.json');
  writeFileSync(file, JSON.stringify(traders));
  const analyser = await startEndpoint(t, () => {});
  const args = ['--port', '0', '--host', '127.0.0.1', '--workers', '2', '--symbols', '3'];
  const program = startProgram(t, args, {
    DATA_DIR: folder,
    TRADERS_FILE: file,
    DATABASE_URL: await startMuteServer(t),
    ANALYSIS_URL: analyser.url,
    SCREENING_INTERVAL_MS: '100',
  });
  return {program, folder};
}

const QUICK = {id: 'quick', name: 'Quick', filter: {code: 'return true;'}};

test('a shutdown ends with 0 amid a database, an analyser and a filter that hang, and keeps all', async t => {
  const spins = {id: 'spins', name: 'Spins', filter: {code: 'for (;;);'}};
  const {program, folder} = await startHanging(t, [QUICK, spins]);
  await program.line(/Screened 2 traders: 3 new/);
  // The next screening spins by now, or soon.
  const startMs = performance.now();
  program.kill('SIGTERM');
  t.is(await program.exited, 0, program.errorLines.join('\n'));
  t.log(`It took ${Math.round(performance.now() - startMs)} ms`);
  const reader = new Database(join(folder, 'threadtally.db'), {readonly: true});
  const count = (what: string) =>
    reader.prepare(`select count(*) from ${what}`).raw().all().flat()[0];
  t.is(count("outbox where kind = 'signal'"), 3);
  t.is(count("outbox where kind = 'analysis'"), 3);
  t.is(count("outbox where json ->> 'event_type' = 'machine_stopped'"), 1);
  t.is(count('unanalysed'), 3);
  reader.close();
});

test('a second signal ends a shutdown that takes its time, with 130, and loses no signal', async t => {
  const {program, folder} = await startHanging(t, [QUICK]);
  await program.line(/Screened 1 trader: 3 new/);
  // What npm passes on at once isn't a second one: it takes a later one, amid the second that the database has.
  const again = setInterval(() => program.kill('SIGINT'), 20);
  t.teardown(() => clearInterval(again));
  t.is(await program.exited, 130);
  t.false(program.lines.some(line => line.includes('Stopped after')));
  const reader = new Database(join(folder, 'threadtally.db'), {readonly: true});
  const kept = reader.prepare("select count(*) from outbox where kind = 'signal'").raw().all();
  reader.close();
  t.deepEqual(kept.flat(), [3]);
});
