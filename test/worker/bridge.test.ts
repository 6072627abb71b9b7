import {execFile} from 'node:child_process';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {promisify} from 'node:util';
import {Worker} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import client from 'prom-client';
import {type FlushMark, MetricsHub, type MetricsHubOptions} from '../../src/index.js';
import {PROCESS_METRICS} from '../../src/worker.js';
import type {Step} from '../fixtures/bridged-worker.js';
import {startAskedWorker} from '../support/asked-worker.js';
import {parsePage} from '../support/exposition.js';

function newHub(options: MetricsHubOptions = {}) {
  const warnings: string[] = [];
  const hub = new MetricsHub({onWarning: line => warnings.push(line), ...options});
  const samples = () => parsePage(hub.renderPage().body);
  return {hub, warnings, samples};
}

function startBridged(t: ExecutionContext, hub: MetricsHub) {
  const {worker, attachment, ask} = startAskedWorker<Step>(t, hub, 'bridged-worker');
  const run = async (...steps: Step[]) => {
    for (const step of steps) await ask(step);
  };
  const flush = async (step: Step = 'flush') => {
    const {mark, warnings} = (await ask(step)) as {mark: FlushMark; warnings: string[]};
    await hub.merged(mark);
    return warnings;
  };
  return {worker, attachment, ask, run, flush};
}

test('bridge() sends what a worker registers with the global register, as of the flush', async t => {
  const {hub, samples, warnings} = newHub();
  const {run, flush} = startBridged(t, hub);
  await run('record');
  t.is(samples().get('jobs_total{kind="a"}'), undefined);
  t.deepEqual(await flush(), []);
  const page = samples();
  t.is(page.get('jobs_total{kind="a"}'), 2);
  t.is(page.get('job_level{kind="a"}'), 4);
  const buckets = ['1', '5', '+Inf'].map(le => page.get(`job_time_bucket{le="${le}"}`));
  t.deepEqual(buckets, [1, 2, 3]);
  t.deepEqual([page.get('job_time_sum{}'), page.get('job_time_count{}')], [10.5, 3]);
  t.is(page.get('asked{}'), 1, 'an async collect is awaited');
  t.is(page.get('hub_workers{}'), 1);
  t.deepEqual(warnings, []);
});

test('bridge() shows the very number that prom-client does, fractions too', async t => {
  const {hub, samples} = newHub();
  const {run, flush} = startBridged(t, hub);
  const peer = new client.Counter({name: 'parts_total', help: 'P', registers: []});
  for (let i = 0; i < 5; i++) {
    await run('record');
    for (let n = 0; n < 10; n++) peer.inc(0.1);
    await flush();
    t.is(samples().get('parts_total{}'), (await peer.get()).values[0]!.value);
  }
});

test("bridge() of several workers agrees with prom-client's aggregate()", async t => {
  const {hub, samples} = newHub();
  const workers = [startBridged(t, hub), startBridged(t, hub)];
  const peers = [1, 2].map(times => {
    const registry = new client.Registry();
    const registers = [registry];
    const jobs = new client.Counter({
      name: 'jobs_total',
      help: 'J',
      labelNames: ['kind'],
      registers,
    });
    const time = new client.Histogram({name: 'job_time', help: 'T', buckets: [1, 5], registers});
    const level = new client.Gauge({name: 'job_level', help: 'L', labelNames: ['kind'], registers});
    for (let i = 0; i < times; i++) {
      jobs.inc({kind: 'a'}, 2);
      for (const value of [0.5, 3, 7]) time.observe(value);
      level.set({kind: 'a'}, 4);
    }
    return registry;
  });
  await workers[0]!.run('record');
  await workers[1]!.run('record', 'record');
  for (const {flush} of workers) await flush();
  const json = await Promise.all(peers.map(peer => peer.getMetricsAsJSON()));
  const expected = parsePage(await client.AggregatorRegistry.aggregate(json).metrics());
  t.is(expected.size, 7);
  const page = samples();
  for (const [key, value] of expected) t.is(page.get(key), value, key);
});

test('bridge() of a worker that is killed keeps its totals as of the last flush; its gauges leave', async t => {
  for (const death of ['terminate', 'die'] as const) {
    const {hub, samples} = newHub();
    const {worker, attachment, run, flush} = startBridged(t, hub);
    await run('record', 'record');
    await flush();
    await run('record b');
    const exited = new Promise(resolve => worker.once('exit', resolve));
    if (death === 'die') worker.postMessage('die');
    else void worker.terminate();
    await exited;
    await attachment.settled();
    const page = samples();
    t.is(page.get('jobs_total{kind="a"}'), 4);
    t.is(page.get('jobs_total{kind="b"}'), undefined);
    t.is(page.get('job_time_count{}'), 6);
    t.is(page.get('job_level{kind="a"}'), undefined);
    t.is(page.get('hub_workers{}'), 0);
  }
});

test('a bridged Summary and a Summary of this package agree, and a killed worker keeps what it observed', async t => {
  const {hub, samples, warnings} = newHub();
  const [bridged, own] = [startBridged(t, hub), startBridged(t, hub)];
  await bridged.run('observe');
  await own.run('observe own');
  const said = [await bridged.flush(), await own.flush()];
  const near = (key: string, value: number) =>
    Math.abs(samples().get(key)! - value) <= value * 0.01;
  t.true(near('size{quantile="0"}', 1));
  t.true(near('size{quantile="0.5"}', 4));
  t.true(near('size{quantile="1"}', 32));
  t.deepEqual([samples().get('size_sum{}'), samples().get('size_count{}')], [63, 6]);
  // Not flushed: what a bridged Summary observes stands in the ledger at once.
  await bridged.run('observe');
  await bridged.worker.terminate();
  await bridged.attachment.settled();
  t.deepEqual([samples().get('size_sum{}'), samples().get('size_count{}')], [70, 9]);
  t.is(samples().get('known_size_count{}'), 2);
  t.deepEqual([...said.flat(), ...warnings], []);
});

test('the window of a Summary slides over what workers observed that live and that have died', async t => {
  let nowMs = 0;
  const {hub, samples} = newHub({now: () => nowMs});
  const [bridged, own] = [startBridged(t, hub), startBridged(t, hub)];
  await bridged.run('observe');
  await bridged.flush();
  const greatest = () => Math.round(samples().get('size{quantile="1"}')!);
  t.is(greatest(), 4);
  nowMs = 200_000;
  await own.run('observe own');
  await own.worker.terminate();
  await own.attachment.settled();
  t.is(greatest(), 32);
  // Five steps of 120 s: the first three observations leave after the fifth.
  nowMs = 600_001;
  t.is(Math.round(samples().get('size{quantile="0"}')!), 8);
  nowMs = 720_001;
  t.is(greatest(), 0, 'the dead age too');
  await bridged.run('observe');
  t.is(greatest(), 4);
  t.is(samples().get('size_count{}'), 9);
  const json = (await hub.registry.getMetricsAsJSON()).find(({name}) => name === 'size');
  t.is(Math.round(json!.values.find(({labels}) => labels.quantile === 1)!.value), 4);
});

test('reset() of a bridged metric lets no total fall', async t => {
  const {hub, samples} = newHub();
  const {run, flush} = startBridged(t, hub);
  for (let round = 1; round < 4; round++) {
    await run('record');
    await flush();
    for (let i = 0; i < 2; i++) {
      await run('reset');
      await flush();
      const page = samples();
      t.is(page.get('jobs_total{kind="a"}'), 2 * round);
      t.is(page.get('job_time_count{}'), 3 * round);
      t.is(page.get('job_time_sum{}'), 10.5 * round);
      t.is(page.get('job_level{kind="a"}'), undefined);
    }
  }
});

test('remove() of a bridged label set takes it off the page', async t => {
  const {hub, samples} = newHub();
  const {run, flush} = startBridged(t, hub);
  await run('record', 'record b');
  await flush();
  await run('remove');
  await flush();
  const page = samples();
  t.is(page.get('jobs_total{kind="a"}'), undefined);
  t.is(page.get('jobs_total{kind="b"}'), 1);
  t.is(page.get('job_level{kind="a"}'), undefined);
  await run('record');
  await flush();
  t.is(samples().get('jobs_total{kind="a"}'), 2);
});

test("bridge() sends default metrics, but for those that are the whole process's", async t => {
  const {hub, warnings} = newHub();
  const {ask, flush} = startBridged(t, hub);
  const names = (await ask('default metrics')) as string[];
  await flush();
  const text = new TextDecoder().decode(hub.renderPage().body);
  for (const name of names) {
    const count = text.match(new RegExp(`^# TYPE ${name} `, 'gm'))?.length ?? 0;
    t.is(count, PROCESS_METRICS.includes(name) ? 0 : 1, name);
  }
  t.regex(text, /^nodejs_heap_size_used_bytes +\d{6,}$/m);
  t.deepEqual(warnings, []);
});

test('a collect that fails or hangs harms no other metric, is counted and warned of once', async t => {
  const {hub, samples} = newHub();
  const {run, flush} = startBridged(t, hub);
  await run('fail', 'hang');
  for (let i = 1; i < 4; i++) {
    await run('record');
    t.deepEqual(await flush(), [
      'Expected `collect` of failing to succeed, got Error: no value',
      'Expected `collect` of hanging to end, got no end; its values are the last known',
    ]);
    const page = samples();
    t.is(page.get('jobs_total{kind="a"}'), 2 * i);
  }
  await flush();
  const page = samples();
  t.is(page.get('hub_collect_failures_total{reason="error"}'), 4);
  t.is(page.get('hub_collect_failures_total{reason="timeout"}'), 4);
});

test('bridge() works beside connect(): one worker, one slot, and both count in one family', async t => {
  const {hub, samples} = newHub();
  const {ask, run, flush} = startBridged(t, hub);
  await run('record');
  await flush();
  t.true(await ask('connect'), 'a registry is bridged once');
  await run('record', 'reset', 'record');
  await flush('flush twice');
  await nextTurn();
  const page = samples();
  t.is(page.get('own_total{}'), 1);
  t.is(page.get('jobs_total{kind="a"}'), 104);
  t.is(page.get('hub_workers{}'), 1);
});

test('bridge() counts a metric once that records here already and stands in the registry too', async t => {
  const {hub, samples} = newHub();
  const {ask, flush} = startBridged(t, hub);
  t.true(await ask('own class'));
  for (let i = 0; i < 2; i++) {
    await flush();
    const page = samples();
    t.is(page.get('ours_total{}'), 3);
    t.is(page.get('hub_workers{}'), 1);
  }
});

test('bridge() flushes by a timer where nobody does', async t => {
  const {hub, samples} = newHub();
  const worker = new Worker(new URL('../fixtures/ticking-worker.js', import.meta.url));
  t.teardown(() => worker.terminate());
  hub.attach(worker);
  while (samples().get('ticks_total{}') !== 3) await nextTurn();
  t.pass();
});

test('bridge() on a thread without a parent throws at once', async t => {
  // AVA's own tests run in worker threads.
  const url = new URL('../../src/worker.js', import.meta.url).href;
  const code = `import {bridge} from '${url}'; try { bridge() } catch (e) { console.log(String(e)) }`;
  const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
  t.is(
    stdout,
    "TypeError: Expected bridge() to be called in a worker thread, got the main thread: there use its hub's recorder, or prom-client's own classes with `registers: [hub.registry]`\n",
  );
});
