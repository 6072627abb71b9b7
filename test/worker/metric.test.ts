import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import client from 'prom-client';
import {SERIES_PER_FAMILY_MAX} from '../../src/metrics/series.js';
import {Counter, Gauge, Histogram, Registry, Summary} from '../../src/worker.js';
import {parsePage} from '../support/exposition.js';
import {InProcessHub} from '../support/in-process.js';
import {newMirror} from '../support/mirror.js';
import {startWorkerSide} from '../support/worker-side.js';

const KIND = {help: 'H', labelNames: ['kind'] as const, registers: []};

test('remove() takes a series off the page when no other worker has it', async t => {
  const hub = new InProcessHub();
  const sides = [startWorkerSide(hub)];
  const counters = [new Counter({...KIND, name: 'c'})];
  sides.push(startWorkerSide(hub));
  counters.push(new Counter({...KIND, name: 'c'}));
  for (const counter of counters) counter.inc({kind: 'a'}, 2);
  const total = () => {
    for (const side of sides) side.page();
    return parsePage(hub.text()).get('c{kind="a"}');
  };
  t.is(total(), 4);
  counters[0]?.remove('a');
  t.deepEqual((await counters[0]!.get()).values, []);
  t.is(total(), 4);
  counters[1]?.remove({kind: 'a'});
  t.is(total(), undefined);
});

test('a handle records on after remove(), into cells that are its own', async t => {
  const {page} = startWorkerSide();
  const counter = new Counter({...KIND, name: 'c'});
  const handle = counter.labels('a');
  for (let times = 0; times < 3; times++) {
    handle.inc();
    counter.remove('a');
    counter.inc({kind: 'b'}, 1);
    handle.inc(5);
    t.is(parsePage(page()).get('c{kind="a"}'), 5);
    counter.remove('a');
  }
  t.is(parsePage(page()).get('c{kind="b"}'), 3);
});

test('a handle of a series that was refused records once there is room', t => {
  const {page} = startWorkerSide();
  const metrics = {
    c: new Counter({...KIND, name: 'c'}),
    g: new Gauge({...KIND, name: 'g'}),
    h: new Histogram({...KIND, name: 'h', buckets: [1]}),
  };
  for (let i = 0; i < SERIES_PER_FAMILY_MAX; i++) {
    metrics.c.inc({kind: `k${i}`});
    metrics.g.inc({kind: `k${i}`});
    metrics.h.observe({kind: `k${i}`}, 1);
  }
  const late = [metrics.c.labels('late'), metrics.g.labels('late')];
  const lateTime = metrics.h.labels('late');
  const recordLate = () => {
    for (const handle of late) handle.inc();
    lateTime.observe(1);
  };
  recordLate();
  t.is(parsePage(page()).get('c{kind="late"}'), undefined);
  for (const metric of Object.values(metrics)) metric.remove('k7');
  recordLate();
  recordLate();
  const samples = parsePage(page());
  for (const name of ['c', 'g', 'h_count']) {
    t.is(samples.get(`${name}{kind="late"}`), 2, name);
  }
});

test('a label set with inherited labels is one series, by its handle too', t => {
  const {page} = startWorkerSide();
  const counter = new Counter({...KIND, name: 'c'});
  const labels = Object.create({kind: 'a'}) as {kind: string};
  counter.inc(labels);
  counter.labels(labels).inc(2);
  t.is(parsePage(page()).get('c{kind="a"}'), 3);
});

test('a function can be put in the place of a handle’s, as on one of prom-client', t => {
  for (const {Counter: C, Histogram: H} of [client, {Counter, Histogram}]) {
    startWorkerSide();
    const handles = [
      new C({...KIND, name: 'c'}).labels('a'),
      new H({...KIND, name: 'h'}).labels('a'),
    ];
    const seen: unknown[] = [];
    for (const handle of handles as unknown as Record<string, (value: number) => void>[]) {
      const name = 'inc' in handle ? 'inc' : 'observe';
      const before = handle[name]!;
      handle[name] = value => {
        seen.push(value);
        before(value);
      };
      handle[name]!(2);
    }
    t.deepEqual(seen, [2, 2]);
  }
});

test('remove() after reset() takes the series off the page too', t => {
  const {page} = startWorkerSide();
  const counter = new Counter({...KIND, name: 'c'});
  counter.inc({kind: 'a'});
  counter.reset();
  t.is(parsePage(page()).get('c{kind="a"}'), 1);
  counter.remove('a');
  t.is(parsePage(page()).get('c{kind="a"}'), undefined);
});

test('label sets that come and go leave nothing on the page', t => {
  const {page} = startWorkerSide();
  const gauge = new Gauge({...KIND, name: 'g'});
  for (let i = 0; i < 1_000; i++) {
    gauge.labels(`k${i}`).set(i);
    page();
    gauge.remove(`k${i}`);
  }
  gauge.set({kind: 'last'}, 1);
  t.deepEqual([...parsePage(page())], [['g{kind="last"}', 1]]);
});

test('reset() of a gauge takes its labelled series out of the aggregate', t => {
  const {page} = startWorkerSide();
  const labelled = new Gauge({...KIND, name: 'g'});
  const plain = new Gauge({name: 'p', help: 'H', registers: []});
  labelled.set({kind: 'a'}, 4);
  plain.set(4);
  labelled.reset();
  plain.reset();
  t.deepEqual([...parsePage(page())], [['p{}', 0]]);
});

// Serial: it makes a metric after it has awaited.
test.serial(
  'a metric made again after clear() reads 0 and records on into the same series',
  async t => {
    const {page} = startWorkerSide();
    const registry = new Registry();
    const newCounter = () => new Counter({name: 'c', help: 'H', registers: [registry]});
    const first = newCounter();
    first.inc(3);
    t.throws(newCounter, {message: 'A metric with the name c has already been registered.'});
    t.is((await first.get()).values[0]?.value, 3);
    registry.clear();
    const second = newCounter();
    t.is((await second.get()).values[0]?.value, 0);
    second.inc(4);
    t.is((await second.get()).values[0]?.value, 4);
    t.is(registry.getSingleMetric('c'), second as never);
    t.is(parsePage(page()).get('c{}'), 7);
  },
);

test('metrics of one name in two registries share their series, and neither disturbs the other', async t => {
  const {page} = startWorkerSide();
  const [first, second] = [new Registry(), new Registry()].map(registry => {
    const gauge = new Gauge({name: 'g', help: 'H', labelNames: ['kind'], registers: [registry]});
    gauge.inc({kind: 'a'}, 2);
    return gauge;
  });
  t.is((await first!.get()).values[0]?.value, 4);
  second!.remove('a');
  first!.inc({kind: 'a'});
  t.is(parsePage(page()).get('g{kind="a"}'), 1);
});

test('a metric that contradicts what the thread has declared is refused and not registered', t => {
  startWorkerSide();
  const registry = new Registry();
  new Counter({...KIND, name: 'c'});
  const registers = [registry];
  t.throws(() => new Counter({name: 'c', help: 'H', labelNames: ['sort'], registers}), {
    instanceOf: TypeError,
    message: 'Expected c with labelNames `kind` as first declared, got `sort`',
  });
  t.throws(() => new Gauge({...KIND, name: 'c', registers}), {instanceOf: TypeError});
  t.throws(
    () => new Counter({name: 'hub_samples_dropped_total', help: 'H', labelNames: ['reason']}),
    {
      instanceOf: TypeError,
      message:
        "Expected hub_samples_dropped_total to be recorded by a recorder alone in this thread, got prom-client's classes too",
    },
  );
  t.deepEqual(registry.getMetricsAsArray(), []);
});

test('a family that was bridged first is shared with the metric of its name that is made then', async t => {
  const {writer, page, takeOver} = startWorkerSide();
  const {registry, mirror} = newMirror(writer.recorder);
  const registers = [registry];
  const theirs = new client.Counter({...KIND, name: 'c', registers});
  const sizes = new client.Summary({...KIND, name: 's', percentiles: [0.5], registers});
  theirs.inc({kind: 'a'}, 2);
  sizes.observe({kind: 'a'}, 4);
  await mirror.collect();
  takeOver();
  const ours = new Counter({...KIND, name: 'c', registers: []});
  const ourSizes = new Summary({...KIND, name: 's', percentiles: [0.5], registers: []});
  ours.inc({kind: 'a'}, 10);
  ours.inc({kind: 'b'});
  ourSizes.observe({kind: 'a'}, 4);
  theirs.inc({kind: 'a'});
  sizes.observe({kind: 'a'}, 4);
  await mirror.collect();
  const samples = parsePage(page());
  t.is(samples.get('c{kind="a"}'), 13);
  t.is(samples.get('c{kind="b"}'), 1);
  t.is(samples.get('s_count{kind="a"}'), 3);
  t.is(samples.get('s_sum{kind="a"}'), 12);
  t.deepEqual(
    (await ours.get()).values.map(({value}) => value),
    [11, 1],
  );
});

test('a family that was bridged and then taken by a recorder is refused to a second API', async t => {
  const {writer, takeOver} = startWorkerSide();
  const {registry, mirror} = newMirror(writer.recorder);
  new client.Gauge({...KIND, name: 'g', registers: [registry]}).set({kind: 'a'}, 2);
  await mirror.collect();
  takeOver();
  writer.recorder.gauge({...KIND, name: 'g'}).set({kind: 'b'}, 1);
  t.throws(() => new Gauge({...KIND, name: 'g', registers: []}), {
    instanceOf: TypeError,
    message:
      "Expected g to be recorded by a recorder alone in this thread, got prom-client's classes too",
  });
  new Counter({...KIND, name: 'c', registers: []});
  t.throws(() => writer.recorder.counter({...KIND, name: 'c'}), {
    instanceOf: TypeError,
    message:
      "Expected c to be recorded by prom-client's classes alone in this thread, got a recorder too",
  });
});

test('label sets beyond the bound are dropped and counted, through a handle too', async t => {
  const {writer, hub, port} = startWorkerSide();
  const counter = new Counter({...KIND, name: 'c'});
  counter.inc({kind: 'x'.repeat(2_000)});
  const handle = counter.labels('y'.repeat(2_000));
  handle.inc();
  handle.inc(2);
  port.flush();
  writer.deliver();
  const dropped = /hub_samples_dropped_total\{reason="label_too_long"\} +3/;
  t.regex(hub.wholeText(), dropped);
  t.deepEqual((await counter.get()).values, []);
});

test('setToCurrentTime() sets seconds, and startTimer() sets or observes what it returns', async t => {
  startWorkerSide();
  const gauge = new Gauge({...KIND, name: 'g'});
  const histogram = new Histogram({...KIND, name: 'h', buckets: [10]});
  const before = Date.now() / 1_000;
  gauge.setToCurrentTime({kind: 'now'});
  gauge.labels('handle').setToCurrentTime();
  const after = Date.now() / 1_000;
  const seconds = [
    gauge.startTimer({kind: 'overwritten'})({kind: 'timer'}),
    gauge.labels('timed').startTimer()(),
  ];
  const values = (await gauge.get()).values.map(({value}) => value);
  t.true(values.slice(0, 2).every(value => value >= before && value <= after));
  t.deepEqual(values.slice(2), seconds);
  const observed = histogram.startTimer()({kind: 'a'}) + histogram.labels('a').startTimer()();
  const sum = (await histogram.get()).values.find(({metricName}) => metricName === 'h_sum');
  t.deepEqual(sum, {
    value: observed,
    metricName: 'h_sum',
    exemplar: undefined,
    labels: {kind: 'a'},
  } as never);
  t.throws(() => gauge.setToCurrentTime(null as never), {
    message: 'Value is not a valid number: null',
  });
});

test('collect() runs before get(), with the metric as this', async t => {
  startWorkerSide();
  const sync = new Gauge({
    name: 'sync',
    help: 'H',
    registers: [],
    collect() {
      this.inc();
    },
  });
  const awaited = new Gauge({
    name: 'awaited',
    help: 'H',
    registers: [],
    async collect() {
      await nextTurn();
      this.inc();
    },
  });
  for (const expected of [1, 2]) {
    t.is((await sync.get()).values[0]?.value, expected);
    t.is((await awaited.get()).values[0]?.value, expected);
  }
});

test('collect() runs before a timed flush, which awaits it and outlives what it throws', async t => {
  const {collectors, warnings, page} = startWorkerSide();
  const registry = new Registry();
  const registers = [registry];
  let release = () => {};
  const level = (name: string, collect: (this: Gauge) => void | Promise<void>) =>
    new Gauge({name, help: 'H', registers, collect});
  level('sync', function () {
    this.inc();
  });
  level('throws', () => {
    throw new Error('no');
  });
  level('rejects', () => Promise.reject(new Error('never')));
  level('hangs', function () {
    return new Promise<void>(resolve => {
      release = resolve;
    }).then(() => this.inc());
  });
  let flushCount = 0;
  const tick = () => {
    collectors.runBefore(() => {
      flushCount++;
    });
    return nextTurn();
  };
  await tick();
  t.is(flushCount, 0, 'it waits for the promise');
  await tick();
  t.is(flushCount, 1, 'one that hangs holds up no further flush');
  release();
  await nextTurn();
  t.is(flushCount, 2);
  t.deepEqual(warnings, [
    'Expected the collect function of throws not to fail, got Error: no; its values are the last known',
    'Expected the collect function of rejects not to fail, got Error: never; its values are the last known',
  ]);
  t.deepEqual([...parsePage(page())].sort(), [
    ['hangs{}', 1],
    ['sync{}', 2],
  ]);
  registry.clear();
  await tick();
  t.is(parsePage(page()).get('sync{}'), 2, 'what was cleared away collects no more');
});

test('a failing collect() rejects get(), as in prom-client', async t => {
  startWorkerSide();
  const collect = () => {
    throw new Error('no');
  };
  const gauge = new Gauge({name: 'g', help: 'H', registers: [], collect});
  await t.throwsAsync(gauge.get(), {message: 'no'});
});

test('a metric keeps its values when one of its name in another registry comes and goes', async t => {
  const {page, takeOver} = startWorkerSide();
  const [one, other] = [new Registry(), new Registry()];
  const level = new Gauge({name: 'level', help: 'L', registers: [one]});
  const jobs = new Counter({name: 'jobs_total', help: 'J', registers: [one]});
  level.set(5);
  jobs.inc(3);
  for (let i = 0; i < 2; i++) {
    new Gauge({name: 'level', help: 'L', registers: [other]});
    new Counter({name: 'jobs_total', help: 'J', registers: [other]});
    other.clear();
  }
  t.is((await level.get()).values[0]?.value, 5);
  t.is((await jobs.get()).values[0]?.value, 3);
  t.is(parsePage(page()).get('level{}'), 5);
  one.clear();
  takeOver();
  const next = new Gauge({name: 'level', help: 'L', registers: [other]});
  t.is((await next.get()).values[0]?.value, 0, 'once all are gone, the next begins anew');
});

test('collect of each metric of a name runs before a flush, while its registry has it', t => {
  const {collectors} = startWorkerSide();
  const ran: string[] = [];
  const registries = ['one', 'other'].map(which => {
    const registry = new Registry();
    const collect = () => void ran.push(which);
    new Gauge({name: 'level', help: 'L', registers: [registry], collect});
    return registry;
  });
  collectors.runBefore(() => {});
  t.deepEqual(ran, ['one', 'other']);
  registries[1]!.clear();
  collectors.runBefore(() => {});
  t.deepEqual(ran, ['one', 'other', 'one']);
});
