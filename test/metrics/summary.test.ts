import test from 'ava';
import fc from 'fast-check';
import {cellCountOf, defineFamily} from '../../src/metrics/family.js';
import {LEDGER_CELLS_MAX} from '../../src/metrics/ledger.js';
import {RELATIVE_ERROR} from '../../src/metrics/sketch.js';
import {parsePage} from '../support/exposition.js';
import {InProcessHub} from '../support/in-process.js';
import {nearestRank} from '../support/nearest-rank.js';

const QUANTILES = [0, 0.01, 0.5, 0.9, 0.999, 1];

/** Floating point may add this much to the sketch's own error. */
const SLACK = 1 + 1e-9;

function newLife(hub: InProcessHub, rank: number) {
  const writer = hub.newWriter(rank);
  const options = {name: 'size', help: 'S', labelNames: ['k'] as const, quantiles: QUANTILES};
  return {writer, size: writer.recorder.summary(options)};
}

interface Step {
  readonly worker: number;
  readonly act: 'observe' | 'flush' | 'deliver' | 'sample' | 'die';
  readonly k: string;
  readonly value: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  worker: fc.nat(4),
  act: fc.constantFrom(
    'observe',
    'observe',
    'observe',
    'observe',
    'flush',
    'deliver',
    'sample',
    'die',
  ),
  k: fc.constantFrom('a', 'b'),
  value: fc.oneof(
    // Whole eighths add up exactly in any order.
    fc.integer({min: -800, max: 8_000}).map(n => n / 8),
    fc.integer({min: 0, max: 29}).map(n => 2 ** n),
  ),
});

test('quantiles over 1-5 workers that flush, die and are read are those of the pooled observations', t => {
  const run = (workerCount: number, steps: readonly Step[]) => {
    const hub = new InProcessHub();
    const lives = Array.from({length: workerCount}, (_, rank) => newLife(hub, rank));
    const pools = new Map<string, number[]>();
    for (const {worker, act, k, value} of steps) {
      const rank = worker % workerCount;
      const {writer, size} = lives[rank]!;
      if (act === 'observe') {
        size.observe({k}, value);
        pools.set(k, [...(pools.get(k) ?? []), value]);
      } else if (act === 'flush') writer.recorder.flush();
      else if (act === 'deliver') writer.deliver(3);
      else if (act === 'sample') writer.sample();
      else {
        writer.die();
        lives[rank] = newLife(hub, rank);
      }
    }
    for (const {writer} of lives) writer.die();
    t.deepEqual(hub.complaints.refused, []);
    const page = parsePage(hub.text());
    t.is(page.size, pools.size * (QUANTILES.length + 2));
    for (const [k, values] of pools) {
      const pooled = values.toSorted((a, b) => a - b);
      t.is(page.get(`size_count{k="${k}"}`), pooled.length);
      t.is(
        page.get(`size_sum{k="${k}"}`),
        pooled.reduce((sum, value) => sum + value, 0),
      );
      for (const q of QUANTILES) {
        const exact = nearestRank(pooled, q);
        const error = Math.abs(page.get(`size{k="${k}",quantile="${q}"}`)! - exact);
        t.true(error <= Math.abs(exact) * RELATIVE_ERROR * SLACK, `quantile ${q}: ${exact}`);
      }
    }
  };
  fc.assert(fc.property(fc.integer({min: 1, max: 5}), fc.array(step, {maxLength: 60}), run), {
    numRuns: 100,
  });
});

test('a summary without labels stands at 0 before anything is observed', t => {
  const hub = new InProcessHub();
  const writer = hub.newWriter();
  writer.recorder.summary({name: 'size', help: 'S'});
  writer.deliver();
  const page = parsePage(hub.text());
  t.is(page.size, 9);
  t.true([...page.values()].every(value => value === 0));
});

test('observe() drops what is not finite, and counts it', t => {
  const hub = new InProcessHub();
  const writer = hub.newWriter();
  const size = writer.recorder.summary({name: 'size', help: 'S'});
  for (const bad of [Number.NaN, Infinity, -Infinity, '5' as never, undefined as never]) {
    size.observe(bad);
  }
  size.observe(2);
  writer.die();
  const page = parsePage(hub.wholeText());
  t.is(page.get('size_count{}'), 1);
  t.is(page.get('size_sum{}'), 2);
  t.is(page.get('hub_samples_dropped_total{reason="not_finite"}'), 5);
});

test('summary() of a known name returns the same, and throws for other quantiles', t => {
  const {recorder} = new InProcessHub().newWriter();
  const size = recorder.summary({name: 'size', help: 'S', quantiles: [0.5]});
  t.is(recorder.summary({name: 'size', help: 'S', quantiles: [0.5]}), size);
  t.throws(() => recorder.summary({name: 'size', help: 'S'}), {
    instanceOf: TypeError,
    message: /^Expected size with quantiles `0\.5` as first declared, got /,
  });
});

test('two workers that declare other quantiles: the first keeps its form, each observation of the other is dropped', t => {
  const hub = new InProcessHub();
  const [first, second] = [hub.newWriter(0), hub.newWriter(1)];
  first.recorder.summary({name: 'size', help: 'S', quantiles: [0.5]}).observe(4);
  const other = second.recorder.summary({name: 'size', help: 'S', quantiles: [0.9]});
  for (let i = 0; i < 3; i++) other.observe(9);
  first.die();
  const dropped: number[] = [];
  hub.complaints.droppedSamples = (_, count) => dropped.push(count);
  second.die();
  t.deepEqual(dropped, [3]);
  t.deepEqual(
    [...parsePage(hub.text()).keys()],
    ['size{quantile="0.5"}', 'size_sum{}', 'size_count{}'],
  );
});

test('a removed summary leaves the page, and the next of its cells begins at 0', t => {
  const hub = new InProcessHub();
  const {writer, size} = newLife(hub, 0);
  size.observe({k: 'a'}, 5);
  writer.deliver();
  writer.sample();
  size.remove({k: 'a'});
  size.observe({k: 'b'}, 3);
  writer.die();
  const page = parsePage(hub.text());
  t.is(page.get('size_count{k="a"}'), undefined);
  t.is(page.get('size_count{k="b"}'), 1);
  t.is(page.get('size_sum{k="b"}'), 3);
  t.true(page.get('size{k="b",quantile="1"}')! < 3.1);
});

test('a summary series takes about 4,000 cells, so that a ledger has room for 1,000', t => {
  const cellCount = cellCountOf(defineFamily('summary', {name: 'a', help: 'A'}));
  t.true(cellCount * 8 < 34_000);
  t.true(LEDGER_CELLS_MAX / cellCount > 1_000);
});
