import test from 'ava';
import client from 'prom-client';
import {linesOf, parsePage} from '../support/exposition.js';
import {newHub} from '../support/hub-registry.js';

/** Milliseconds that no test waits for: what hangs is given up at once. */
const WAIT_MS = 1;

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
