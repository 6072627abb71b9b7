import test from 'ava';
import fc from 'fast-check';
import client from 'prom-client';
import {Summary} from '../../src/worker.js';
import {parsePage, sampleKey} from '../support/exposition.js';
import {InProcessHub} from '../support/in-process.js';
import {startWorkerSide} from '../support/worker-side.js';

// prom-client's t-digests tell the least and the greatest value exactly: which values are in the window shows in these.
const CONFIGURATION = {
  name: 'size',
  help: 'S',
  labelNames: ['k'],
  percentiles: [0, 1],
  registers: [],
};

/** A clock that the test moves on, and which prom-client reads. */
const clock = {nowMs: 0};
const realNow = Date.now;
test.before(() => {
  Date.now = () => clock.nowMs;
});
test.after.always(() => {
  Date.now = realNow;
});
const now = () => clock.nowMs;

/** Windows of whole milliseconds, each age bucket of 1,000 or 2,000. */
const windows = fc.record({
  ageBuckets: fc.integer({min: 1, max: 5}),
  stepSeconds: fc.constantFrom(1, 2),
  pruneAgedBuckets: fc.boolean(),
});

const value = fc.oneof(
  fc.integer({min: -8, max: 12}).map(n => 2 ** n),
  fc.constantFrom(0, -1, -4),
);
const pauseMs = fc.constantFrom(0, 1, 400, 999, 1_000, 1_001, 2_000, 3_700, 12_000);

interface Sampled {
  readonly labels: object;
  readonly value: number;
  readonly metricName?: string;
}

/** Samples by their names; the order of label sets doesn't matter. */
function byName(values: readonly Sampled[]): Map<string, number> {
  return new Map(
    values.map(({labels, metricName = 'size', value}) => {
      const texts = Object.entries(labels).map(([name, text]) => [name, String(text)]);
      return [sampleKey(metricName, Object.fromEntries(texts)), value];
    }),
  );
}

/** What differs by more than a sketch's 1 %. */
function differences(found: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>) {
  const names = new Set([...found.keys(), ...expected.keys()]);
  return [...names].filter(name => {
    const [a = Number.NaN, b = Number.NaN] = [found.get(name), expected.get(name)];
    return !(Math.abs(a - b) <= Math.abs(b) * 0.0101);
  });
}

test.serial(
  "get() shows the windows that prom-client's own Summary shows, whenever it is asked",
  async t => {
    const step = fc.record({
      act: fc.constantFrom('observe', 'observe', 'observe', 'handle', 'get', 'reset', 'remove'),
      k: fc.constantFrom('a', 'b'),
      value,
      pauseMs,
    });
    const run = async (
      window: {ageBuckets: number; stepSeconds: number},
      steps: readonly {act: string; k: string; value: number; pauseMs: number}[],
    ) => {
      const {ageBuckets, stepSeconds} = window;
      const maxAgeSeconds = ageBuckets * stepSeconds;
      startWorkerSide(new InProcessHub(), now);
      const configuration = {...CONFIGURATION, ...window, maxAgeSeconds};
      const [peer, ours] = [new client.Summary(configuration), new Summary(configuration)];
      const handles = [peer, ours].map(summary => summary.labels('a'));
      for (const {act, k, value, pauseMs} of steps) {
        clock.nowMs += pauseMs;
        for (const [i, summary] of [peer, ours].entries()) {
          if (act === 'observe') summary.observe({k}, value);
          else if (act === 'handle') handles[i]?.observe(value);
          else if (act === 'reset') summary.reset();
          else if (act === 'remove') summary.remove(k);
        }
        if (act !== 'get') continue;
        const [theirs, found] = [await peer.get(), await ours.get()];
        t.deepEqual(differences(byName(found.values), byName(theirs.values)), []);
      }
    };
    const steps = fc.array(step, {maxLength: 40});
    await fc.assert(fc.asyncProperty(windows, steps, run), {numRuns: 150});
  },
);

test.serial(
  'the page shows the window of what all workers observed, as old as the hub has known it',
  async t => {
    const step = fc.record({
      worker: fc.nat(2),
      act: fc.constantFrom('observe', 'observe', 'observe', 'deliver', 'sample', 'die', 'page'),
      k: fc.constantFrom('a', 'b'),
      value: fc.integer({min: 0, max: 12}).map(n => 2 ** n),
      pauseMs,
    });
    const run = async (
      {
        pruneAgedBuckets,
        ageBuckets,
        stepSeconds,
      }: {pruneAgedBuckets: boolean; ageBuckets: number; stepSeconds: number},
      steps: readonly {worker: number; act: string; k: string; value: number; pauseMs: number}[],
    ) => {
      const hub = new InProcessHub(undefined, now);
      const window = {ageBuckets, maxAgeSeconds: ageBuckets * stepSeconds};
      // What a pruned series has counted stays in the hub: where all of it is told, the peer must not forget it.
      const peer = new client.Summary({...CONFIGURATION, ...window});
      const totals = new Map<string, number>();
      const newLife = (rank: number) => {
        const writer = hub.newWriter(rank);
        const {name, help, percentiles: quantiles} = CONFIGURATION;
        const options = {
          name,
          help,
          labelNames: ['k'] as const,
          quantiles,
          ...window,
          pruneAgedBuckets,
        };
        return {writer, size: writer.recorder.summary(options), unheard: [] as [string, number][]};
      };
      const lives = [0, 1, 2].map(newLife);
      const hear = (life: (typeof lives)[number]) => {
        for (const [k, value] of life.unheard.splice(0)) {
          peer.observe({k}, value);
          totals.set(k, (totals.get(k) ?? 0) + 1);
        }
      };
      for (const {worker, act, k, value, pauseMs} of steps) {
        clock.nowMs += pauseMs;
        const life = lives[worker]!;
        if (act === 'observe') {
          life.size.observe({k}, value);
          life.unheard.push([k, value]);
          // The name comes at once, and prom-client's window begins with its first observation.
          if (!totals.has(k)) {
            life.writer.recorder.flush();
            life.writer.deliver();
            hear(life);
          }
        } else if (act === 'deliver') {
          life.writer.recorder.flush();
          life.writer.deliver();
          hear(life);
        } else if (act === 'sample') {
          life.writer.deliver();
          life.writer.sample();
          hear(life);
        } else if (act === 'die') {
          life.writer.die();
          hear(life);
          lives[worker] = newLife(worker);
        } else {
          const expected = byName((await peer.get()).values);
          if (pruneAgedBuckets) {
            for (const k of ['a', 'b']) {
              // No value is 0: a window's least one is, where it is empty.
              if (expected.get(`size{k="${k}",quantile="0"}`) !== 0) continue;
              for (const name of [...expected.keys()])
                if (name.includes(`k="${k}"`)) expected.delete(name);
            }
          }
          t.deepEqual(differences(parsePage(hub.text()), expected), []);
        }
      }
      t.deepEqual(hub.complaints.refused, []);
    };
    const steps = fc.array(step, {maxLength: 50});
    await fc.assert(fc.asyncProperty(windows, steps, run), {numRuns: 150});
  },
);

test.serial(
  'maxAgeSeconds without ageBuckets is no window, and the other way round, as in prom-client',
  async t => {
    for (const half of [{maxAgeSeconds: 1}, {ageBuckets: 2}, {maxAgeSeconds: 0, ageBuckets: 2}]) {
      startWorkerSide(new InProcessHub(), now);
      const configuration = {...CONFIGURATION, ...half};
      const pair = [new client.Summary(configuration), new Summary(configuration)];
      for (const summary of pair) summary.observe({k: 'a'}, 4);
      clock.nowMs += 1e9;
      const [theirs, ours] = await Promise.all(
        pair.map(async summary => byName((await summary.get()).values as Sampled[])),
      );
      t.deepEqual(differences(ours!, theirs!), []);
      t.is(theirs!.get('size{k="a",quantile="0"}'), 4);
    }
  },
);

test.serial('workers that ask for other windows of one family: the first keeps its form', t => {
  const hub = new InProcessHub(undefined, now);
  const options = {name: 'size', help: 'S', maxAgeSeconds: 60, ageBuckets: 3};
  hub.newWriter(0).recorder.summary(options);
  const others = [{maxAgeSeconds: 30}, {ageBuckets: 2}, {pruneAgedBuckets: true}];
  for (const [i, other] of [{}, ...others].entries()) {
    const first = hub.newWriter(1);
    first.recorder.summary(options);
    first.deliver();
    const writer = hub.newWriter(2);
    writer.recorder.summary({...options, ...other});
    writer.deliver();
    t.is(hub.complaints.warned.length, i);
    if (i === 0) continue;
    const [field] = Object.keys(other);
    t.regex(hub.complaints.warned.at(-1)!, new RegExp(`^Expected size with ${field} `));
  }
});
