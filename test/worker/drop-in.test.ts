import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {promisify} from 'node:util';
import {Worker} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import {MetricsHub} from '../../src/index.js';
import {parsePage, sampleKey} from '../support/exposition.js';

const run = promisify(execFile);
const TYPICAL = new URL('../fixtures/typical-metrics.js', import.meta.url);
const TYPICAL_SOURCE = 'test/fixtures/typical-metrics.ts';

/** A folder inside the package, where its own name and prom-client's can be imported. */
async function newFolder(t: ExecutionContext): Promise<string> {
  await mkdir('dist/drop-in', {recursive: true});
  const folder = await mkdtemp('dist/drop-in/');
  t.teardown(() => rm(folder, {recursive: true}));
  return folder;
}

async function writeTo(t: ExecutionContext, name: string, text: string): Promise<string> {
  const file = resolve(await newFolder(t), name);
  await writeFile(file, text);
  return file;
}

/** With only the import changed. */
function changed(text: string): string {
  return text.replace("from 'prom-client'", "from 'threadtally/worker'");
}

/** Runs a file as a worker of a hub to its end; its messages and the last page. */
async function runWorker(file: string | URL) {
  const hub = new MetricsHub();
  const worker = new Worker(file);
  const attachment = hub.attach(worker);
  const messages: unknown[] = [];
  worker.on('message', message => messages.push(message));
  await once(worker, 'exit');
  await attachment.settled();
  return {hub, messages, samples: parsePage(hub.renderPage().body)};
}

test('a file that imports prom-client runs in a worker with only the import changed', async t => {
  const text = await readFile(TYPICAL, 'utf8');
  const file = await writeTo(t, 'metrics.mjs', changed(text));
  const [peer, ours] = await Promise.all([runWorker(TYPICAL), runWorker(file)]);
  t.is(peer.messages.length, 1);
  const expected = parsePage(peer.messages[0] as string);
  t.true(expected.size > 20);
  t.deepEqual([...parsePage(ours.messages[0] as string)].sort(), [...expected].sort());
  for (const [key, value] of expected) {
    const isGauge = /^(queue_depth|awaited)/.test(key);
    t.is(ours.samples.get(key), isGauge ? undefined : value, `${key} in the hub`);
  }
});

test('a file that imports prom-client compiles with only the import changed', async t => {
  const text = await readFile(TYPICAL_SOURCE, 'utf8');
  const file = await writeTo(t, 'metrics.mts', changed(text));
  const options = [
    '--ignoreConfig',
    '--types',
    'node',
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2023',
  ];
  const tsc = [join('node_modules', '.bin', 'tsc'), ...options, '--skipLibCheck', file];
  t.is((await run(process.execPath, tsc).catch(error => error)).stdout, '');
});

test("a CommonJS worker can require('threadtally/worker')", async t => {
  const file = await writeTo(
    t,
    'worker.cjs',
    `const client = require('threadtally/worker');
    const jobs = new client.Counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
    jobs.inc({kind: 'a'}, 2);
    jobs.labels('a').inc();
    client.register.metrics().then(text => require('node:worker_threads').parentPort.postMessage(text));`,
  );
  const {messages, samples} = await runWorker(file);
  t.is(samples.get(sampleKey('jobs_total', {kind: 'a'})), 3);
  t.is(parsePage(messages[0] as string).get(sampleKey('jobs_total', {kind: 'a'})), 3);
});

test('a worker that makes no metric is none of the hub and ends by itself', async t => {
  const file = await writeTo(t, 'worker.mjs', "import 'threadtally/worker';");
  const {messages, samples} = await runWorker(file);
  t.deepEqual(messages, []);
  t.is(samples.get('hub_settlements_total{}'), 0);
});

test('reset(), clear() and a new metric of the same name never set a total of the hub back', async t => {
  const file = await writeTo(
    t,
    'worker.mjs',
    `import {parentPort} from 'node:worker_threads';
    import {Counter, defaultConnection, Histogram, register} from 'threadtally/worker';
    const counters = () => new Counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
    const histograms = () => new Histogram({name: 'job_size', help: 'S', buckets: [1, 2]});
    let jobs = counters();
    let size = histograms();
    const handle = jobs.labels('a');
    const acts = [
      () => register.resetMetrics(),
      () => { register.clear(); jobs = counters(); size = histograms(); },
      () => { register.removeSingleMetric('jobs_total'); jobs = counters(); },
      () => jobs.reset(),
    ];
    parentPort.on('message', async act => {
      if (act === -1) return parentPort.close();
      acts[act]?.();
      const before = await jobs.get();
      jobs.inc({kind: 'a'}, 2);
      handle.inc(1);
      size.observe(2);
      const after = await jobs.get();
      const [{value}] = after.values;
      parentPort.postMessage({before: before.values, value, mark: defaultConnection().flush()});
    });`,
  );
  const hub = new MetricsHub();
  const worker = new Worker(file);
  const attachment = hub.attach(worker);
  for (const [i, act] of [4, 0, 1, 2, 3, 0].entries()) {
    worker.postMessage(act);
    const [{before, value, mark}] = await once(worker, 'message');
    t.deepEqual(before, []);
    t.is(value, 3, 'it reads what it counted since');
    await hub.merged(mark);
    const samples = parsePage(hub.renderPage().body);
    t.is(samples.get('jobs_total{kind="a"}'), 3 * (i + 1));
    t.is(samples.get('job_size_count{}'), i + 1);
    t.is(samples.get('job_size_sum{}'), 2 * (i + 1));
    t.is(samples.get('job_size_bucket{le="1"}'), 0);
  }
  worker.postMessage(-1);
  await attachment.settled();
  t.is(parsePage(hub.renderPage().body).get('jobs_total{kind="a"}'), 18);
});

test('collect functions reach the hub by the timer alone', async t => {
  const file = await writeTo(
    t,
    'worker.mjs',
    `import {parentPort} from 'node:worker_threads';
    import {Gauge} from 'threadtally/worker';
    new Gauge({name: 'level', help: 'L', async collect() {
      await Promise.resolve();
      this.set(5);
      setImmediate(() => parentPort.postMessage('collected'));
    }});
    parentPort.on('message', () => parentPort.close());`,
  );
  const hub = new MetricsHub();
  const worker = new Worker(file);
  const attachment = hub.attach(worker);
  await once(worker, 'message');
  t.is(parsePage(hub.renderPage().body).get('level{}'), 5);
  worker.postMessage('end');
  await attachment.settled();
});

test('new Counter() on the main thread says what is to be used there', async t => {
  const program = `import {Counter} from 'threadtally/worker';
    try { new Counter({name: 'x', help: 'X'}); } catch (error) { console.log(String(error)); }`;
  const {stdout} = await run(process.execPath, ['--input-type=module', '--eval', program]);
  t.is(
    stdout,
    "TypeError: Expected new Counter() to be called in a worker thread, got the main thread: there use its hub's recorder, or prom-client's own classes with `registers: [hub.registry]`\n",
  );
});
