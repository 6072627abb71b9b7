import test from 'ava';
import client from 'prom-client';
import {
  Counter,
  Gauge,
  Histogram,
  OWN_SLOT,
  openMetricsContentType,
  prometheusContentType,
  Registry,
} from '../../src/worker.js';
import {parsePage, sampleKey} from '../support/exposition.js';
import {startWorkerSide} from '../support/worker-side.js';

const LABELS = {help: 'H', labelNames: ['a', 'b'] as const};

/** The samples of a registry's page. */
async function samplesOf(registry: {metrics(): Promise<string>}) {
  return parsePage(await registry.metrics());
}

test("label sets {a: '1,b:2', b: '3'} and {a: '1', b: '2,b:3'} are two series", async t => {
  const {page} = startWorkerSide();
  const registers = [new Registry()];
  const counter = new Counter({...LABELS, name: 'c', registers});
  const gauge = new Gauge({...LABELS, name: 'g', registers});
  const histogram = new Histogram({...LABELS, name: 'h', registers, buckets: [1]});
  const sets = [
    {a: '1,b:2', b: '3'},
    {a: '1', b: '2,b:3'},
  ];
  for (const [i, labels] of sets.entries()) {
    counter.inc(labels, i + 1);
    gauge.set(labels, i + 1);
    for (let times = 0; times <= i; times++) histogram.observe(labels, 1);
  }
  for (const samples of [await samplesOf(registers[0]!), parsePage(page())]) {
    for (const name of ['c', 'g', 'h_count']) {
      t.deepEqual(
        sets.map(labels => samples.get(sampleKey(name, labels))),
        [1, 2],
        name,
      );
    }
  }
});

test('an empty label and a missing one are two series, and neither meets a text that looks so', async t => {
  startWorkerSide();
  const counter = new Counter({...LABELS, name: 'c', registers: []});
  counter.inc({a: '1,b:'}, 1);
  counter.inc({a: '1', b: ''}, 2);
  counter.inc({a: '1'}, 4);
  counter.inc({a: '1', b: undefined as unknown as string}, 8);
  t.deepEqual((await counter.get()).values, [
    {value: 1, labels: {a: '1,b:'}},
    {value: 2, labels: {a: '1', b: ''}},
    {value: 12, labels: {a: '1'}},
  ]);
});

test('one label object that its caller changes stands for what it held at each call', async t => {
  startWorkerSide();
  const counter = new Counter({...LABELS, name: 'c', registers: []});
  const histogram = new Histogram({...LABELS, name: 'h', registers: [], buckets: []});
  const labels = {a: '1'};
  const handles = [counter.labels(labels), histogram.labels(labels)] as const;
  counter.inc(labels);
  labels.a = '2';
  counter.inc(labels, 2);
  handles[0].inc(4);
  handles[1].observe(1);
  t.deepEqual((await counter.get()).values, [
    {value: 5, labels: {a: '1'}},
    {value: 2, labels: {a: '2'}},
  ]);
  t.deepEqual((await histogram.get()).values[0]?.labels, {le: '+Inf', a: '1'});
});

test('NaN is refused wherever prom-client refuses a text', async t => {
  startWorkerSide();
  const labels = {a: '1', b: '2'};
  const counter = new Counter({...LABELS, name: 'c', registers: []});
  const gauge = new Gauge({...LABELS, name: 'g', registers: []});
  const histogram = new Histogram({...LABELS, name: 'h', registers: []});
  const value = {instanceOf: TypeError, message: 'Value is not a valid number: NaN'};
  const delta = {instanceOf: TypeError, message: 'Delta is not a valid number: NaN'};
  t.throws(() => counter.inc(labels, Number.NaN), value);
  t.throws(() => counter.inc(Number.NaN), value);
  t.throws(() => counter.labels(labels).inc(Number.NaN), value);
  t.throws(() => gauge.set(labels, Number.NaN), value);
  t.throws(() => gauge.inc(labels, Number.NaN), delta);
  t.throws(() => gauge.dec(Number.NaN), delta);
  t.throws(() => gauge.labels(labels).set(Number.NaN), value);
  t.throws(() => histogram.observe(labels, Number.NaN), value);
  t.throws(() => histogram.labels(labels).observe(Number.NaN), value);
  for (const metric of [counter, gauge, histogram]) t.deepEqual((await metric.get()).values, []);
});

test("inc('') and inc(false) are refused: prom-client's counter would become a text", t => {
  startWorkerSide();
  const counter = new Counter({help: 'H', name: 'c', registers: []});
  for (const bad of ['', false]) {
    const message = `Value is not a valid number: ${bad}`;
    t.throws(() => counter.inc(bad as never), {instanceOf: TypeError, message});
  }
});

test('an OpenMetrics render does not rename a counter for good', async t => {
  startWorkerSide();
  const registry = new Registry();
  const counter = new Counter({name: 'jobs_total', help: 'J', registers: [registry]});
  counter.inc(3);
  const textAs = (contentType: string) => {
    registry.setContentType(contentType as never);
    return registry.metrics();
  };
  for (let times = 0; times < 2; times++) {
    const texts = [await textAs(openMetricsContentType), await textAs(prometheusContentType)];
    t.deepEqual(texts, [
      '# HELP jobs J\n# TYPE jobs counter\njobs_total 3\n# EOF\n',
      '# HELP jobs_total J\n# TYPE jobs_total counter\njobs_total 3\n',
    ]);
    t.is(counter.name, 'jobs_total');
  }
});

test('a histogram that is refused is not left in the registry', t => {
  startWorkerSide();
  const registry = new Registry();
  const configuration = {name: 'h', help: 'H', registers: [registry]};
  t.throws(() => new Histogram({...configuration, labelNames: ['le']}), {
    message: 'le is a reserved label keyword',
  });
  t.throws(() => new Histogram({...configuration, buckets: [2, 1]}), {instanceOf: TypeError});
  t.throws(() => new Histogram({...configuration, enableExemplars: true}), {
    instanceOf: TypeError,
    message: 'Exemplars are supported only on OpenMetrics registries',
  });
  t.is(registry.getSingleMetric('h'), undefined);
  t.notThrows(() => new Histogram(configuration));
});

test('zero() checks its labels', async t => {
  startWorkerSide();
  const histogram = new Histogram({...LABELS, name: 'h', registers: [], buckets: [1]});
  t.throws(() => histogram.zero({c: '1'} as never), {
    message: `Added label "c" is not included in initial labelset: [ 'a', 'b' ]`,
  });
  histogram.observe({a: '1'}, 1);
  histogram.zero({a: '1'});
  t.deepEqual(
    (await histogram.get()).values.map(({value}) => value),
    [0, 0, 0, 0],
  );
});

test('labels that an object inherits are labels, and stand on the page', async t => {
  const {page} = startWorkerSide();
  const counter = new Counter({...LABELS, name: 'c', registers: []});
  counter.inc(Object.create({a: '1'}), 2);
  counter.inc({a: '1'});
  t.is(parsePage(page()).get(sampleKey('c', {a: '1'})), 3);
  const peer = new client.Counter({...LABELS, name: 'c', registers: []});
  peer.inc(Object.create({a: '1'}), 2);
  const [value] = (await peer.get()).values;
  t.deepEqual(Object.keys(value!.labels), [], 'prom-client counts them apart, and shows none');
});

test('OWN_SLOT is a label value that only the hub can tell', async t => {
  const {page} = startWorkerSide();
  const counter = new Counter({...LABELS, name: 'c', registers: []});
  counter.labels({a: '1', b: OWN_SLOT}).inc();
  t.deepEqual((await counter.get()).values, [{value: 1, labels: {a: '1'}}]);
  t.is(parsePage(page()).get('c{a="1",b="0"}'), 1);
});
