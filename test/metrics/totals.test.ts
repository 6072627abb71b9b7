import test from 'ava';
import {defineFamily, type FamilyOptions, type FamilyType} from '../../src/metrics/family.js';
import {type TotalFamily, Totals} from '../../src/metrics/totals.js';

function declare(
  totals: Totals,
  type: FamilyType,
  options: Partial<FamilyOptions> = {},
): TotalFamily {
  const spec = defineFamily(type, {name: type, help: 'F', labelNames: ['k'], ...options});
  return totals.declareFamily(spec) as TotalFamily;
}

test('declareFamily() of a known name returns the known one, or what contradicts it', t => {
  const totals = new Totals();
  const family = declare(totals, 'counter', {help: 'First help'});
  t.is(declare(totals, 'counter', {help: 'Second help'}), family);
  t.is(family.spec.help, 'First help');
  t.is<unknown, unknown>(
    declare(totals, 'gauge', {name: 'counter'}),
    'Expected counter with type `counter` as first declared, got `gauge`',
  );
});

test('join() finds a series by its label set alone', t => {
  const totals = new Totals();
  const family = declare(totals, 'counter', {labelNames: ['a', 'b']});
  const sets = [['x', 'y'], ['x'], [undefined, 'x'], ['x', ''], ['', 'x'], ['x","y', '']];
  const series = sets.map(([a, b]) => totals.join(family, [a, b], {}, {rank: 0}));
  t.is(new Set(series).size, sets.length);
  t.deepEqual(
    sets.map(([a, b]) => totals.join(family, [a, b], {}, {rank: 1})),
    series,
  );
  t.is(totals.seriesCount, sets.length);
});

test('join() refuses a new label set at the bound of its family only', t => {
  const totals = new Totals(2);
  const family = declare(totals, 'counter');
  const first = totals.join(family, ['a'], {}, {rank: 0});
  totals.join(family, ['b'], {}, {rank: 0});
  t.is(totals.join(family, ['c'], {}, {rank: 0}), undefined);
  t.is(totals.join(family, ['a'], {}, {rank: 1}), first);
  t.truthy(totals.join(declare(totals, 'gauge'), ['c'], {}, {rank: 0}));
  totals.forget('counter', ['a']);
  t.truthy(totals.join(family, ['c'], {}, {rank: 0}), 'a forgotten one makes room');
});

test('leave() takes a gauge off the page with its last writer, and keeps what was counted', t => {
  const totals = new Totals();
  const [counter, gauge] = [declare(totals, 'counter'), declare(totals, 'gauge')];
  const [a, b] = [{}, {}];
  for (const writer of [a, b]) {
    totals.join(counter, ['k'], writer, {rank: 0});
    totals.join(gauge, ['k'], writer, {rank: 0});
  }
  const level = gauge.series.get('["k"]')!;
  const jobs = counter.series.get('["k"]')!;
  totals.set(level, a, 3);
  totals.set(level, b, 4);
  totals.add(jobs, 0, 7);
  const shown = () => {
    totals.refresh();
    return [totals.values[level.first], totals.values[jobs.first]];
  };
  t.deepEqual(shown(), [7, 7]);
  for (const series of [level, jobs]) totals.leave(series, a);
  t.deepEqual(shown(), [4, 7]);
  totals.leave(level, a);
  t.true(level.listed, 'a writer leaves once');
  for (const series of [level, jobs]) totals.leave(series, b);
  t.deepEqual([level.listed, jobs.listed], [false, true]);
  t.is(gauge.series.size, 0);
  t.is(totals.values[jobs.first], 7);
});

test('retire() takes any series off the page with its last live writer', t => {
  const totals = new Totals();
  const family = declare(totals, 'counter');
  const [a, b] = [{}, {}];
  const series = totals.join(family, ['k'], a, {rank: 0})!;
  totals.join(family, ['k'], b, {rank: 1});
  totals.retire(series, a);
  totals.retire(series, a);
  t.true(series.listed);
  totals.retire(series, b);
  t.false(series.listed);
  t.is(totals.seriesCount, 0);
});

test('forget() takes a series off the page whoever has it, and says whether there was one', t => {
  const totals = new Totals();
  const family = declare(totals, 'gauge');
  const writer = {};
  const series = totals.join(family, ['k'], writer, {rank: 0})!;
  totals.set(series, writer, 5);
  t.false(totals.forget('gauge', ['other']));
  t.false(totals.forget('unknown', ['k']));
  t.true(totals.forget('gauge', ['k']));
  t.false(totals.forget('gauge', ['k']));
  totals.set(series, writer, 6);
  totals.refresh();
  t.is(totals.values[series.first], 0);
  t.is(totals.seriesCount, 0);
  t.not(totals.join(family, ['k'], writer, {rank: 0}), series);
});

test('cells of a series that has left hold 0 for the next one of their size', t => {
  const totals = new Totals();
  const histogram = declare(totals, 'histogram', {buckets: [1, 2]});
  const gauge = declare(totals, 'gauge');
  const writer = {};
  const first = totals.join(histogram, ['a'], writer, {rank: 0})!;
  const level = totals.join(gauge, ['a'], writer, {rank: 0})!;
  for (let offset = 0; offset < 4; offset++) totals.add(first, offset, 9);
  totals.set(level, writer, 9);
  totals.forget('histogram', ['a']);
  totals.forget('gauge', ['a']);
  const next = totals.join(histogram, ['b'], {}, {rank: 0})!;
  t.is(next.first, first.first);
  t.deepEqual([...totals.values.slice(next.first, next.first + 4)], [0, 0, 0, 0]);
  const counter = totals.join(declare(totals, 'counter'), ['b'], {}, {rank: 0})!;
  t.is(counter.first, level.first);
  totals.refresh();
  t.is(totals.values[counter.first], 0, 'a gauge that waited to be worked out writes no more');
});

test('values grow with the series, and keep what they hold', t => {
  const totals = new Totals();
  const family = declare(totals, 'counter');
  const all = Array.from({length: 3_000}, (_, i) => {
    const series = totals.join(family, [String(i)], {}, {rank: 0})!;
    totals.add(series, 0, i);
    return series;
  });
  t.deepEqual(
    all.map(series => totals.values[series.first]),
    all.map((_, i) => i),
  );
});

test('structureVersion goes up with each line that comes or leaves, and with no value', t => {
  const totals = new Totals();
  let last = totals.structureVersion;
  const hasRisen = () => {
    const risen = totals.structureVersion > last;
    last = totals.structureVersion;
    return risen;
  };
  const writer = {};
  const family = declare(totals, 'gauge');
  t.true(hasRisen());
  declare(totals, 'gauge');
  t.false(hasRisen());
  const series = totals.join(family, ['a'], writer, {rank: 0})!;
  t.true(hasRisen());
  totals.join(family, ['a'], {}, {rank: 0});
  totals.set(series, writer, 5);
  totals.leave(series, writer);
  totals.refresh();
  t.false(hasRisen());
  totals.forget('gauge', ['a']);
  t.true(hasRisen());
});

for (const [aggregator, expected] of [
  ['sum', 14],
  ['first', 7],
  ['min', 3],
  ['max', 7],
  ['average', 14 / 3],
] as const) {
  test(`refresh() makes one value of many by '${aggregator}'`, t => {
    const totals = new Totals();
    const family = declare(totals, 'gauge', {aggregator});
    const writers = [{}, {}, {}];
    // The last to join has the lowest rank: `first` goes by slots, not by who came first.
    const ranks = [2, 1, 0];
    const [series] = writers.map(
      (writer, i) => totals.join(family, ['k'], writer, {rank: ranks[i]!})!,
    );
    for (const [i, value] of [4, 3, 7].entries()) totals.set(series!, writers[i]!, value);
    totals.refresh();
    t.is(totals.values[series!.first], expected);
  });
}

test('declareFamily() refuses a family that would have a sample name of another', t => {
  const totals = new Totals();
  const declare = (type: FamilyType, name: string) =>
    totals.declareFamily(defineFamily(type, {name, help: 'H'}));
  for (const [type, name] of [
    ['histogram', 'dur'],
    ['gauge', 'size_count'],
    ['counter', 'dur_total'],
  ] as const) {
    t.not(typeof declare(type, name), 'string');
  }
  t.is(
    declare('gauge', 'dur_count'),
    'Expected dur_count to have no sample name of dur, got dur_count in both',
  );
  t.is(
    declare('summary', 'size'),
    'Expected size to have no sample name of size_count, got size_count in both',
  );
  t.is(typeof declare('counter', 'dur_bucket'), 'string');
  t.not(typeof declare('gauge', 'dur'), 'object');
});

test('forget() tells those who have a share in the series, by their cells, and nobody else', t => {
  const totals = new Totals();
  const family = declare(totals, 'counter');
  const told: string[] = [];
  const writer = (name: string) => ({shareEnded: (cell: number) => told.push(`${name} ${cell}`)});
  const [a, b, c] = [writer('a'), writer('b'), writer('c')];
  totals.join(family, ['k'], a, {rank: 0, firstCell: 3});
  totals.join(family, ['k'], b, {rank: 1, firstCell: 8});
  totals.join(family, ['other'], c, {rank: 2, firstCell: 5});
  totals.forget('counter', ['k']);
  t.deepEqual(told, ['a 3', 'b 8']);
});

test('join() tells a writer that joins again of its earlier cells', t => {
  const totals = new Totals();
  const family = declare(totals, 'counter');
  const told: number[] = [];
  const writer = {shareEnded: (cell: number) => told.push(cell)};
  for (const firstCell of [3, 8]) totals.join(family, ['k'], writer, {rank: 0, firstCell});
  totals.forget('counter', ['k']);
  t.deepEqual(told, [3, 8]);
});
