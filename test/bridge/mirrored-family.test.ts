import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import client from 'prom-client';
import {parsePage, sampleKey} from '../support/exposition.js';
import {InProcessHub} from '../support/in-process.js';
import {newMirror} from '../support/mirror.js';

/** Bridged registries of one worker, and what the hub shows once all of them were read. */
function newSides(count: number) {
  const hub = new InProcessHub();
  const writer = hub.newWriter();
  const sides = Array.from({length: count}, () => newMirror(writer.recorder));
  const read = async () => {
    for (const {mirror} of sides) await mirror.collect();
    writer.recorder.flush();
    writer.deliver();
    return parsePage(hub.text());
  };
  return {sides, read, recorder: writer.recorder};
}

const KIND = {help: 'J', labelNames: ['k'] as const};

test('a bridged counter whose collect resets it and adds an absolute value shows that value', async t => {
  const {sides, read} = newSides(1);
  const registers = [sides[0]!.registry];
  const current: Record<string, number> = {a: 100, b: 7};
  new client.Counter({
    ...KIND,
    name: 'sync',
    registers,
    collect() {
      this.reset();
      for (const [k, value] of Object.entries(current)) this.inc({k}, value);
    },
  });
  new client.Counter({
    name: 'awaited',
    help: 'A',
    registers,
    async collect() {
      await nextTurn();
      this.reset();
      this.inc(current.a);
    },
  });
  const seen = async () => {
    const samples = await read();
    const sync = ['a', 'b'].map(k => samples.get(sampleKey('sync', {k})));
    return [samples.get('awaited{}'), ...sync];
  };
  t.deepEqual(await seen(), [100, 100, 7]);
  t.deepEqual(await seen(), [100, 100, 7]);
  current.a = 105;
  t.deepEqual(await seen(), [105, 105, 7]);
  delete current.b;
  t.deepEqual(await seen(), [105, 105, 7], 'what is left out stays');
  current.b = 9;
  t.deepEqual(await seen(), [105, 105, 9], 'and goes on');
  current.a = 20;
  t.deepEqual(await seen(), [125, 125, 9], 'a lower value began anew');
  t.deepEqual(await seen(), [125, 125, 9]);
  for (const register of registers) register.resetMetrics();
  t.deepEqual(await seen(), [125, 125, 9], 'a reset elsewhere changes nothing');
});

test('a bridged histogram whose collect observes all again counts each once', async t => {
  const {sides, read} = newSides(1);
  const observed = [0.5, 3];
  new client.Histogram({
    name: 'h',
    help: 'H',
    buckets: [1],
    registers: [sides[0]!.registry],
    collect() {
      this.reset();
      for (const value of observed) this.observe(value);
    },
  });
  const seen = async () => {
    const samples = await read();
    return ['h_bucket{le="1"}', 'h_count{}', 'h_sum{}'].map(key => samples.get(key));
  };
  for (let i = 0; i < 3; i++) t.deepEqual(await seen(), [1, 2, 3.5]);
  observed.push(1);
  for (let i = 0; i < 3; i++) t.deepEqual(await seen(), [2, 3, 4.5]);
});

test('a reset between two readings of a metric with collect begins anew', async t => {
  const {sides, read} = newSides(1);
  const jobs = new client.Counter({
    name: 'c',
    help: 'C',
    registers: [sides[0]!.registry],
    collect() {},
  });
  jobs.inc(3);
  await read();
  jobs.reset();
  jobs.inc(5);
  t.is((await read()).get('c{}'), 8);
});

test('default labels that a bridged registry gets after its first reading are left off, and cost no count', async t => {
  const {sides, read} = newSides(1);
  const {registry, warnings} = sides[0]!;
  const registers = [registry];
  const jobs = new client.Counter({name: 'jobs_total', help: 'J', registers});
  const sizes = new client.Summary({name: 'size', help: 'S', registers});
  jobs.inc(3);
  sizes.observe(1);
  await read();
  registry.setDefaultLabels({region: 'eu'});
  jobs.inc(4);
  sizes.observe(2);
  const late = new client.Gauge({name: 'late', help: 'L', registers});
  late.set(5);
  await read();
  const samples = await read();
  t.is(samples.get('jobs_total{}'), 7);
  t.is(samples.get('size_count{}'), 2);
  t.is(samples.get(sampleKey('late', {region: 'eu'})), 5, 'a family that comes later has them');
  t.deepEqual(warnings, [
    'Expected default labels before the first reading of jobs_total, got region later: left off',
  ]);
  registry.setDefaultLabels({});
  late.set(6);
  t.is((await read()).get('late{}'), 6, 'those that are gone are no labels');
});

test('two bridged registries with one family: remove() in one keeps what the other has counted', async t => {
  const {sides, read} = newSides(2);
  const jobs = sides.map(({registry}) => {
    return new client.Counter({...KIND, name: 'jobs_total', registers: [registry]});
  });
  const seen = async () => (await read()).get(sampleKey('jobs_total', {k: 'x'}));
  jobs[0]!.inc({k: 'x'}, 3);
  jobs[1]!.inc({k: 'x'}, 4);
  t.is(await seen(), 7);
  jobs[0]!.remove('x');
  jobs[1]!.inc({k: 'x'}, 1);
  t.is(await seen(), 8);
  jobs[0]!.inc({k: 'x'}, 0.25);
  t.is(await seen(), 8.25);
  jobs[0]!.remove('x');
  await read();
  jobs[1]!.remove('x');
  t.is(await seen(), undefined, 'it leaves with the last of them');
  jobs[1]!.inc({k: 'x'}, 2);
  t.is(await seen(), 2);
});

test('two bridged registries with one Summary: remove() in one keeps what the other has observed', async t => {
  const {sides, read} = newSides(2);
  const sizes = sides.map(({registry}) => {
    return new client.Summary({...KIND, name: 'size', registers: [registry]});
  });
  for (const [i, size] of sizes.entries()) size.observe({k: 'x'}, i + 1);
  const seen = async () => (await read()).get(sampleKey('size_count', {k: 'x'}));
  t.is(await seen(), 2);
  sizes[0]!.remove('x');
  t.is(await seen(), 2);
  sizes[1]!.remove('x');
  t.is(await seen(), undefined);
});

test('remove() of a bridged label set keeps what a recorder of that worker has counted in it', async t => {
  const {sides, read, recorder} = newSides(1);
  const own = recorder.counter({...KIND, name: 'jobs_total'});
  const jobs = new client.Counter({...KIND, name: 'jobs_total', registers: [sides[0]!.registry]});
  own.inc({k: 'x'}, 4);
  jobs.inc({k: 'x'}, 3);
  t.is((await read()).get(sampleKey('jobs_total', {k: 'x'})), 7);
  jobs.remove('x');
  t.is((await read()).get(sampleKey('jobs_total', {k: 'x'})), 7);
});
