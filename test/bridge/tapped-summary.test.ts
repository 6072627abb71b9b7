import test from 'ava';
import fc from 'fast-check';
import client from 'prom-client';
import {parsePage} from '../support/exposition.js';
import {InProcessHub} from '../support/in-process.js';
import {newMirror} from '../support/mirror.js';
import {nearestRank} from '../support/nearest-rank.js';

/** A bridged registry, and the page on the other side. */
function newSide(hub = new InProcessHub()) {
  const writer = hub.newWriter();
  const {registry, ...rest} = newMirror(writer.recorder);
  const page = () => {
    writer.recorder.flush();
    writer.deliver();
    const samples = parsePage(hub.text());
    return new Map([...samples].filter(([key]) => !key.startsWith('hub_')));
  };
  return {...rest, registry, registers: [registry], page};
}

/** Within a sketch's 1 %. */
function isNear(found: number | undefined, expected: number): boolean {
  return found !== undefined && Math.abs(found - expected) <= Math.abs(expected) * 0.0101;
}

const observed = fc.double({min: 1e-6, max: 1e6, noNaN: true});

test('observations of a bridged Summary are heard by whichever way they come, and each once', async t => {
  const {registers, mirror, page} = newSide();
  const size = new client.Summary({
    name: 'size',
    help: 'S',
    labelNames: ['k'],
    percentiles: [0, 0.5, 1],
    registers,
  });
  const [early, timer] = [size.labels('a'), size.startTimer({k: 'time'})];
  await mirror.collect();
  const late = size.labels({k: 'a'});
  size.observe({k: 'a'}, 1);
  early.observe(2);
  late.observe(4);
  size.labels('b').observe(8);
  timer();
  early.startTimer()();
  for (let i = 0; i < 3; i++) {
    const samples = page();
    t.is(samples.get('size_count{k="a"}'), 4);
    t.true(isNear(samples.get('size{k="a",quantile="1"}'), 4));
    t.true(isNear(samples.get('size{k="a",quantile="0.5"}'), 1));
    t.is(samples.get('size_count{k="b"}'), 1);
    t.true(isNear(samples.get('size{k="b",quantile="0"}'), 8));
    t.is(samples.get('size_count{k="time"}'), 1);
    await mirror.collect();
  }
});

test('what prom-client refuses is not recorded', async t => {
  const {registers, mirror, page} = newSide();
  const size = new client.Summary({name: 'size', help: 'S', labelNames: ['k'], registers});
  await mirror.collect();
  size.observe({k: 'a'}, 1);
  for (const value of [Number.NaN, Infinity, 'text' as never]) {
    t.throws(() => size.observe({k: 'a'}, value));
  }
  t.throws(() => size.observe({other: 'a'} as never, 5));
  t.throws(() => size.labels('a', 'b'));
  await mirror.collect();
  const samples = page();
  t.is(samples.get('size_count{k="a"}'), 1);
  t.is(samples.get('size_sum{k="a"}'), 1);
  t.is(samples.size, 9);
});

test('a bridged Summary and one of the recorder are one family, and show the pooled quantiles', async t => {
  const lists = fc.array(observed, {maxLength: 40});
  const run = async (
    before: readonly number[],
    after: readonly number[],
    other: readonly number[],
  ) => {
    const hub = new InProcessHub();
    const {registers, mirror, page, warnings} = newSide(hub);
    const percentiles = [0, 0.5, 0.9, 1];
    const size = new client.Summary({name: 'size', help: 'S', percentiles, registers});
    for (const value of before) size.observe(value);
    await mirror.collect();
    for (const value of after) size.observe(value);
    const writer = hub.newWriter(1);
    const own = writer.recorder.summary({name: 'size', help: 'S', quantiles: percentiles});
    for (const value of other) own.observe(value);
    writer.die();
    const samples = page();
    const pooled = [...before, ...after, ...other].sort((a, b) => a - b);
    t.deepEqual([warnings, hub.complaints.warned], [[], []]);
    t.is(samples.get('size_count{}'), pooled.length);
    const sum = pooled.reduce((total, value) => total + value, 0);
    t.true(Math.abs(samples.get('size_sum{}')! - sum) <= sum * 1e-12);
    for (const quantile of percentiles) {
      const exact = nearestRank(pooled, quantile);
      t.true(isNear(samples.get(`size{quantile="${quantile}"}`), exact), `${quantile}: ${exact}`);
    }
  };
  await fc.assert(fc.asyncProperty(lists, lists, lists, run), {numRuns: 60});
});

test('count and sum of what was observed before are carried over exactly, however much it was', async t => {
  const {registers, mirror, page} = newSide();
  const percentiles = [0.5, 0.99];
  const options = {help: 'S', percentiles, registers};
  const size = new client.Summary({...options, name: 'size'});
  const recent = new client.Summary({...options, name: 'recent', maxAgeSeconds: 60, ageBuckets: 5});
  for (let i = 1; i <= 5_000; i++) {
    size.observe(i / 8);
    recent.observe(i / 8);
  }
  await mirror.collect();
  const samples = page();
  for (const name of ['size', 'recent']) {
    t.is(samples.get(`${name}_count{}`), 5_000);
    t.is(samples.get(`${name}_sum{}`), (5_000 * 5_001) / 16);
  }
  // By prom-client's own digest, which has merged most of them by now.
  t.true(Math.abs(samples.get('size{quantile="0.5"}')! - 312.5) < 312.5 * 0.05);
  await mirror.collect();
  t.is(page().get('size_count{}'), 5_000);
});

test('values that no digest tells are in count and sum, and in no quantile', async t => {
  const {registers, mirror, page} = newSide();
  const size = new client.Summary({name: 'size', help: 'S', percentiles: [0, 1], registers});
  for (let i = 0; i < 10; i++) size.observe(100);
  const [entry] = Object.values(
    (size as unknown as {hashMap: Record<string, {td: object}>}).hashMap,
  );
  Object.assign(entry!.td, {ringBuffer: undefined});
  Object.assign(entry!.td, {push() {}, compress() {}, percentile: () => 0, reset() {}});
  await mirror.collect();
  size.observe(5);
  const samples = page();
  t.is(samples.get('size_count{}'), 11);
  t.is(samples.get('size_sum{}'), 1_005);
  for (const quantile of ['0', '1']) {
    t.true(isNear(samples.get(`size{quantile="${quantile}"}`), 5));
  }
});

test('reset() of a bridged Summary lets no total fall, and remove() takes its label set off the page', async t => {
  const {registers, mirror, page} = newSide();
  const options = {name: 'size', help: 'S', labelNames: ['k'], percentiles: [0.5], registers};
  const size = new client.Summary(options);
  await mirror.collect();
  const handle = size.labels('a');
  for (let round = 1; round < 4; round++) {
    handle.observe(3);
    handle.observe(3);
    size.reset();
    if (round === 2) await mirror.collect();
    t.is(page().get('size_count{k="a"}'), 2 * round);
    t.is(page().get('size_sum{k="a"}'), 6 * round);
  }
  size.remove({k: 'a'});
  t.is(page().size, 0);
  handle.observe(9);
  await mirror.collect();
  const samples = page();
  t.is(samples.get('size_count{k="a"}'), 1);
  t.true(isNear(samples.get('size{k="a",quantile="0.5"}'), 9));
});

test('a Summary that leaves the registry is as prom-client made it, and is heard no more', async t => {
  const {registers, registry, mirror, page} = newSide();
  const size = new client.Summary({name: 'size', help: 'S', labelNames: ['k'], registers});
  const insides = size as unknown as {hashMap: Record<string, {td: object}>};
  const store = insides.hashMap;
  size.observe({k: 'a'}, 1);
  await mirror.collect();
  t.not(insides.hashMap, store);
  size.observe({k: 'b'}, 1);
  registry.removeSingleMetric('size');
  await mirror.collect();
  t.is(insides.hashMap, store);
  for (const {td} of Object.values(store)) t.false(Object.hasOwn(td, 'push'));
  size.observe({k: 'a'}, 1);
  size.observe({k: 'c'}, 1);
  const samples = page();
  t.is(samples.get('size_count{k="a"}'), 1);
  t.is(samples.get('size_count{k="b"}'), 1);
  t.is(samples.get('size_count{k="c"}'), undefined);
  t.is((await size.get()).values.filter(({metricName}) => metricName === 'size_count').length, 3);
});

test('the window of a bridged Summary slides in the hub, its default labels are told', async t => {
  let nowMs = 0;
  const {registers, registry, mirror, page} = newSide(new InProcessHub(undefined, () => nowMs));
  registry.setDefaultLabels({app: 'x'});
  const window = {maxAgeSeconds: 10, ageBuckets: 2};
  const size = new client.Summary({
    name: 'size',
    help: 'S',
    percentiles: [1],
    registers,
    ...window,
  });
  await mirror.collect();
  size.observe(100);
  t.true(isNear(page().get('size{app="x",quantile="1"}'), 100));
  nowMs = 6_000;
  size.observe(2);
  t.true(isNear(page().get('size{app="x",quantile="1"}'), 100));
  nowMs = 10_001;
  t.true(isNear(page().get('size{app="x",quantile="1"}'), 2));
  nowMs = 60_000;
  t.is(page().get('size{app="x",quantile="1"}'), 0);
  t.is(page().get('size_count{app="x"}'), 2);
});

test('a summary without the insides that are known shows sum and count, with one warning', async t => {
  const {registry, mirror, page, warnings} = newSide();
  const get = async () => ({
    name: 'size',
    help: 'S',
    type: 'summary',
    aggregator: 'sum',
    values: [
      {labels: {quantile: 0.5}, value: 3},
      {labels: {}, value: 6, metricName: 'size_sum'},
      {labels: {}, value: 2, metricName: 'size_count'},
    ],
  });
  registry.registerMetric({name: 'size', labelNames: [], get} as never);
  await mirror.collect();
  await mirror.collect();
  const samples = page();
  t.is(samples.get('size_sum{}'), 6);
  t.is(samples.get('size_count{}'), 2);
  t.deepEqual(warnings, ["The quantiles of size can't be merged: its _sum and _count are shown"]);
});

test('a warning that its hearer throws at harms no reading', async t => {
  const hub = new InProcessHub();
  const writer = hub.newWriter();
  const {registry, mirror} = newMirror(writer.recorder, () => {
    throw new Error('no hearer');
  });
  const registers = [registry];
  new client.Gauge({
    name: 'failing',
    help: 'F',
    registers,
    collect: () => Promise.reject(new Error('no')),
  });
  new client.Counter({name: 'jobs_total', help: 'J', registers}).inc(2);
  await t.notThrowsAsync(mirror.collect());
  writer.recorder.flush();
  writer.deliver();
  t.is(parsePage(hub.text()).get('jobs_total{}'), 2);
});
