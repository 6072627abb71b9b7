import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import test from 'ava';
import {MetricsHub} from '../../src/index.js';
import type {NestingTask} from '../fixtures/nesting-worker.js';
import {samplesOf} from '../support/counting.js';
import {watchMonotony} from '../support/exposition.js';

const NESTING = new URL('../fixtures/nesting-worker.js', import.meta.url);

function startNesting(hub: MetricsHub, task: NestingTask) {
  const worker = new Worker(NESTING, {workerData: task});
  return {worker, attachment: hub.attach(worker)};
}

test.serial(
  'workers of workers: attach() in the outer one lets the hub count the inner one',
  async t => {
    const hub = new MetricsHub();
    const {worker, attachment} = startNesting(hub, {inner: {jobs: 9, kind: 'inner'}, depth: 0});
    t.deepEqual(await once(worker, 'message'), ['inner: counted']);
    await attachment.settled();
    const samples = samplesOf(hub);
    t.is(samples.get('jobs_total{kind="inner"}'), 9);
    t.is(samples.get('outer_total{}'), 1);
    t.is(samples.get('hub_settlements_total{}'), 2);
    t.is(samples.get('hub_workers{}'), 0);
  },
);

test.serial('workers of workers: one three levels down is attached in the same way', async t => {
  const hub = new MetricsHub();
  await startNesting(hub, {inner: {jobs: 9, kind: 'inner'}, depth: 1}).attachment.settled();
  const samples = samplesOf(hub);
  t.is(samples.get('jobs_total{kind="inner"}'), 9);
  t.is(samples.get('outer_total{}'), 2);
  t.is(samples.get('hub_settlements_total{}'), 3);
});

test.serial(
  'workers of workers: terminating the outer one keeps what the inner one counted',
  async t => {
    const hub = new MetricsHub();
    const watch = watchMonotony(t, () => hub.renderPage().body);
    const marks = new Int32Array(new SharedArrayBuffer(8));
    const truth = marks.buffer as SharedArrayBuffer;
    const inner = {jobs: 0, kind: 'inner', truth};
    const {worker, attachment} = startNesting(hub, {inner, depth: 0});
    t.teardown(() => worker.terminate());
    // The inner worker's word comes after its hello, by the same way.
    await once(worker, 'message');
    while (Atomics.load(marks, 1) < 100) watch.look();
    t.is(watch.look().get('hub_workers{}'), 2);
    await worker.terminate();
    await attachment.settled();
    const total = watch.look().get('jobs_total{kind="inner"}') ?? 0;
    const [begun = 0, done = 0] = marks;
    t.true(total >= done && total <= begun, `${done} <= ${total} <= ${begun}`);
    t.is(watch.look().get('hub_workers{}'), 0);
  },
);
