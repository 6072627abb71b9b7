import {setImmediate as nextTurn} from 'node:timers/promises';
import {Worker} from 'node:worker_threads';
import type {ExecutionContext} from 'ava';
import type {MetricsHub} from '../../src/index.js';
import type {CountingTask} from '../fixtures/counting-worker.js';
import {parsePage, type Samples, sampleKey} from './exposition.js';

const COUNTING = new URL('../fixtures/counting-worker.js', import.meta.url);

/** The samples of this moment. */
export function samplesOf(hub: MetricsHub): Samples {
  return parsePage(hub.renderPage().body);
}

/** Starts a worker that counts its jobs and ends. */
export function startCounting(hub: MetricsHub, task: CountingTask) {
  const worker = new Worker(COUNTING, {workerData: task});
  return {worker, attachment: hub.attach(worker)};
}

/** A worker that counts in an endless loop: it turns its event loop never again, and never flushes. */
export function startBusy(t: ExecutionContext, hub: MetricsHub, kind: string) {
  const marks = new Int32Array(new SharedArrayBuffer(8));
  const truth = marks.buffer as SharedArrayBuffer;
  const {worker, attachment} = startCounting(hub, {jobs: 0, kind, truth});
  t.teardown(() => worker.terminate());
  const begun = () => Atomics.load(marks, 0);
  const done = () => Atomics.load(marks, 1);
  const told = () => samplesOf(hub).get(sampleKey('jobs_total', {kind})) ?? 0;
  /** Resolves once so many jobs are done, and the hub has heard of the metrics: a scrape tells them all from then on. */
  const until = async (count: number) => {
    while (done() < count || told() < count) await nextTurn();
  };
  return {worker, attachment, begun, done, until};
}
