import {EventEmitter, once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import client from 'prom-client';
import {MetricsHub, type MetricsHubOptions} from '../../src/index.js';
import {ChannelWorker} from '../support/channel-worker.js';
import {parsePage, sampleKey} from '../support/exposition.js';

/** Milliseconds that no test waits for: what hangs is given up at once. */
const WAIT_MS = 1;

function newHub(options: MetricsHubOptions = {}) {
  const warnings: string[] = [];
  const hub = new MetricsHub({onWarning: line => warnings.push(line), ...options});
  const registers = [hub.registry];
  const samples = async () => parsePage(await hub.registry.metrics());
  const sample = async (name: string, labels?: Record<string, string>) =>
    (await samples()).get(sampleKey(name, labels));
  return {hub, registry: hub.registry, registers, warnings, samples, sample};
}

/** A worker that is attached, with a metric of each type. */
function attachWorker(t: ExecutionContext, hub: MetricsHub) {
  const emitter = new EventEmitter();
  const attachment = hub.attach(emitter);
  const worker = new ChannelWorker();
  t.teardown(() => worker.die());
  const {recorder} = worker;
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  const time = recorder.histogram({name: 'time', help: 'T', buckets: [1, 5]});
  const level = recorder.gauge({name: 'level', help: 'L', aggregator: 'max'});
  emitter.emit('message', worker.hello);
  const merged = () => hub.merged(worker.flush());
  return Object.assign(worker, {attachment, jobs, time, level, merged});
}

function linesOf(text: string, pattern: RegExp): string[] {
  return text.split('\n').filter(line => pattern.test(line));
}

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

test('collectDefaultMetrics() stands on the page once, and is true at each scrape', async t => {
  const {hub, registry, warnings} = newHub();
  client.collectDefaultMetrics({register: registry});
  const peer = new client.Registry();
  client.collectDefaultMetrics({register: peer});
  const text = await registry.metrics();
  const types = linesOf(text, /^# TYPE /).filter(line => !line.includes(' hub_'));
  // Its aggregator is `omit`.
  const expected = linesOf(await peer.metrics(), /^# TYPE (?!process_start_time_seconds)/);
  t.deepEqual(types.sort(), expected.sort());
  const cpu = async () =>
    parsePage((await hub.collectPage()).body).get('process_cpu_seconds_total{}')!;
  const before = await cpu();
  const end = process.cpuUsage().user + 20_000;
  while (process.cpuUsage().user < end);
  t.true((await cpu()) >= before + 0.02);
  t.deepEqual(warnings, []);
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

test('a summary of the main thread shows its quantiles, also of what was observed before the first page', async t => {
  const {registers, warnings, samples} = newHub();
  const size = new client.Summary({name: 'size', help: 'S', labelNames: ['k'], registers});
  for (let i = 1; i <= 4; i++) size.observe({k: 'a'}, i);
  await samples();
  const page = await samples();
  t.is(page.get('size_sum{k="a"}'), 10);
  t.is(page.get('size_count{k="a"}'), 4);
  const median = page.get('size{k="a",quantile="0.5"}')!;
  t.true(Math.abs(median - 2) <= 0.02);
  t.deepEqual(warnings, []);
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

test('a collect that fails keeps the last values, is counted and warned of once', async t => {
  const {registers, warnings, sample} = newHub();
  let value = 1;
  new client.Gauge({
    name: 'level',
    help: 'L',
    registers,
    async collect() {
      await null;
      if (value > 1) throw new Error('no\nlevel');
      this.set(value);
    },
  });
  const other = new client.Gauge({name: 'other', help: 'O', registers});
  for (; value < 4; value++) {
    other.set(value);
    t.is(await sample('level'), 1);
    t.is(await sample('other'), value);
  }
  t.deepEqual(warnings, ['Expected `collect` of level to succeed, got Error: no']);
  t.is(await sample('hub_collect_failures_total', {reason: 'error'}), 5);
});

test('a collect that resets its counter and adds an absolute value shows that value, as prom-client does', async t => {
  const {registry} = newHub();
  const oracle = new client.Registry();
  let current = 100;
  for (const register of [registry, oracle]) {
    new client.Counter({
      name: 'driver_calls_total',
      help: 'D',
      registers: [register],
      collect() {
        this.reset();
        this.inc(current);
      },
    });
  }
  for (let i = 0; i < 4; i++) {
    current += i;
    const [ours, theirs] = [await registry.metrics(), await oracle.metrics()].map(parsePage);
    t.is(ours?.get('driver_calls_total{}'), theirs?.get('driver_calls_total{}'), `scrape ${i}`);
  }
});

test("Registry.merge() of two hubs' registries throws prom-client's error for families that both have", t => {
  const registries = [newHub().registry, newHub().registry];
  t.throws(() => client.Registry.merge(registries as never), {
    message: /A metric with the name hub_\w+ has already been registered/,
  });
});

test('a collect that hangs delays a page once, is counted and warned of, and is read when it ends', async t => {
  const {registers, warnings, sample} = newHub({collectWaitMsMax: WAIT_MS});
  let callCount = 0;
  let end = () => {};
  new client.Gauge({
    name: 'slow',
    help: 'S',
    registers,
    async collect() {
      callCount++;
      await new Promise<void>(resolve => {
        end = resolve;
      });
      this.set(callCount * 10);
    },
  });
  const other = new client.Counter({name: 'other_total', help: 'O', registers});
  for (let i = 1; i < 4; i++) {
    other.inc();
    t.is(await sample('other_total'), i);
    t.is((await sample('slow')) ?? 0, 0);
  }
  t.is(callCount, 1);
  t.true((await sample('hub_collect_failures_total', {reason: 'timeout'}))! >= 6);
  t.deepEqual(warnings, [
    'Expected `collect` of slow to end, got no end; its values are the last known',
  ]);
  end();
  await null;
  t.is(await sample('slow'), 10);
});

test('a metric that is taken out while its collect hangs does not come back', async t => {
  const {registry, registers, samples} = newHub({collectWaitMsMax: WAIT_MS});
  let end = () => {};
  const hangs = new Promise<void>(resolve => {
    end = resolve;
  });
  new client.Gauge({
    name: 'slow',
    help: 'S',
    labelNames: ['k'],
    registers,
    async collect() {
      await hangs;
      this.set({k: 'a'}, 1);
    },
  });
  await samples();
  registry.clear();
  await samples();
  end();
  await hangs;
  t.is((await samples()).get('slow{k="a"}'), undefined);
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
