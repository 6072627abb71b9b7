import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import test from 'ava';
import client from 'prom-client';
import {MetricsHub} from '../../src/index.js';
import * as worker from '../../src/worker.js';
import {Gauge} from '../../src/worker.js';
import {parsePage, sampleKey} from '../support/exposition.js';
import {startWorkerSide} from '../support/worker-side.js';

test('a gauge with `collect` has no value on the page before its function ran', async t => {
  const {page, collectors} = startWorkerSide();
  let level = 42;
  const gauge = new Gauge({
    name: 'g',
    help: 'H',
    registers: [],
    collect() {
      this.set(level);
    },
  });
  t.is(parsePage(page()).get(sampleKey('g')), undefined);
  collectors.run();
  t.is(parsePage(page()).get(sampleKey('g')), 42);
  level = 43;
  t.is((await gauge.get()).values[0]?.value, 43);
});

test('get() shows 0 of a gauge that its `collect` does not set, as in prom-client', async t => {
  startWorkerSide();
  const configuration = {name: 'g', help: 'H', registers: [], collect() {}};
  const [ours, theirs] = [new Gauge(configuration), new client.Gauge(configuration)];
  t.deepEqual((await ours.get()).values, (await theirs.get()).values);
});

test('defaultConnection().flush() runs `collect` first', async t => {
  const url = new URL('../../src/worker.js', import.meta.url).href;
  const code = `import(${JSON.stringify(url)}).then(({defaultConnection, Gauge}) => {
    new Gauge({name: 'g', help: 'H', collect() { this.set(42); }});
    const {parentPort} = require('node:worker_threads');
    parentPort.on('message', () => {});
    parentPort.postMessage(defaultConnection().flush());
  });`;
  const thread = new Worker(code, {eval: true});
  t.teardown(() => thread.terminate());
  const hub = new MetricsHub();
  hub.attach(thread);
  const [mark] = await once(thread, 'message');
  await hub.merged(mark);
  t.is(parsePage(hub.renderPage().body).get(sampleKey('g')), 42);
});

test('a `collect` that fails, or takes over 2 s, is counted and told once', async t => {
  let nowMs = 0;
  const {collectors, failures, warnings} = startWorkerSide(undefined, () => nowMs);
  new Gauge({
    name: 'failing',
    help: 'H',
    registers: [],
    collect() {
      throw new Error('no');
    },
  });
  new Gauge({name: 'hanging', help: 'H', registers: [], collect: () => new Promise(() => {})});
  for (nowMs of [0, 1_999, 2_000, 9_000]) collectors.run();
  t.deepEqual(failures.toSorted(), ['error', 'error', 'error', 'error', 'timeout']);
  t.deepEqual(warnings.map(line => line.split(' ').at(5)).toSorted(), ['failing', 'hanging']);
});

test('threadtally/worker exports whatever prom-client exports', t => {
  t.deepEqual(
    Object.keys(client).filter(name => !(name in worker)),
    [],
  );
});

test('bridge() refuses what is no registry at the call', async t => {
  const url = new URL('../../src/worker.js', import.meta.url).href;
  const code = `import(${JSON.stringify(url)}).then(({bridge}) => {
    for (const given of [{}, {leftOut: []}, null, 'x']) {
      try { bridge(given); } catch (error) { require('node:worker_threads').parentPort.postMessage(error.message); }
    }
  });`;
  const thread = new Worker(code, {eval: true});
  const messages: string[] = [];
  thread.on('message', message => messages.push(message));
  new MetricsHub().attach(thread);
  await once(thread, 'exit');
  t.is(messages.length, 4);
  for (const message of messages) t.regex(message, /a registry of prom-client, got/);
});
