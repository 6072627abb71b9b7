import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import test from 'ava';
import client from 'prom-client';
import {linesOf, parsePage, sampleKey} from '../support/exposition.js';
import {attachWorker, newHub} from '../support/hub-registry.js';

test("registry is prom-client's AggregatorRegistry, and the same one each time", t => {
  const {hub, registry} = newHub();
  t.true(registry instanceof client.AggregatorRegistry);
  t.true(registry instanceof client.Registry);
  t.is(hub.registry, registry);
  t.is(registry.contentType, client.Registry.PROMETHEUS_CONTENT_TYPE);
});

test('metrics() and clusterMetrics() are the page that is served', async t => {
  const {hub, registry, samples} = newHub({now: () => 0});
  const worker = attachWorker(t, hub);
  worker.jobs.inc({kind: 'a'}, 3);
  worker.time.observe(2);
  worker.level.set(7);
  await worker.merged();
  await registry.metrics();
  const page = parsePage(hub.renderPage().body);
  page.delete('hub_scrape_duration_seconds_count{}');
  for (const text of [await registry.metrics(), await registry.clusterMetrics()]) {
    const told = parsePage(text);
    for (const [key, value] of page) {
      if (!/^hub_(scrape|page)/.test(key)) t.is(told.get(key), value, key);
    }
    t.is(told.get(sampleKey('jobs_total', {kind: 'a'})), 3);
  }
  t.is((await samples()).get('time_bucket{le="5"}'), 1);
});

test('metrics() shows what was recorded up to the call, with nothing registered and with something', async t => {
  const {hub, registers, sample} = newHub();
  const jobs = hub.recorder.counter({name: 'own_total', help: 'O'});
  jobs.inc();
  t.is(await sample('own_total'), 1);
  const level = new client.Gauge({name: 'main_level', help: 'M', registers});
  for (let i = 2; i < 5; i++) {
    jobs.inc();
    level.set(i);
    const both = Promise.all([sample('main_level'), sample('own_total')]);
    t.deepEqual(await both, [i, i]);
  }
});

test('metrics() of two calls in one turn each show what was recorded before it', async t => {
  const {registers, sample} = newHub();
  const level = new client.Gauge({name: 'main_level', help: 'M', registers});
  const answers = [1, 2, 3].map(value => {
    level.set(value);
    return sample('main_level');
  });
  const [first, second, third] = await Promise.all(answers);
  t.true(first! >= 1 && second! >= 2);
  t.is(third, 3);
});

test('a metric of the main thread and one of a worker are one family', async t => {
  const {hub, registry, registers, sample} = newHub();
  const worker = attachWorker(t, hub);
  const jobs = new client.Counter({name: 'jobs_total', help: 'J', labelNames: ['kind'], registers});
  const time = new client.Histogram({name: 'time', help: 'T', buckets: [1, 5], registers});
  const level = new client.Gauge({name: 'level', help: 'L', aggregator: 'max', registers});
  worker.jobs.inc({kind: 'a'}, 3);
  worker.jobs.inc({kind: 'b'});
  worker.time.observe(0.5);
  worker.time.observe(9);
  worker.level.set(7);
  jobs.inc({kind: 'a'}, 2);
  time.observe(3);
  level.set(4);
  await worker.merged();
  const text = await registry.metrics();
  for (const name of ['jobs_total', 'time', 'level']) {
    t.is(linesOf(text, new RegExp(`^# TYPE ${name} `)).length, 1, name);
    t.is(linesOf(text, new RegExp(`^# HELP ${name} `)).length, 1, name);
  }
  t.is(await sample('jobs_total', {kind: 'a'}), 5);
  t.is(await sample('jobs_total', {kind: 'b'}), 1);
  const buckets = ['1', '5', '+Inf'].map(le => sample('time_bucket', {le}));
  t.deepEqual(await Promise.all(buckets), [1, 2, 3]);
  t.deepEqual([await sample('time_sum'), await sample('time_count')], [12.5, 3]);
  t.is(await sample('level'), 7);
  worker.die();
  await worker.attachment.settled();
  t.is(await sample('level'), 4);
  t.is(await sample('jobs_total', {kind: 'a'}), 5);
});

test("prom-client's aggregate() of the same metrics agrees, in text and in JSON", async t => {
  const {hub, registry, registers, samples} = newHub();
  const peers = [new client.Registry(), new client.Registry()];
  const worker = attachWorker(t, hub);
  const makeAll = (to: client.Registry[]) => ({
    jobs: new client.Counter({name: 'jobs_total', help: 'J', labelNames: ['kind'], registers: to}),
    time: new client.Histogram({name: 'time', help: 'T', buckets: [1, 5], registers: to}),
    level: new client.Gauge({name: 'level', help: 'L', aggregator: 'max', registers: to}),
  });
  const mains = [makeAll(registers), makeAll([peers[0]!])];
  const workers = [worker, makeAll([peers[1]!])];
  const record = ({jobs, time, level}: ReturnType<typeof makeAll>, by: number) => {
    for (let i = 0; i < 20; i++) {
      jobs.inc({kind: i % 3 === 0 ? 'a"\n\\' : ''}, by);
      time.observe(i / 2);
      level.set(i * by);
    }
  };
  for (const main of mains) record(main, 0.25);
  for (const set of workers) record(set as ReturnType<typeof makeAll>, 2);
  await worker.merged();
  const json = await Promise.all(peers.map(peer => peer.getMetricsAsJSON()));
  const aggregate = client.AggregatorRegistry.aggregate(json);
  const told = await samples();
  const expected = parsePage(await aggregate.metrics());
  t.is(expected.size, 8);
  for (const [key, value] of expected) t.is(told.get(key), value, key);

  const families = await registry.getMetricsAsJSON();
  for (const family of await aggregate.getMetricsAsJSON()) {
    const own = families.find(({name}) => name === family.name)!;
    const {help, type, aggregator} = own;
    const {help: helpThere, type: typeThere, aggregator: aggregatorThere} = family;
    t.deepEqual([help, type, aggregator], [helpThere, typeThere, aggregatorThere]);
    const shape = (values: typeof own.values) =>
      values
        .map(({value, labels, ...rest}) =>
          JSON.stringify([Object.entries(labels).sort(), value, rest]),
        )
        .sort();
    t.deepEqual(shape(own.values), shape(family.values), family.name);
  }
});

test('getMetricsAsJSON() has no family that is omitted', async t => {
  const {hub, registry, registers} = newHub();
  hub.recorder.gauge({name: 'hidden', help: 'H', aggregator: 'omit'}).set(1);
  new client.Gauge({name: 'hidden_too', help: 'H', aggregator: 'omit', registers});
  const names = (await registry.getMetricsAsJSON()).map(({name}) => name);
  t.false(names.some(name => name.startsWith('hidden')));
  t.false(registry.getMetricsAsArray().some(({name}) => name.startsWith('hidden')));
});

test('Registry.merge() of it and another registry shows the moment of each metrics()', async t => {
  const {hub, registry, registers} = newHub();
  const worker = attachWorker(t, hub);
  const other = new client.Registry();
  const otherLevel = new client.Gauge({name: 'other_level', help: 'O', registers: [other]});
  const own = new client.Counter({name: 'own_total', help: 'O', registers});
  worker.jobs.inc({kind: 'a'});
  await worker.merged();
  const merged = client.Registry.merge([registry, other]);
  for (let i = 1; i < 4; i++) {
    own.inc();
    otherLevel.set(i);
    const page = parsePage(await merged.metrics());
    t.is(page.get('own_total{}'), i);
    t.is(page.get('other_level{}'), i);
    t.is(page.get('jobs_total{kind="a"}'), i);
    worker.jobs.inc({kind: 'a'});
    await worker.merged();
  }
});

test('a merged registry rendered as OpenMetrics renames no counter here', async t => {
  const {hub, registry, registers, sample} = newHub();
  new client.Counter({name: 'own_total', help: 'O', registers}).inc(2);
  hub.recorder.counter({name: 'jobs_total', help: 'J'}).inc(3);
  const merged = client.Registry.merge([registry]) as client.Registry<client.RegistryContentType>;
  merged.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE);
  for (let i = 0; i < 2; i++) {
    const text = await merged.metrics();
    t.regex(text, /^# TYPE own counter\nown_total 2$/m);
    t.regex(text, /^# TYPE jobs counter\njobs_total 3$/m);
  }
  t.is(await sample('own_total'), 2);
  t.is(await sample('jobs_total'), 3);
});

test('getSingleMetric() finds what the main thread registered, then what others have', async t => {
  const {hub, registry, registers} = newHub();
  const worker = attachWorker(t, hub);
  worker.jobs.inc({kind: 'a'}, 4);
  await worker.merged();
  const own = new client.Counter({name: 'own_total', help: 'O', registers});
  t.is(registry.getSingleMetric('own_total'), own);
  const jobs = registry.getSingleMetric('jobs_total') as client.Counter;
  const {name, values} = await jobs.get();
  t.is(name, 'jobs_total');
  t.deepEqual(values, [{value: 4, labels: {kind: 'a'}}]);
  t.is(registry.getSingleMetric('nothing'), undefined);
});

test('getSingleMetricAsString() writes one family of all threads, and rejects for an unknown name', async t => {
  const {hub, registry, registers} = newHub();
  const worker = attachWorker(t, hub);
  const jobs = new client.Counter({name: 'jobs_total', help: 'J', labelNames: ['kind'], registers});
  worker.jobs.inc({kind: 'a'}, 4);
  jobs.inc({kind: 'a'});
  await worker.merged();
  const text = await registry.getSingleMetricAsString('jobs_total');
  t.is(text, '# HELP jobs_total J\n# TYPE jobs_total counter\njobs_total{kind="a"} 5');
  await t.throwsAsync(registry.getSingleMetricAsString('nothing'), {
    instanceOf: TypeError,
    message: 'Expected a known metric, got `nothing`',
  });
});

test('a family that contradicts a known one is refused with a warning that names both', async t => {
  const {hub, registers, warnings, sample} = newHub();
  const worker = attachWorker(t, hub);
  worker.time.observe(2);
  await worker.merged();
  new client.Gauge({name: 'time', help: 'T', registers}).set(99);
  t.is(await sample('time_count'), 1);
  t.is(await sample('time'), undefined);
  await sample('time');
  t.deepEqual(warnings, [
    'Expected time with type `histogram` as first declared, got `gauge`; its samples are dropped',
  ]);
  t.true((await sample('hub_samples_dropped_total', {reason: 'family_conflict'}))! > 0);
});

test('a summary of a worker is told with its quantiles, as JSON in the shape of prom-client', async t => {
  const {hub, registry, samples} = newHub();
  const worker = attachWorker(t, hub);
  const options = {name: 'size', help: 'S', labelNames: ['k'] as const};
  worker.recorder.summary({...options, quantiles: [0.5]}).observe({k: 'a'}, 0);
  await worker.merged();
  const page = await samples();
  t.is(page.get('size{k="a",quantile="0.5"}'), 0);
  t.is(page.get('size_count{k="a"}'), 1);
  const peer = new client.Summary({...options, percentiles: [0.5], registers: []});
  peer.observe({k: 'a'}, 0);
  const {values, type} = (await registry.getMetricsAsJSON()).find(({name}) => name === 'size')!;
  t.deepEqual<unknown, unknown>(values, (await peer.get()).values);
  t.is(type as unknown as string, 'summary');
  t.regex(await registry.getSingleMetricAsString('size'), /^size\{quantile="0.5",k="a"\} 0$/m);
});

test("Registry.merge() of two hubs' registries throws prom-client's error for families that both have", t => {
  const registries = [newHub().registry, newHub().registry];
  t.throws(() => client.Registry.merge(registries as never), {
    message: /A metric with the name hub_\w+ has already been registered/,
  });
});

test('a Pushgateway is pushed the page', async t => {
  const {hub, registry, registers} = newHub();
  const worker = attachWorker(t, hub);
  worker.jobs.inc({kind: 'a'}, 3);
  await worker.merged();
  new client.Counter({name: 'own_total', help: 'O', registers}).inc(2);
  const bodies: string[] = [];
  const server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req.setEncoding('utf8')) body += chunk;
    bodies.push(`${req.method} ${req.url}\n${body}`);
    res.end();
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = new client.Pushgateway(url, {}, registry);
  await gateway.push({jobName: 'j'});
  t.is(bodies.length, 1);
  const [line, ...rest] = bodies[0]!.split('\n');
  t.is(line, 'PUT /metrics/job/j');
  const page = parsePage(rest.join('\n'));
  t.is(page.get('jobs_total{kind="a"}'), 3);
  t.is(page.get('own_total{}'), 2);
});
