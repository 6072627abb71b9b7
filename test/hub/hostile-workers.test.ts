import {EventEmitter} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import {MetricsHub, type MetricsHubOptions} from '../../src/index.js';
import {encodeDelta} from '../../src/metrics/delta.js';
import {ChannelWorker, isResolvedSoon} from '../support/channel-worker.js';
import {parsePage, sampleKey, watchMonotony} from '../support/exposition.js';

/** A hub with a worker that says what the test wants; its control words are heard, posted and retired. */
function attachOne(t: ExecutionContext, options: MetricsHubOptions = {}) {
  const hub = new MetricsHub(options);
  const emitter = new EventEmitter();
  const attachment = hub.attach(emitter);
  const control = new BigInt64Array(new SharedArrayBuffer(24));
  const worker = new ChannelWorker({control: control.buffer});
  t.teardown(() => worker.die());
  emitter.emit('message', worker.hello);
  const jobs = worker.recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  const sample = (name: string, labels?: Record<string, string>) =>
    parsePage(hub.renderPage().body).get(sampleKey(name, labels));
  return {hub, attachment, worker, control, jobs, sample};
}

test('merged() believes what the hub has merged, whatever the worker writes', async t => {
  const {hub, worker, control, jobs} = attachOne(t);
  jobs.inc({kind: 'a'});
  const first = worker.flush();
  await hub.merged(first);
  control[0] = 0n;
  t.true(await isResolvedSoon(hub.merged(first)));
  control[0] = 2n ** 62n;
  t.false(await isResolvedSoon(hub.merged({...first, sequence: first.sequence + 1})));
});

for (const lie of [-1n, 1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)]) {
  test(`renderPage() shows no count fall where a worker writes ${lie} over its control words`, async t => {
    const {hub, attachment, worker, control, jobs, sample} = attachOne(t);
    const watch = watchMonotony(t, () => hub.renderPage().body);
    const time = worker.recorder.histogram({name: 'time', help: 'T', buckets: [1]});
    for (let i = 1; i <= 6; i++) {
      control.fill(i % 2 === 0 ? lie : 0n);
      jobs.inc({kind: 'a'});
      time.observe(i);
      watch.look();
      await hub.merged(worker.flush());
      watch.look();
    }
    worker.die();
    await attachment.settled();
    t.deepEqual([sample('jobs_total', {kind: 'a'}), sample('time_count')], [6, 6]);
    t.is(sample('time_sum'), 21);
  });
}

test('renderPage() counts once what comes with impossible sequence numbers', async t => {
  const {hub, attachment, worker, jobs, sample} = attachOne(t);
  jobs.inc({kind: 'a'});
  await hub.merged(worker.flush());
  for (const sequence of [Number.NaN, -1, 0, 1, 1.5, 2 ** 60, Number.POSITIVE_INFINITY]) {
    worker.post(encodeDelta(sequence, [0], [100]));
  }
  await isResolvedSoon(Promise.resolve());
  jobs.inc({kind: 'b'}, 7);
  worker.flush();
  worker.die();
  await attachment.settled();
  t.deepEqual([sample('jobs_total', {kind: 'a'}), sample('jobs_total', {kind: 'b'})], [1, 7]);
  t.true((sample('hub_messages_dropped_total', {reason: 'undecodable'}) ?? 0) > 0);
});

test('hub_samples_dropped_total counts what the hub refused once, not again at settlement', async t => {
  const {hub, attachment, worker, jobs, sample} = attachOne(t, {seriesPerFamilyMax: 10});
  for (let i = 0; i < 15; i++) jobs.inc({kind: `k${i}`});
  await hub.merged(worker.flush());
  t.is(sample('hub_samples_dropped_total', {reason: 'series_limit'}), 5);
  worker.die();
  await attachment.settled();
  t.is(sample('hub_samples_dropped_total', {reason: 'series_limit'}), 5);
  t.is(sample('hub_settled_cells_total'), 0);
});

test('a counter beyond 2^53 adds up as doubles do, and stays at infinity', async t => {
  const {hub, attachment, worker, jobs, sample} = attachOne(t);
  const watch = watchMonotony(t, () => hub.renderPage().body);
  const steps: [value: number, total: number][] = [
    [2 ** 53, 2 ** 53],
    [2, 2 ** 53 + 2],
    [1.7e308, 1.7e308],
    [1.7e308, Number.POSITIVE_INFINITY],
    [1, Number.POSITIVE_INFINITY],
  ];
  for (const [value, total] of steps) {
    jobs.inc({kind: 'a'}, value);
    await hub.merged(worker.flush());
    watch.look();
    t.is(sample('jobs_total', {kind: 'a'}), total);
  }
  worker.die();
  await attachment.settled();
  t.is(sample('jobs_total', {kind: 'a'}), Number.POSITIVE_INFINITY);
});

test('flush() of a sum that has become NaN says nothing new the next time', async t => {
  const {hub, worker} = attachOne(t);
  const time = worker.recorder.histogram({name: 'time', help: 'T'});
  for (const value of [1.7e308, 1.7e308, -1.7e308, -1.7e308]) time.observe(value);
  const {sequence} = worker.flush();
  worker.recorder.histogram({name: 'other', help: 'O'}).observe(-1);
  t.is(worker.flush().sequence, sequence + 1);
  t.is(worker.flush().sequence, sequence + 1);
  await hub.merged(worker.flush());
});
