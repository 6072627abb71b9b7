import test from 'ava';
import fc from 'fast-check';
import client from 'prom-client';
import {parsePage} from '../support/exposition.js';
import {InProcessHub, type InProcessWriter} from '../support/in-process.js';

const BUCKETS = [1, 2.5, 10];

interface Step {
  readonly worker: number;
  readonly act: 'inc' | 'observe' | 'flush' | 'deliver' | 'sample' | 'die';
  readonly label: string;
  readonly amount: number;
}

const label = fc.constantFrom('a', 'b', '', 'q"\\\n', 'ö 漢', 'a,b="c"');
const step: fc.Arbitrary<Step> = fc.record({
  worker: fc.nat(4),
  act: fc.constantFrom(
    'inc',
    'inc',
    'observe',
    'observe',
    'flush',
    'flush',
    'deliver',
    'sample',
    'die',
  ),
  label,
  amount: fc.nat(12),
});

/** One of the workers, as it writes. */
function newLife(hub: InProcessHub, rank: number) {
  const writer = hub.newWriter(rank);
  const jobs = writer.recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  const time = writer.recorder.histogram({
    name: 'job_time',
    help: 'T',
    labelNames: ['kind'],
    buckets: BUCKETS,
  });
  return {writer, jobs, time};
}

test('merge(), sample() and settle() render any split over 1-5 workers as one registry would', t => {
  const run = (workerCount: number, steps: readonly Step[]) => {
    const hub = new InProcessHub();
    const registry = new client.Registry();
    const registers = [registry];
    const jobs = new client.Counter({
      name: 'jobs_total',
      help: 'J',
      labelNames: ['kind'],
      registers,
    });
    const time = new client.Histogram({
      name: 'job_time',
      help: 'T',
      labelNames: ['kind'],
      buckets: BUCKETS,
      registers,
    });
    const lives = Array.from({length: workerCount}, (_, rank) => newLife(hub, rank));
    let last = new Map<string, number>();
    for (const {worker, act, label: kind, amount} of steps) {
      const rank = worker % workerCount;
      const life = lives[rank]!;
      if (act === 'inc') {
        life.jobs.inc({kind}, amount);
        jobs.inc({kind}, amount);
      } else if (act === 'observe') {
        life.time.observe({kind}, amount);
        time.observe({kind}, amount);
      } else if (act === 'flush') life.writer.recorder.flush();
      else if (act === 'deliver') life.writer.deliver(amount);
      else if (act === 'sample') life.writer.sample();
      else {
        life.writer.die();
        lives[rank] = newLife(hub, rank);
      }
      const now = parsePage(hub.text());
      for (const [key, value] of last) t.true((now.get(key) ?? -1) >= value, `${key} fell`);
      last = now;
    }
    for (const {writer} of lives) writer.die();
    t.deepEqual(hub.complaints.refused, []);
    return registry.metrics().then(text => {
      t.deepEqual(sorted(parsePage(hub.text())), sorted(parsePage(text)));
    });
  };
  return fc.assert(
    fc.asyncProperty(fc.integer({min: 1, max: 5}), fc.array(step, {maxLength: 60}), run),
    {numRuns: 150},
  );
});

test('settle() after any prefix of deliveries counts each record once', t => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), {maxLength: 40}), fc.nat(50), (amounts, delivered) => {
      const hub = new InProcessHub();
      const writer: InProcessWriter = hub.newWriter();
      const jobs = writer.recorder.counter({name: 'jobs_total', help: 'J'});
      for (const amount of amounts) {
        jobs.inc(amount);
        writer.recorder.flush();
      }
      writer.deliver(delivered);
      writer.die();
      const total = amounts.reduce((sum, amount) => sum + amount, 0);
      t.is(parsePage(hub.text()).get('jobs_total{}'), total);
    }),
  );
});

test('a histogram has cumulative buckets, and +Inf equals _count', t => {
  fc.assert(
    fc.property(fc.array(fc.double({noNaN: true, min: -5, max: 20})), values => {
      const hub = new InProcessHub();
      const writer = hub.newWriter();
      const time = writer.recorder.histogram({name: 'job_time', help: 'T', buckets: BUCKETS});
      for (const value of values) time.observe(value);
      writer.die();
      const samples = parsePage(hub.text());
      const counts = [...BUCKETS, '+Inf'].map(le => samples.get(`job_time_bucket{le="${le}"}`));
      const expected = [...BUCKETS, Number.POSITIVE_INFINITY].map(
        bound => values.filter(value => value <= bound).length,
      );
      t.deepEqual(counts, expected);
      t.is(samples.get('job_time_count{}'), values.length);
    }),
  );
});

function sorted(samples: ReadonlyMap<string, number>) {
  return [...samples].sort(([a], [b]) => (a < b ? -1 : 1));
}
