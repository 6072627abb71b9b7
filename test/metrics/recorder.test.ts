import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {
  DELTA_CELLS_MAX,
  type Declaration,
  decodeDelta,
  LABEL_VALUE_LENGTH_MAX,
} from '../../src/metrics/delta.js';
import {Recorder, type RecorderOptions} from '../../src/metrics/recorder.js';
import {DROP_REASONS, type DropReason} from '../../src/metrics/series.js';
import {parsePage, sampleKey} from '../support/exposition.js';
import {InProcessHub} from '../support/in-process.js';

/** A recorder and what it hands its sink. */
function newRecorder(options: RecorderOptions = {}) {
  const declared: Declaration[] = [];
  const deltas: ArrayBuffer[] = [];
  const sink = {
    declare: (message: Declaration) => declared.push(message),
    deltas: (buffer: ArrayBuffer) => deltas.push(buffer),
  };
  return {recorder: new Recorder(sink, options), declared, deltas};
}

/** A hub with one writer, and what its page says. */
function newPair(options: RecorderOptions = {}) {
  const hub = new InProcessHub();
  const writer = hub.newWriter(0, options);
  const samples = () => {
    writer.recorder.flush();
    writer.deliver();
    return parsePage(hub.wholeText());
  };
  const dropsOf = (reason: DropReason) =>
    samples().get(sampleKey('hub_samples_dropped_total', {reason}));
  return {hub, writer, recorder: writer.recorder, samples, dropsOf};
}

function checkDrops(
  t: ExecutionContext,
  dropsOf: (reason: DropReason) => number | undefined,
  expected: Partial<Record<DropReason, number>>,
): void {
  for (const reason of DROP_REASONS) t.is(dropsOf(reason), expected[reason] ?? 0, reason);
}

test('counter() of a known name returns the same, whatever its help', t => {
  const {recorder, declared} = newRecorder();
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  t.is(recorder.counter({name: 'jobs_total', help: 'Other', labelNames: ['kind']}), jobs);
  const families = declared.filter(message => message.kind === 'family');
  t.deepEqual(
    families.map(({family, spec}) => [family, spec.name]),
    [
      [0, 'hub_samples_dropped_total'],
      [1, 'jobs_total'],
    ],
  );
});

test('gauge() and histogram() of a known name return the same', t => {
  const {recorder} = newRecorder();
  const level = recorder.gauge({name: 'level', help: 'L'});
  const time = recorder.histogram({name: 'time', help: 'T', buckets: [1, 2]});
  t.is(recorder.gauge({name: 'level', help: 'L'}), level);
  t.is(recorder.histogram({name: 'time', help: 'T', buckets: [1, 2]}), time);
});

test('a declaration that contradicts the known one throws and names both', t => {
  const {recorder} = newRecorder();
  recorder.counter({name: 'jobs', help: 'J', labelNames: ['kind']});
  recorder.histogram({name: 'time', help: 'T', buckets: [1, 2]});
  t.throws(() => recorder.gauge({name: 'jobs', help: 'J', labelNames: ['kind']}), {
    instanceOf: TypeError,
    message: 'Expected jobs with type `counter` as first declared, got `gauge`',
  });
  t.throws(() => recorder.counter({name: 'jobs', help: 'J', labelNames: ['kind', 'state']}), {
    instanceOf: TypeError,
    message: 'Expected jobs with labelNames `kind` as first declared, got `kind,state`',
  });
  t.throws(() => recorder.histogram({name: 'time', help: 'T', buckets: [1, 3]}), {
    instanceOf: TypeError,
    message: 'Expected time with buckets `1,2` as first declared, got `1,3`',
  });
});

test('a family without labels stands at 0 before anything is recorded', t => {
  const {recorder, samples} = newPair();
  recorder.counter({name: 'jobs_total', help: 'J'});
  recorder.gauge({name: 'level', help: 'L'});
  recorder.histogram({name: 'time', help: 'T', buckets: [1]});
  const page = samples();
  t.is(page.get('jobs_total{}'), 0);
  t.is(page.get('level{}'), 0);
  t.is(page.get('time_count{}'), 0);
});

test('ensure() makes a series stand at 0 and leaves a known one alone', t => {
  const {recorder, samples} = newPair();
  const labelNames = ['kind'] as const;
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames});
  const level = recorder.gauge({name: 'level', help: 'L', labelNames});
  const time = recorder.histogram({name: 'time', help: 'T', labelNames, buckets: [1]});
  jobs.inc({kind: 'a'}, 7);
  for (const kind of ['a', 'b']) {
    for (const metric of [jobs, level, time]) metric.ensure({kind});
  }
  const page = samples();
  t.is(page.get('jobs_total{kind="a"}'), 7);
  t.is(page.get('jobs_total{kind="b"}'), 0);
  t.is(page.get('level{kind="b"}'), 0);
  t.is(page.get('time_count{kind="b"}'), 0);
});

test('labels() is the same series that records by label set reach', t => {
  const {recorder, samples} = newPair();
  const labelNames = ['kind'] as const;
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames});
  const level = recorder.gauge({name: 'level', help: 'L', labelNames});
  const time = recorder.histogram({name: 'time', help: 'T', labelNames, buckets: [1]});
  jobs.labels({kind: 'a'}).inc();
  jobs.inc({kind: 'a'}, 2.5);
  level.labels({kind: 'a'}).set(10);
  level.inc({kind: 'a'});
  level.labels({kind: 'a'}).dec(3);
  level.dec({kind: 'a'}, 0.5);
  time.labels({kind: 'a'}).observe(1);
  time.observe({kind: 'a'}, 2);
  const page = samples();
  t.is(page.get('jobs_total{kind="a"}'), 3.5);
  t.is(page.get('level{kind="a"}'), 7.5);
  t.is(page.get('time_bucket{kind="a",le="1"}'), 1);
  t.is(page.get('time_count{kind="a"}'), 2);
  t.is(page.get('time_sum{kind="a"}'), 3);
});

test('inc() of a counter by a negative amount throws and counts nothing', t => {
  const {recorder, samples} = newPair();
  const jobs = recorder.counter({name: 'jobs_total', help: 'J'});
  jobs.inc(3);
  for (const amount of [-1, Number.NEGATIVE_INFINITY]) {
    t.throws(() => jobs.inc(amount), {
      instanceOf: RangeError,
      message: `Expected a counter to go up, got inc(${amount})`,
    });
  }
  t.is(samples().get('jobs_total{}'), 3);
});

test('a value that is no finite number is dropped and counted', t => {
  const {recorder, samples, dropsOf} = newPair();
  const jobs = recorder.counter({name: 'jobs_total', help: 'J'});
  const time = recorder.histogram({name: 'time', help: 'T', buckets: [1]});
  const bad = [Number.NaN, Number.POSITIVE_INFINITY, '5', {}, true] as number[];
  for (const value of bad) {
    jobs.labels({}).inc(value);
    time.labels({}).observe(value);
  }
  time.observe(Number.NEGATIVE_INFINITY);
  jobs.inc(2);
  time.observe(0.5);
  const page = samples();
  t.is(page.get('jobs_total{}'), 2);
  t.is(page.get('time_sum{}'), 0.5);
  t.is(page.get('time_count{}'), 1);
  checkDrops(t, dropsOf, {not_finite: bad.length * 2 + 1});
});

test('a gauge takes infinities, and drops and counts what is no number', t => {
  const {recorder, samples, dropsOf} = newPair();
  const level = recorder.gauge({name: 'level', help: 'L'});
  const series = level.labels({});
  level.set(Number.NEGATIVE_INFINITY);
  t.is(samples().get('level{}'), Number.NEGATIVE_INFINITY);
  level.set(4);
  const bad = [Number.NaN, '5', 'abc', {}, true, null, [7], 5n] as number[];
  for (const value of bad) {
    series.set(value);
    series.inc(value);
    series.dec(value);
  }
  t.is(samples().get('level{}'), 4);
  level.set(Number.POSITIVE_INFINITY);
  level.dec(Number.POSITIVE_INFINITY);
  t.is(samples().get('level{}'), Number.POSITIVE_INFINITY);
  checkDrops(t, dropsOf, {not_finite: bad.length * 3 + 1});
});

test('label sets beyond seriesPerFamilyMax are dropped and counted, and the others go on', t => {
  const {recorder, samples, dropsOf} = newPair({seriesPerFamilyMax: 6});
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  const level = recorder.gauge({name: 'level', help: 'L', labelNames: ['kind']});
  for (let i = 0; i < 9; i++) jobs.inc({kind: i});
  for (let i = 0; i < 7; i++) level.set({kind: i}, i);
  const refused = jobs.labels({kind: 'refused'});
  refused.inc();
  refused.inc(5);
  jobs.inc({kind: 0});
  const page = samples();
  t.is(page.get('jobs_total{kind="0"}'), 2);
  t.is(page.get('jobs_total{kind="5"}'), 1);
  t.is(page.get('jobs_total{kind="6"}'), undefined);
  t.is(page.get('level{kind="5"}'), 5);
  t.is(page.get('level{kind="6"}'), undefined);
  checkDrops(t, dropsOf, {series_limit: 3 + 1 + 2});
});

test('labels() at the bound gives a series that an async function may return', async t => {
  const {recorder, dropsOf} = newPair({seriesPerFamilyMax: 6});
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  for (let i = 0; i < 6; i++) jobs.ensure({kind: i});
  const refused = await (async () => jobs.labels({kind: 'refused'}))();
  refused.inc();
  checkDrops(t, dropsOf, {series_limit: 1});
});

test('a label value that is too long is dropped and counted, and the others go on', t => {
  const {recorder, samples, dropsOf} = newPair();
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  jobs.inc({kind: 'a'});
  jobs.inc({kind: 'x'.repeat(LABEL_VALUE_LENGTH_MAX + 1)});
  jobs.inc({kind: 'a'});
  t.is(samples().get('jobs_total{kind="a"}'), 2);
  checkDrops(t, dropsOf, {label_too_long: 1});
});

test('flush() of nothing posts nothing', t => {
  const {recorder, deltas} = newRecorder();
  const jobs = recorder.counter({name: 'jobs_total', help: 'J'});
  t.is(recorder.flush(), 0);
  t.deepEqual(deltas, []);
  jobs.inc();
  t.is(recorder.flush(), 1);
  t.is(recorder.flush(), 1);
  jobs.inc(0);
  t.is(recorder.flush(), 1);
  t.is(deltas.length, 1);
  t.is(recorder.sequence, 1);
});

test('flush() posts only what changed, as absolute values', t => {
  const {recorder, deltas} = newRecorder();
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  const [a, b] = [jobs.labels({kind: 'a'}), jobs.labels({kind: 'b'})];
  a.inc(2);
  b.inc(3);
  recorder.flush();
  a.inc(5);
  recorder.flush();
  const values = deltas.map(buffer => {
    const delta = decodeDelta(buffer);
    return typeof delta === 'string' ? delta : [delta.sequence, ...delta.values];
  });
  t.deepEqual(values, [
    [1, 2, 3],
    [2, 7],
  ]);
});

test('flush() of more than DELTA_CELLS_MAX cells posts several deltas', t => {
  const {recorder, deltas} = newRecorder({seriesPerFamilyMax: DELTA_CELLS_MAX + 2});
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  for (let i = 0; i < DELTA_CELLS_MAX + 2; i++) jobs.inc({kind: i});
  t.is(recorder.flush(), 2);
  const counts = deltas.map(buffer => {
    const delta = decodeDelta(buffer);
    return typeof delta === 'string' ? delta : delta.cells.length;
  });
  t.is(counts.length, 2);
  t.true(counts.every(count => typeof count === 'number' && count <= DELTA_CELLS_MAX));
  t.is(Number(counts[0]) + Number(counts[1]), DELTA_CELLS_MAX + 2);
});

test('flush() of exactly DELTA_CELLS_MAX cells posts one delta', t => {
  const {recorder, deltas} = newRecorder({seriesPerFamilyMax: DELTA_CELLS_MAX});
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  for (let i = 0; i < DELTA_CELLS_MAX; i++) jobs.inc({kind: i});
  t.is(recorder.flush(), 1);
  t.is(deltas.length, 1);
});

test('remove() takes a series off the page and says whether there was one', t => {
  const {recorder, samples, hub} = newPair();
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  jobs.inc({kind: 'a'}, 3);
  jobs.inc({kind: 'b'}, 4);
  t.true(jobs.remove({kind: 'a'}));
  t.false(jobs.remove({kind: 'a'}));
  const page = samples();
  t.is(page.get('jobs_total{kind="a"}'), undefined);
  t.is(page.get('jobs_total{kind="b"}'), 4);
  jobs.inc({kind: 'a'});
  t.is(samples().get('jobs_total{kind="a"}'), 1);
  t.deepEqual(hub.complaints.refused, []);
});

test('remove() of the only series of a family without labels makes room for a new one', t => {
  const {recorder, samples} = newPair();
  const jobs = recorder.counter({name: 'jobs_total', help: 'J'});
  jobs.inc(3);
  t.true(jobs.remove({}));
  t.is(samples().get('jobs_total{}'), undefined);
  jobs.inc();
  t.is(samples().get('jobs_total{}'), 1);
});

test('remove() posts the last values before it says that the series is gone', t => {
  const order: unknown[] = [];
  const recorder = new Recorder({
    declare: message => order.push(message.kind),
    deltas: () => order.push('delta'),
  });
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  jobs.inc({kind: 'a'});
  order.length = 0;
  jobs.remove({kind: 'a'});
  jobs.ensure({kind: 'b'});
  t.deepEqual(order, ['delta', 'retire', 'series']);
});

test('remove() gives the cells of a series to the next one', t => {
  const {recorder, declared} = newRecorder();
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  for (let i = 0; i < 1_000; i++) {
    jobs.inc({kind: i});
    jobs.remove({kind: i});
  }
  t.is(declared.filter(message => message.kind === 'segment').length, 1);
});

test('a handle of a removed series records nowhere', t => {
  const {recorder, samples, hub} = newPair();
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  const time = recorder.histogram({name: 'time', help: 'T', labelNames: ['kind'], buckets: [1]});
  const [removedJobs, removedTime] = [jobs.labels({kind: 'a'}), time.labels({kind: 'a'})];
  removedJobs.inc();
  jobs.remove({kind: 'a'});
  time.remove({kind: 'a'});
  removedJobs.inc(100);
  removedTime.observe(100);
  jobs.inc({kind: 'b'});
  jobs.inc({kind: 'a'}, 5);
  time.observe({kind: 'b'}, 2);
  removedJobs.inc(100);
  const page = samples();
  t.is(page.get('jobs_total{kind="a"}'), 5);
  t.is(page.get('jobs_total{kind="b"}'), 1);
  t.is(page.get('time_sum{kind="b"}'), 2);
  t.is(page.get('time_count{kind="a"}'), undefined);
  t.deepEqual(hub.complaints, {...hub.complaints, refused: [], dropped: [], warned: []});
});

test('remove() of any series, with their handles held or not, mixes no two of them', t => {
  const step = fc.record({
    act: fc.constantFrom('inc', 'handle', 'remove', 'flush', 'deliver'),
    kind: fc.constantFrom('a', 'b', 'c'),
    amount: fc.nat(9),
  });
  fc.assert(
    fc.property(fc.array(step, {maxLength: 60}), steps => {
      const {recorder, samples, hub, writer} = newPair();
      const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
      const expected = new Map<string, number>();
      const handles: {inc(amount: number): void; kind: string; isLive: boolean}[] = [];
      for (const {act, kind, amount} of steps) {
        const known = expected.get(kind) ?? 0;
        if (act === 'inc') {
          jobs.inc({kind}, amount);
          expected.set(kind, known + amount);
        } else if (act === 'handle') {
          const series = jobs.labels({kind});
          expected.set(kind, known);
          handles.push({inc: by => series.inc(by), kind, isLive: true});
        } else if (act === 'remove') {
          t.is(jobs.remove({kind}), expected.delete(kind));
          for (const handle of handles) if (handle.kind === kind) handle.isLive = false;
        } else if (act === 'flush') recorder.flush();
        else writer.deliver(amount);
        for (const handle of handles) {
          handle.inc(amount);
          if (!handle.isLive) continue;
          expected.set(handle.kind, expected.get(handle.kind)! + amount);
        }
      }
      const page = [...samples()].filter(([key]) => key.startsWith('jobs_total'));
      const wanted = [...expected].map(([kind, total]) => [`jobs_total{kind="${kind}"}`, total]);
      t.deepEqual(new Map(page), new Map(wanted as [string, number][]));
      t.deepEqual(hub.complaints.refused, []);
    }),
  );
});
