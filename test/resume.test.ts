import {writeFileSync} from 'node:fs';
import type {ServerResponse} from 'node:http';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import Database from 'libsql';
import {KlineStore} from '../src/market/kline-store.js';
import {Orchestrator, RESUME_AGE_MS_MAX} from '../src/orchestrator.js';
import type {AnalysisRequest} from '../src/signals/analyser.js';
import {readMatchCandles} from '../src/signals/match-candles.js';
import {startEndpoint} from './support/endpoint.js';
import {parsePage, sampleKey} from './support/exposition.js';
import {fillStore, startMachine} from './support/machine.js';
import {startProgram, urlOf} from './support/program.js';
import {signalOf} from './support/rows.js';
import {requestOf, startQueue, WAIT} from './support/signals.js';
import {temporaryFolder} from './support/temporary-folder.js';

const ARGS = ['--port', '0', '--host', '127.0.0.1', '--workers', '1', '--symbols', '5'];

function statesOf(folder: string): Record<string, number> {
  const reader = new Database(join(folder, 'threadtally.db'), {readonly: true});
  const rows = reader.prepare('select status, count(*) from signals group by status').raw().all();
  reader.close();
  return Object.fromEntries(rows as [string, number][]);
}

/** Has a machine make five signals that nobody answers for, and ends it by `end`; then runs it again with answers. */
async function endAmidAnalyses(t: ExecutionContext, end: 'SIGKILL' | 'SIGTERM') {
  const folder = temporaryFolder(t);
  let isAnswering = false;
  const unanswered: ServerResponse[] = [];
  const {url, received} = await startEndpoint(t, response => {
    if (isAnswering) response.end(JSON.stringify(WAIT));
    else unanswered.push(response);
  });
  const file = join(temporaryFolder(t), 'traders.json');
  writeFileSync(file, '[{"id":"all","name":"All","filter":{"code":"return true;"}}]');
  const env = {
    DATA_DIR: folder,
    TRADERS_FILE: file,
    SCREENING_INTERVAL_MS: '100',
    ANALYSIS_URL: url,
  };
  const first = startProgram(t, ARGS, env);
  await first.line(/Screened 1 trader: 5 new/);
  first.kill(end);
  t.is(await first.exited, end === 'SIGTERM' ? 0 : null);
  const between = statesOf(folder);
  isAnswering = true;
  received.length = 0;
  const second = startProgram(t, ARGS, env);
  const base = await urlOf(second);
  await second.line(/Screened 1 trader: 0 new, 5 continuing/);
  const value = async (name: string) => {
    const page = await (await fetch(`${base}/metrics`)).arrayBuffer();
    return parsePage(new Uint8Array(page)).get(sampleKey(name));
  };
  while ((await value('signals_pending_analysis')) !== 0);
  t.is(await value('signals_resumed_total'), 5);
  t.is(await value('signals_analyzed_total'), 5);
  t.is(await value('signals_failed_total'), 0);
  second.kill('SIGINT');
  t.is(await second.exited, 0);
  const asked = received.map(({body}) => (body as {candles: Record<string, unknown[]>}).candles);
  t.true(asked.every(candles => (candles['5m'] ?? []).length > 0));
  // Nothing is left for a third run.
  const third = startProgram(t, ARGS, env);
  await third.line(/Screened 1 trader: 0 new, 5 continuing/);
  t.is(received.length, 5);
  third.kill('SIGINT');
  await third.exited;
  return {between, after: statesOf(folder)};
}

test('signals that kill -9 left without an analysis are analysed by the next run, once', async t => {
  const {between, after} = await endAmidAnalyses(t, 'SIGKILL');
  t.deepEqual(between, {new: 5});
  t.deepEqual(after, {analysed: 5});
});

test('signals that a shutdown failed are analysed by the next run, and are failed until then', async t => {
  const {between, after} = await endAmidAnalyses(t, 'SIGTERM');
  t.deepEqual(between, {failed: 5});
  t.deepEqual(after, {analysed: 5});
});

test('Orchestrator.resume() gives signals with the candles closed at their match; what is too old has expired', async t => {
  const {metrics, pool, store} = await startMachine(t, 1);
  fillStore(store, ['BTCUSDT'], 20);
  const resumed: [AnalysisRequest, string, boolean][] = [];
  const orchestrator = new Orchestrator({
    pool,
    store,
    metrics,
    traders: () => [],
    clock: () => RESUME_AGE_MS_MAX + 3_000_000,
    onTraderTrouble: line => t.fail(line),
    idOf: () => '',
    source: 'test',
    analyse: () => t.fail(),
    resume: (...left) => resumed.push(left),
  });
  const order = {intervals: ['5m'], priority: 'high'} as const;
  const left = (madeAtMs: number, source: string) => ({
    signal: signalOf({madeAtMs, source}),
    ...order,
  });
  orchestrator.resume([
    left(3_000_000, 'test'),
    left(2_999_999, 'test'),
    left(3_000_000, 'another market'),
  ]);
  t.deepEqual(
    resumed.map(([, priority, isExpired]) => [priority, isExpired]),
    [
      ['high', false],
      ['high', true],
      ['high', true],
    ],
  );
  // Ten candles had closed by then, of the twenty that are known now.
  t.is(readMatchCandles(resumed[0]![0]).get('5m')?.length, 10);
});

test('resume() counts, so that pending, analysed and failed add up to what was added and resumed', async t => {
  let answer = (_verdict: typeof WAIT) => {};
  const analyse = () =>
    new Promise<typeof WAIT>(resolve => {
      answer = resolve;
    });
  const {queue, counts, failures} = startQueue({analyse, atOnceMax: 1, waitingMax: 1});
  const request = (name: string) => requestOf(name, new KlineStore().snapshot());
  queue.resume(request('old'), 'normal', true);
  queue.resume(request('first'), 'normal', false);
  queue.resume(request('second'), 'normal', false);
  queue.resume(request('third'), 'normal', false);
  t.like(counts(), {pending: 2, analysed: 0, failed: 2, reasons: {expired: 1, queue_full: 1}});
  t.deepEqual(
    failures.map(({signalId}) => signalId),
    ['old', 'third'],
  );
  answer(WAIT);
  while (counts().analysed === 0) await new Promise(resolve => setImmediate(resolve));
  t.is(counts().pending, 1);
  answer(WAIT);
  await queue.idle();
  t.like(counts(), {pending: 0, analysed: 2, failed: 2});
});
