import test from 'ava';
import client from 'prom-client';
import {MetricsHub} from '../../src/index.js';
import {startExemplary} from '../support/exemplary.js';
import {parsePage} from '../support/exposition.js';
import {inStrictForm, parseOpenMetrics} from '../support/open-metrics.js';

function newHub(options = {}) {
  const hub = new MetricsHub(options);
  const decode = (body: Uint8Array) => new TextDecoder().decode(body);
  const openMetrics = () => parseOpenMetrics(decode(hub.renderPage('openmetrics').body));
  const text = () => decode(hub.renderPage().body);
  return {hub, openMetrics, text};
}

test('exemplars of a worker thread stand on the OpenMetrics page, and not on the text page', async t => {
  const {hub, openMetrics, text} = newHub();
  const {record, flush} = startExemplary(t, hub);
  await record('first');
  await record('second');
  await flush('flush');
  const {exemplars} = openMetrics();
  t.deepEqual(
    [...exemplars].map(([key, {labels, value}]) => [key, labels, value]),
    [
      ['jobs_total{kind="a"}', {trace_id: 'second'}, 2],
      ['job_time_bucket{kind="a",le="5"}', {trace_id: 'second'}, 3],
    ],
  );
  t.false(text().includes('trace_id'));
  t.is(parsePage(text()).get('jobs_total{kind="a"}'), 4);
});

test("exemplars of prom-client's metrics in a worker come over the bridge", async t => {
  const {hub, openMetrics} = newHub();
  const {record, flush} = startExemplary(t, hub);
  await record('first');
  await flush('flush bridge');
  const {exemplars} = openMetrics();
  t.deepEqual(exemplars.get('their_jobs_total{kind="a"}')?.labels, {trace_id: 'first'});
  const bucket = exemplars.get('their_time_bucket{kind="a",le="+Inf"}');
  t.deepEqual([bucket?.labels, bucket?.value], [{trace_id: 'first'}, 7]);
  await record('second');
  await flush('flush bridge');
  const renewed = openMetrics().exemplars.get('their_jobs_total{kind="a"}');
  t.deepEqual(renewed?.labels, {trace_id: 'second'});
});

test('a worker that dies unflushed loses its exemplars, and no count', async t => {
  const {hub, openMetrics} = newHub();
  const {record, flush, die} = startExemplary(t, hub);
  await record('flushed');
  await flush('flush');
  await record('lost');
  await die();
  const {samples, exemplars} = openMetrics();
  t.is(samples.get('jobs_total{kind="a"}'), 4);
  t.deepEqual(exemplars.get('jobs_total{kind="a"}')?.labels, {trace_id: 'flushed'});
});

/** A hub whose registry is of OpenMetrics, with metrics of the main thread. */
function newRegistered() {
  const made = newHub();
  const {registry} = made.hub;
  registry.setContentType(client.openMetricsContentType as never);
  const options = {help: 'H', registers: [registry], enableExemplars: true};
  const counter = new client.Counter({...options, name: 'main_total', labelNames: ['trace_id']});
  const histogram = new client.Histogram({
    ...options,
    name: 'main_time',
    labelNames: ['trace_id'],
    buckets: [1],
  });
  counter.inc({value: 3, exemplarLabels: {trace_id: 'c'}});
  histogram.observe({value: 0.5, exemplarLabels: {trace_id: 'h'}});
  return {...made, registry, counter, histogram};
}

test('exemplars of what the main thread registers stand in every answer of hub.registry', async t => {
  const {hub, registry, text} = newRegistered();
  const merged = client.Registry.merge([registry as never]);
  const single = (name: string) => registry.getSingleMetricAsString(name);
  const pages = [
    await registry.metrics(),
    inStrictForm(await merged.metrics()),
    inStrictForm(`${await single('main_total')}\n${await single('main_time')}\n# EOF\n`),
  ];
  for (const page of pages) {
    const {exemplars} = parseOpenMetrics(page);
    const found = exemplars.get('main_total{}');
    t.deepEqual([found?.labels, found?.value], [{trace_id: 'c'}, 3]);
    t.deepEqual(exemplars.get('main_time_bucket{le="1"}')?.labels, {trace_id: 'h'});
  }
  await hub.collect();
  t.false(text().includes('trace_id'));
});

test("getMetricsAsJSON() has prom-client's exemplars", async t => {
  const {registry, counter, histogram} = newRegistered();
  const families = await registry.getMetricsAsJSON();
  const exemplarsOf = (values: readonly object[]) =>
    values.flatMap(value => {
      const {exemplar} = value as {exemplar?: object};
      return exemplar ? [{...exemplar}] : [];
    });
  for (const metric of [counter, histogram]) {
    const {name, values} = await metric.get();
    const family = families.find(other => other.name === name) as unknown as {values: object[]};
    t.is(exemplarsOf(values).length, 1);
    t.deepEqual(exemplarsOf(family.values), exemplarsOf(values));
  }
});

test('hub.registry refuses metrics with exemplars unless it is of OpenMetrics, as prom-client does', t => {
  const registers = [new MetricsHub().registry];
  const configuration = {name: 'c', help: 'C', registers, enableExemplars: true};
  t.throws(() => new client.Counter(configuration), {
    message: 'Exemplars are supported only on OpenMetrics registries',
  });
});

test('an exemplar with labels that no page can show is counted as dropped once', async t => {
  const {registry, counter, text} = newRegistered();
  counter.inc({exemplarLabels: {'trace-id': 'x'} as object});
  for (let i = 0; i < 2; i++) parseOpenMetrics(await registry.metrics());
  t.is(parsePage(text()).get('hub_exemplars_dropped_total{reason="malformed"}'), 1);
});

test('createdSamples tells on the OpenMetrics page alone when each series was first known', t => {
  let epochMs = 1_700_000_000_250;
  for (const createdSamples of [true, false]) {
    const {hub, openMetrics, text} = newHub({createdSamples, epochMs: () => epochMs});
    epochMs = 1_700_000_000_250;
    const jobs = hub.recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
    for (const kind of ['a', 'b']) {
      jobs.inc({kind});
      openMetrics();
      epochMs += 1_000;
    }
    const {samples} = openMetrics();
    const created = ['a', 'b'].map(kind => samples.get(`jobs_created{kind="${kind}"}`));
    const none = [undefined, undefined];
    t.deepEqual(created, createdSamples ? [1_700_000_000.25, 1_700_000_001.25] : none);
    t.false(text().includes('_created'));
  }
});
