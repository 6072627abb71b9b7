import {readFileSync} from 'node:fs';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {BUILT_IN_TRADERS} from '../src/screener/built-in-traders.js';
import {parsePage, type Samples, sampleKey} from './support/exposition.js';
import {startProgram, urlOf} from './support/program.js';
import {writtenRecording} from './support/written-recording.js';

/** The pages that have a heading for each error code: the library's and the machine's. */
const pages = ['README.md', 'docs/machine.md'].map(file => readFileSync(file, 'utf8')).join('\n');

const QUICK = ['--port', '0', '--host', '127.0.0.1', '--screening-interval-ms', '100'];

async function scrape(url: string): Promise<Samples> {
  const response = await fetch(`${url}/metrics`);
  return parsePage(new Uint8Array(await response.arrayBuffer()));
}

function sumOf(samples: Samples, name: string): number {
  const values = [...samples].filter(([key]) => key.startsWith(`${name}{`));
  return values.reduce((sum, [, value]) => sum + value, 0);
}

async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'threadtally-'));
  t.teardown(() => rm(folder, {recursive: true}));
  return folder;
}

test.serial(
  'main screens the simulated market, serves true values, and exits 0 on SIGINT',
  async t => {
    const program = startProgram(t, [...QUICK, '--workers', '2', '--symbols', '5']);
    const url = await urlOf(program);
    for (let i = 0; i < 3; i++)
      await program.line(
        /Screened 8 traders: \d+ new, \d+ continuing, [\d.]+ ms, stream connected$/,
      );
    t.is((await fetch(`${url}/readyz`)).status, 200);
    t.is((await fetch(url)).status, 200);
    const samples = await scrape(url);
    for (const {id, name} of BUILT_IN_TRADERS) {
      const labels = {trader_id: id, trader_name: name};
      const screenings = samples.get(sampleKey('trader_screenings_total', labels)) ?? 0;
      t.true(screenings >= 1, id);
      t.is(samples.get(sampleKey('trader_symbols_watching', {trader_id: id})), 5);
      const times = samples.get(sampleKey('trader_execution_time_ms_count', labels));
      t.is(times, screenings);
      const matches = samples.get(sampleKey('trader_matches_total', labels)) ?? 0;
      const signals = samples.get(sampleKey('trader_signals_total', labels)) ?? 0;
      t.true(matches >= signals, id);
    }
    t.is(samples.get(sampleKey('screener_queue_depth')) !== undefined, true);
    t.is(
      (samples.get(sampleKey('screener_workers_active')) ?? 0) +
        (samples.get(sampleKey('screener_workers_idle')) ?? 0),
      2,
    );
    const btc = {symbol: 'BTCUSDT', interval: '5m'};
    t.true((samples.get(sampleKey('kline_updates_total', btc)) ?? 0) >= 300);
    t.true((samples.get(sampleKey('kline_buffer_size', btc)) ?? 0) >= 300);
    t.is(samples.get(sampleKey('kline_missing_data_total', btc)), 0);
    const age = samples.get(sampleKey('kline_data_age_seconds', btc)) ?? -1;
    const updated = samples.get(sampleKey('kline_last_update_timestamp', btc)) ?? 0;
    t.true(age >= 0 && age < 600);
    t.true(Math.abs(Date.now() - updated) < 600_000);
    t.is(samples.get(sampleKey('binance_ws_connected', {status: 'connected'})), 1);
    t.is(samples.get(sampleKey('binance_ws_reconnects_total')), 0);
    t.is(samples.get(sampleKey('binance_rest_requests_total', {status: '200'})), 13);
    t.is(samples.get(sampleKey('kline_repairs_pending')), 0);
    // Signals are counted once they are committed; those of a screening under way may be ahead.
    const committed = samples.get(sampleKey('sync_rows_written_total', {queue_type: 'signals'}));
    t.true((committed ?? -1) >= sumOf(samples, 'trader_signals_total'));
    t.is(sumOf(samples, 'hub_samples_dropped_total'), 0);
    t.is(
      ['signals_pending_analysis', 'signals_analyzed_total', 'signals_failed_total']
        .map(name => samples.get(sampleKey(name)) ?? Number.NaN)
        .reduce((sum, value) => sum + value),
      sumOf(samples, 'trader_signals_total'),
    );
    program.kill('SIGINT');
    t.is(await program.exited, 0);
    t.deepEqual(program.errorLines, []);
    t.regex(
      program.lines.at(-1) ?? '',
      /Stopped after \d+ screenings?, \d+ match(?:es)?, \d+ signals?$/,
    );
  },
);

test.serial(
  'main exits 0 on SIGTERM while a filter never ends, before Fly would kill it',
  async t => {
    const folder = await temporaryFolder(t);
    const file = join(folder, 'traders.json');
    await writeFile(
      file,
      JSON.stringify([{id: 'e', name: 'Endless', filter: {code: 'for (;;);'}}]),
    );
    const program = startProgram(t, QUICK, {TRADERS_FILE: file, WORKERS: '1'});
    const url = await urlOf(program);
    await program.line(/Simulated market/);
    let active = 0;
    while (active === 0) {
      active = (await scrape(url)).get(sampleKey('screener_workers_active')) ?? 0;
    }
    program.kill('SIGTERM');
    t.is(await program.exited, 0);
  },
);

test.serial(
  'main replays a recording to its end, with a summary that its metrics bear out',
  async t => {
    const folder = writtenRecording(t, 120);
    const program = startProgram(t, [...QUICK, '--replay', folder, '--speed', 'max']);
    const [, screenings, matches, signals] = (
      await program.line(
        /Replay ended: (\d+) screenings, (\d+) matches, (\d+) signals in [\d.]+ s$/,
      )
    ).map(Number);
    t.is(screenings, 120);
    t.true((signals ?? 0) > 0 && (matches ?? 0) >= (signals ?? 0));
    const [, analysed, failed] = (await program.line(/Signals: (\d+) analysed, (\d+) failed$/)).map(
      Number,
    );
    t.is((analysed ?? 0) + (failed ?? 0), signals ?? 0);
    t.is(await program.exited, 0);
    t.deepEqual(program.errorLines, []);
  },
);

test.serial('main serves the market time and the gaps of a replay', async t => {
  const folder = writtenRecording(t, 120);
  // At this speed one candle is 90 ms: slow enough to scrape in the middle, done in 11 s at most.
  const program = startProgram(t, [...QUICK, '--replay', folder, '--speed', '10000']);
  const url = await urlOf(program);
  const labels = {symbol: 'AUSDT', interval: '15m'};
  let samples = await scrape(url);
  while ((samples.get(sampleKey('kline_updates_total', labels)) ?? 0) < 52) {
    samples = await scrape(url);
  }
  const updates = samples.get(sampleKey('kline_updates_total', labels)) ?? 0;
  t.is(samples.get(sampleKey('kline_missing_data_total', labels)), 3);
  t.is(samples.get(sampleKey('kline_buffer_size', labels)), updates);
  t.is(
    samples.get(sampleKey('kline_last_update_timestamp', labels)),
    1_767_225_600_000 + (updates + 3) * 900_000 - 1,
  );
  t.is(samples.get(sampleKey('kline_data_age_seconds', labels)), 0);
  program.kill('SIGINT');
  t.is(await program.exited, 0);
});

test.serial('main prints --help and exits 0', async t => {
  const program = startProgram(t, ['--help']);
  t.is(await program.exited, 0);
  const text = program.lines.join('\n');
  for (const word of ['--port', 'METRICS_PORT', '--replay', '--speed', '--traders', 'LOG_LEVEL']) {
    t.true(text.includes(word), word);
  }
});

/** What a user may get wrong, how the machine must end, and the one line that it must say. */
async function refusal(t: ExecutionContext, args: readonly string[], code: number, line: RegExp) {
  const program = startProgram(t, args);
  t.is(await program.exited, code);
  t.is(program.errorLines.length, 1, program.errorLines.join('\n'));
  const [, message = '', errorCode] = /^(.*) \[(\w+)\]$/.exec(program.errorLines[0] ?? '') ?? [];
  t.regex(message, line);
  t.true(pages.includes(`\`${errorCode}\``), `A page has ${errorCode}`);
}

test.serial('main refuses bad flags with one line and exit 2', async t => {
  await refusal(t, ['--prot', '1'], 2, /^Unknown flag --prot; did you mean --port\?/);
  await refusal(t, ['--port', 'abc'], 2, /^Expected --port to be .*65535, got "abc"$/);
  await refusal(t, ['--workers', '0'], 2, /^Expected --workers to be .*, got "0"$/);
});

test.serial('main refuses a port that is taken with one line and exit 1', async t => {
  const blocker = createServer();
  await new Promise<void>(resolve => blocker.listen(0, '127.0.0.1', resolve));
  t.teardown(() => blocker.close());
  const {port} = blocker.address() as {port: number};
  const args = ['--port', String(port), '--host', '127.0.0.1'];
  await refusal(t, args, 1, new RegExp(`port ${port} on 127.0.0.1 to be free, got EADDRINUSE`));
});

test.serial('main refuses bad recordings with one line and exit 1', async t => {
  const folder = writtenRecording(t, 20);
  const replay = (dir: string) => [...QUICK, '--log-level', 'error', '--replay', dir];
  await refusal(t, replay(join(folder, 'none')), 1, /none: expected a folder, got ENOENT/);
  await writeFile(join(folder, 'CUSDT-5m.csv'), '1,2,3\n');
  await refusal(t, replay(folder), 1, /CUSDT-5m\.csv:1: expected 12 fields, got 3$/);
  await writeFile(join(folder, 'CUSDT-5m.csv.gz'), 'no gzip');
  await refusal(t, replay(folder), 1, /CUSDT-5m\.csv/);
  await refusal(
    t,
    replay(await temporaryFolder(t)),
    1,
    /expected <SYMBOL>-<interval>\.csv\.gz files, got 0 other files$/,
  );
});

test.serial('main refuses bad traders files with one line and exit 1', async t => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'traders.json');
  const args = [...QUICK, '--traders', file];
  await refusal(t, args, 1, /traders\.json: expected a readable file, got .*ENOENT/);
  await writeFile(file, '[{]');
  await refusal(t, args, 1, /traders\.json: expected JSON, got "]" at line 1, column 3$/);
  await writeFile(file, '[{"id":"a","name":"A","filter":{}}]');
  await refusal(t, args, 1, /traders\.json: \[0\]\.filter\.code: expected/);
});
