import {Worker} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import {MetricsHub} from '../../src/index.js';
import type {MortalTask} from '../fixtures/mortal-worker.js';
import {ask} from '../http/raw-client.js';
import {serve} from '../http/serve.js';
import {parsePage, type Samples, sampleKey} from '../support/exposition.js';

const FIXTURE = new URL('../fixtures/mortal-worker.js', import.meta.url);
const WORKERS = 3;
/** A record a flush, and the last record is flushed too. */
const RECORDS = 301;

/** Resolves when a worker has recorded and flushed everything, and runs in an endless loop. */
async function startStuck(t: ExecutionContext, hub: MetricsHub): Promise<void> {
  const task: MortalTask = {
    death: 'spin',
    records: RECORDS,
    flushEvery: 1,
    truth: new SharedArrayBuffer(12),
  };
  const worker = new Worker(FIXTURE, {workerData: task});
  t.teardown(() => worker.terminate());
  hub.attach(worker);
  const waiting = Atomics.waitAsync(new Int32Array(task.truth), 0, 0);
  if (waiting.async) await waiting.value;
}

function jobsOf(samples: Samples): number[] {
  return [0, 1, 2].map(i => samples.get(sampleKey('jobs_total', {kind: `k${i}`})) ?? 0);
}

test('a scrape is answered with the last totals while every worker is in an endless loop', async t => {
  const hub = new MetricsHub();
  const server = await serve(t, {source: hub});
  await Promise.all(Array.from({length: WORKERS}, () => startStuck(t, hub)));
  const scrape = async () => {
    const {statusLine, body} = await ask(t, server, ['GET', '/metrics']);
    t.is(statusLine, 'HTTP/1.1 200 OK');
    return parsePage(body);
  };
  let samples = await scrape();
  // Deltas that were posted may still be on their way to this thread: they need its turns, no worker's.
  while ((samples.get('hub_deltas_total{}') ?? 0) < WORKERS * RECORDS) samples = await scrape();
  t.deepEqual(jobsOf(samples), [101 * WORKERS, 100 * WORKERS, 100 * WORKERS]);
  t.is(samples.get('job_time_count{}'), RECORDS * WORKERS);
  t.is(samples.get('job_level{}'), RECORDS * WORKERS);
  t.is(samples.get('hub_workers{}'), WORKERS);
  t.is(samples.get('hub_settlements_total{}'), 0);
});
