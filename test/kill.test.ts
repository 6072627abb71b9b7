import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import Database from 'libsql';
import {Random} from '../src/market/random.js';
import {type Program, startProgram} from './support/program.js';
import {temporaryFolder} from './support/temporary-folder.js';

/** Times that the machine is killed. Set KILLS to have more: the gate has 50. */
const KILLS = Number(process.env.KILLS ?? 6);

/** Machines, each with its own file and share of the kills, that run at once. */
const MACHINES = 2;

/** Candles a symbol; a replay takes about a second. */
const CANDLES = 600;

function recording(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'threadtally-recording-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  for (const [offset, symbol] of ['AUSDT', 'BUSDT', 'CUSDT'].entries()) {
    const lines = Array.from({length: CANDLES}, (_, i) => {
      const open = 1_767_225_600_000 + i * 60_000;
      const price = (100 + 10 * Math.sin((i + offset) / 3)).toFixed(4);
      return `${open},${price},${price},${price},${price},20,${open + 59_999},1,1,1,1,0`;
    });
    writeFileSync(join(folder, `${symbol}-1m.csv`), `${lines.join('\n')}\n`);
  }
  return folder;
}

/** Empty where the machine has not made its file yet. */
function storedSignals(folder: string): string[] {
  if (!existsSync(join(folder, 'threadtally.db'))) return [];
  const reader = new Database(join(folder, 'threadtally.db'), {readonly: true});
  const rows = reader
    .prepare('select id, trader_id, symbol, price, created_at from signals order by id')
    .raw()
    .all() as unknown[][];
  reader.close();
  return rows.map(row => row.join(' '));
}

/** When a machine is killed, and what it works on. */
interface Kill {
  readonly goal: number;
  readonly program: Program;
  readonly folder: string;
  /** The signals that a whole replay makes. */
  readonly expected: readonly string[];
}

test('kill -9 at any moment of a replay loses no signal that was counted, and a restart doubles none', async t => {
  const traders = join(temporaryFolder(t), 'traders.json');
  const filter = (level: number) => ({
    code: `return timeframes['1m'].length > 0 && parseFloat(ticker.c) > ${level};`,
    requiredTimeframes: ['1m'],
  });
  writeFileSync(
    traders,
    JSON.stringify([
      {id: 'high', name: 'High', filter: filter(105)},
      {id: 'middle', name: 'Middle', filter: filter(100)},
    ]),
  );
  const args = ['--port', '0', '--host', '127.0.0.1', '--workers', '1', '--traders', traders];
  const replay = [...args, '--replay', recording(t), '--speed', 'max', '--machine-id', 'm'];
  const run = (folder: string) => startProgram(t, replay, {DATA_DIR: folder});

  const whole = temporaryFolder(t);
  const calm = run(whole);
  const [, reported] = await calm.line(/Replay ended: .* (\d+) signals in/);
  t.is(await calm.exited, 0);
  const expected = storedSignals(whole);
  t.is(expected.length, Number(reported));
  t.true(expected.length > 100);

  await Promise.all(
    Array.from({length: MACHINES}, async (_, machine) => {
      const folder = temporaryFolder(t);
      const random = new Random(`kill ${machine}`);
      const goals = Array.from({length: Math.ceil(KILLS / MACHINES)}, () =>
        Math.ceil(random.next() * expected.length * 0.9),
      );
      for (const goal of goals) await killAt(t, {goal, program: run(folder), folder, expected});
      const last = run(folder);
      t.is(await last.exited, 0);
      t.deepEqual(storedSignals(folder), expected);
    }),
  );
});

/** Kills a machine that replays as soon as it counts so many signals: these are stored, and none that the replay doesn't make. */
async function killAt(t: ExecutionContext, {goal, program, folder, expected}: Kill): Promise<void> {
  const before = storedSignals(folder);
  const [, url = ''] = await program.line(/Metrics at (http:\S+)/);
  await program.line(/Replaying/);
  let counted = 0;
  while (counted < goal) {
    const page = await (await fetch(url)).text();
    const values = [...page.matchAll(/^trader_signals_total\{.*\}\s+(\d+)$/gm)];
    counted = values.reduce((sum, [, value]) => sum + Number(value), 0);
  }
  program.kill('SIGKILL');
  t.is(await program.exited, null);
  const stored = storedSignals(folder);
  t.true(stored.length >= counted, `${counted} were counted, ${stored.length} are stored`);
  t.deepEqual(
    before.filter(row => !stored.includes(row)),
    [],
  );
  t.deepEqual(
    stored.filter(row => !expected.includes(row)),
    [],
  );
}

test('a restart of a live machine takes matches up where they were, and signals none anew', async t => {
  const folder = temporaryFolder(t);
  const traders = join(temporaryFolder(t), 'traders.json');
  writeFileSync(traders, '[{"id":"all","name":"All","filter":{"code":"return true;"}}]');
  const args = ['--port', '0', '--host', '127.0.0.1', '--workers', '1', '--symbols', '5'];
  const env = {DATA_DIR: folder, TRADERS_FILE: traders, SCREENING_INTERVAL_MS: '100'};
  const first = startProgram(t, args, env);
  await first.line(/Screened 1 trader: 5 new, 0 continuing/);
  first.kill('SIGKILL');
  await first.exited;
  const second = startProgram(t, args, env);
  await second.line(/Screened 1 trader: 0 new, 5 continuing/);
  second.kill('SIGINT');
  t.is(await second.exited, 0);
  t.is(storedSignals(folder).length, 5);
});

test('the machine takes up changed traders, and their series leave, without a restart', async t => {
  const traders = join(temporaryFolder(t), 'traders.json');
  const write = (list: readonly object[]) => writeFileSync(traders, JSON.stringify(list));
  const code = {filter: {code: 'return true;'}};
  write([{id: 'a', name: 'A', ...code}]);
  const folder = temporaryFolder(t);
  const args = ['--port', '0', '--host', '127.0.0.1', '--workers', '1', '--symbols', '5'];
  const env = {DATA_DIR: folder, TRADERS_FILE: traders, SCREENING_INTERVAL_MS: '100'};
  const program = startProgram(t, args, env);
  const [, url = ''] = await program.line(/Metrics at (http:\S+)/);
  const page = async () => (await fetch(url)).text();
  await program.line(/Screened 1 trader/);
  t.true((await page()).includes('trader_id="a",trader_name="A"'));
  write([
    {id: 'a', name: 'Renamed', ...code},
    {id: 'b', name: 'B', ...code},
  ]);
  await program.line(/Screened 2 traders/);
  const renamed = await page();
  t.true(renamed.includes('trader_name="Renamed"') && renamed.includes('trader_id="b"'));
  t.false(renamed.includes('trader_name="A"'));
  write([{id: 'b', name: 'B', ...code}]);
  const table = new Database(join(folder, 'threadtally.db'), {timeout: 10_000});
  table.exec(`insert into traders (id, name, filter) values
    ('t', 'Of the table', '{"code":"return false;"}'), ('b', 'Not this one', '{"code":"return false;"}')`);
  table.close();
  let now = await page();
  while (now.includes('trader_id="a"') || !now.includes('trader_name="Of the table"'))
    now = await page();
  t.true(now.includes('trader_name="B"'));
  t.false(now.includes('Not this one'));
  writeFileSync(traders, '[{]');
  await program.line(/The file's traders stay as they were: .*expected JSON, got "]"/);
  t.true((await page()).includes('trader_name="B"'));
  program.kill('SIGINT');
  t.is(await program.exited, 0);
});
