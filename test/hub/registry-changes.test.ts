import test from 'ava';
import client from 'prom-client';
import {linesOf} from '../support/exposition.js';
import {attachWorker, newHub} from '../support/hub-registry.js';

test('setDefaultLabels() labels every sample of every answer, and a own label wins', async t => {
  const {hub, registry, registers} = newHub();
  const worker = attachWorker(t, hub);
  new client.Counter({name: 'own_total', help: 'O', labelNames: ['kind'], registers}).inc({
    kind: 'k',
  });
  worker.jobs.inc({kind: 'a'});
  worker.time.observe(1);
  await worker.merged();
  hub.renderPage();
  registry.setDefaultLabels({kind: 'default', region: 'a"b', le: 'none', shard: 3});
  const pages = [await registry.metrics(), new TextDecoder().decode(hub.renderPage().body)];
  for (const text of pages) {
    t.regex(text, /^jobs_total\{kind="a",region="a\\"b",le="none",shard="3"\} +1$/m);
    t.regex(text, /^own_total\{kind="k",region="a\\"b",le="none",shard="3"\} +1$/m);
    t.regex(text, /^time_bucket\{kind="default",region="a\\"b",shard="3",le="1"\} +1$/m);
    t.deepEqual(
      linesOf(text, /^[^#]/).filter(line => !line.includes('region=')),
      [],
    );
  }
  const json = await registry.getMetricsAsJSON();
  t.true(json.flatMap(({values}) => values).every(({labels}) => labels.region === 'a"b'));
  t.regex(await registry.getSingleMetricAsString('jobs_total'), /\{kind="a",region="a\\"b"/);
  const merged = await client.Registry.merge([registry]).metrics();
  t.regex(merged, /^jobs_total\{kind="a",region="a\\"b"/m);
  t.throws(() => registry.setDefaultLabels({'a b': 1}), {message: /got `a b`/});
  registry.setDefaultLabels({});
  t.regex(await registry.metrics(), /^jobs_total\{kind="a"\} +1$/m);
});

test('setContentType() chooses the format of metrics(), and refuses any other', async t => {
  const {registry, registers} = newHub();
  new client.Counter({name: 'own_total', help: 'O', registers}).inc(2);
  const setAny = (type: string) => registry.setContentType(type as client.PrometheusContentType);
  setAny(client.Registry.OPENMETRICS_CONTENT_TYPE);
  t.is(registry.contentType as string, client.Registry.OPENMETRICS_CONTENT_TYPE);
  const single = await registry.getSingleMetricAsString('own_total');
  t.is(single, '# HELP own O\n# TYPE own counter\nown_total 2');
  const text = await registry.metrics();
  t.regex(text, /^# TYPE own counter$/m);
  t.regex(text, /^own_total 2$/m);
  t.true(text.endsWith('# EOF\n'));
  setAny(client.Registry.PROMETHEUS_CONTENT_TYPE);
  t.regex(await registry.metrics(), /^own_total +2$/m);
  t.throws(() => setAny('text/html'), {message: 'Content type text/html is unsupported'});
});

test('removeSingleMetric() takes out what only the main thread had, and no count of another', async t => {
  const {hub, registry, registers, samples} = newHub();
  const worker = attachWorker(t, hub);
  const make = () => ({
    jobs: new client.Counter({name: 'jobs_total', help: 'J', labelNames: ['kind'], registers}),
    level: new client.Gauge({name: 'level', help: 'L', aggregator: 'max', registers}),
  });
  const {jobs, level} = make();
  worker.jobs.inc({kind: 'shared'}, 3);
  worker.level.set(1);
  await worker.merged();
  jobs.inc({kind: 'shared'}, 2);
  jobs.inc({kind: 'mine'}, 2);
  level.set(9);
  await registry.metrics();
  worker.die();
  await worker.attachment.settled();
  registry.removeSingleMetric('jobs_total');
  registry.removeSingleMetric('level');
  const after = await samples();
  t.is(after.get('jobs_total{kind="shared"}'), 5, 'the dead worker counted in it');
  t.is(after.get('jobs_total{kind="mine"}'), undefined);
  t.is(after.get('level{}'), undefined);
  make().jobs.inc({kind: 'shared'}, 10);
  const again = await samples();
  t.is(again.get('jobs_total{kind="shared"}'), 15);
  t.is(again.get('level{}'), 0);
});

test('clear() takes out all that the main thread registered, and the default labels', async t => {
  const {hub, registry, registers, samples} = newHub();
  hub.recorder.counter({name: 'jobs_total', help: 'J'}).inc();
  new client.Counter({name: 'own_total', help: 'O', registers}).inc();
  registry.setDefaultLabels({region: 'a'});
  await registry.metrics();
  registry.clear();
  const after = await samples();
  t.is(after.get('own_total{}'), undefined);
  t.is(after.get('jobs_total{}'), 1);
  t.is(hub.collect(), undefined);
});

test('resetMetrics() and reset() let no count of the page fall', async t => {
  const {registry, registers, samples} = newHub();
  const plain = new client.Counter({name: 'plain_total', help: 'P', registers});
  const jobs = new client.Counter({name: 'jobs_total', help: 'J', labelNames: ['kind'], registers});
  const time = new client.Histogram({name: 'time', help: 'T', buckets: [1, 5], registers});
  const level = new client.Gauge({name: 'level', help: 'L', labelNames: ['k'], registers});
  for (let round = 1; round < 4; round++) {
    plain.inc(5);
    jobs.inc({kind: 'a'}, 0.1);
    time.observe(3);
    level.set({k: 'a'}, round);
    for (let i = 0; i < 3; i++) {
      const page = await samples();
      t.is(page.get('plain_total{}'), 5 * round);
      t.true(Math.abs(page.get('jobs_total{kind="a"}')! - 0.1 * round) < 1e-9);
      t.is(page.get('time_count{}'), round);
      t.is(page.get('time_bucket{le="1"}'), 0);
      t.is(page.get('time_sum{}'), 3 * round);
      t.is(page.get('level{k="a"}'), i === 0 ? round : undefined);
      if (i === 0) registry.resetMetrics();
    }
  }
});

test('reset() between two readings loses nothing of what is counted after it', async t => {
  const {registers, sample} = newHub();
  const jobs = new client.Counter({name: 'jobs_total', help: 'J', registers});
  jobs.inc(5);
  t.is(await sample('jobs_total'), 5);
  jobs.reset();
  jobs.inc(7);
  t.is(await sample('jobs_total'), 12);
});

test('remove() takes a label set of the main thread off the page', async t => {
  const {registers, sample} = newHub();
  const jobs = new client.Counter({name: 'jobs_total', help: 'J', labelNames: ['kind'], registers});
  jobs.inc({kind: 'a'}, 2);
  jobs.inc({kind: 'b'}, 2);
  t.is(await sample('jobs_total', {kind: 'a'}), 2);
  jobs.remove({kind: 'a'});
  t.is(await sample('jobs_total', {kind: 'a'}), undefined);
  t.is(await sample('jobs_total', {kind: 'b'}), 2);
});
