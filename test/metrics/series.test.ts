import test from 'ava';
import {LABEL_VALUE_LENGTH_MAX, type WireLabel} from '../../src/metrics/delta.js';
import {defineFamily} from '../../src/metrics/family.js';
import {type DropReason, OWN_SLOT, SeriesMap} from '../../src/metrics/series.js';

interface Made {
  readonly labels: readonly WireLabel[] | DropReason;
}

/** A map that remembers what it made and refused. */
function newMap(labelNames: readonly string[], seriesMax?: number) {
  const made: (readonly WireLabel[])[] = [];
  const refused: DropReason[] = [];
  const source = {
    create: (labels: readonly WireLabel[]): Made => {
      made.push(labels);
      return {labels};
    },
    refused: (reason: DropReason): Made => {
      refused.push(reason);
      return {labels: reason};
    },
  };
  const spec = defineFamily('counter', {name: 'jobs_total', help: 'Jobs.', labelNames});
  return {made, refused, map: new SeriesMap<Made>(spec, source, seriesMax)};
}

test('lookUp() of one label set gives one series, in whatever order its labels stand', t => {
  const {map, made} = newMap(['a', 'b']);
  const series = map.lookUp({a: '1', b: '2'});
  t.is(map.lookUp({b: '2', a: '1'}), series);
  t.not(map.lookUp({a: '2', b: '1'}), series);
  t.is(map.seriesCount, 2);
  t.deepEqual(made, [
    ['1', '2'],
    ['2', '1'],
  ]);
});

test('lookUp() never takes two label sets for one', t => {
  const {map} = newMap(['a', 'b']);
  const sets = [
    {a: '1,b:2', b: '3'},
    {a: '1', b: '2,b:3'},
    {a: '1', b: '2'},
    {a: '12', b: ''},
    {a: '', b: '12'},
    {a: '1"', b: '"2'},
    {a: '__proto__', b: 'constructor'},
    {a: 'null', b: 'undefined'},
    {a: '1'},
    {b: '1'},
    {a: '1', b: ''},
    {a: '', b: '1'},
    {a: '', b: ''},
    {a: ''},
    {b: ''},
    {},
    {a: OWN_SLOT},
    {a: OWN_SLOT, b: 'true'},
    {a: 'true', b: OWN_SLOT},
  ];
  t.is(new Set(sets.map(labels => map.lookUp(labels))).size, sets.length);
  t.is(map.seriesCount, sets.length);
  for (const labels of sets) t.is(map.lookUp({...labels}), map.lookUp(labels));
});

test('lookUp() tells an empty label from one that is left out', t => {
  const {map, made} = newMap(['a']);
  t.not(map.lookUp({a: ''}), map.lookUp({}));
  t.is(map.lookUp({a: undefined}), map.lookUp({}));
  t.deepEqual(made, [[''], [null]]);
});

test('lookUp() takes numbers for the text that they print', t => {
  const {map, made} = newMap(['a']);
  t.is(map.lookUp({a: 5}), map.lookUp({a: '5'}));
  t.is(map.lookUp({a: 0.1 + 0.2}), map.lookUp({a: '0.30000000000000004'}));
  t.is(map.lookUp({a: -0}), map.lookUp({a: '0'}));
  t.deepEqual(made, [['5'], ['0.30000000000000004'], ['0']]);
});

test('lookUp() posts OWN_SLOT as what only the hub knows', t => {
  const {map, made} = newMap(['worker_id']);
  t.is(map.lookUp({worker_id: OWN_SLOT}), map.lookUp({worker_id: OWN_SLOT}));
  t.deepEqual(made, [[true]]);
});

test('lookUp() throws for a label that the family has not', t => {
  const {map} = newMap(['a', 'b']);
  const expectation = {
    instanceOf: TypeError,
    message: 'Expected labels of jobs_total to be among a, b, got `c`',
  };
  t.throws(() => map.lookUp({a: '1', b: '2', c: '3'}), expectation);
  t.throws(() => map.lookUp({a: '1', c: '3'}), expectation);
  t.throws(() => map.lookUp({c: '3'}), expectation);
  map.lookUp({a: '1', b: '2'});
  map.lookUp({a: '1'});
  map.lookUp({});
  t.throws(() => map.lookUp({a: '1', b: '2', c: '3'}), expectation, 'of a known series');
  t.throws(() => map.lookUp({a: '1', c: '3'}), expectation);
  t.throws(() => map.lookUp({c: '3'}), expectation);
  t.throws(() => map.lookUp({a: '1', b: '2', c: undefined}), expectation);
  t.is(map.seriesCount, 3);
});

test('lookUp() throws for any label of a family without labels', t => {
  const {map} = newMap([]);
  map.lookUp({});
  t.throws(() => map.lookUp({a: '1'}), {
    instanceOf: TypeError,
    message: 'Expected labels of jobs_total to be among none, got `a`',
  });
});

test('lookUp() of a label object that is changed and used again makes no series twice', t => {
  const {map, made} = newMap(['a']);
  const labels = {a: '1'};
  const first = map.lookUp(labels);
  labels.a = '2';
  const second = map.lookUp(labels);
  labels.a = '1';
  t.is(map.lookUp(labels), first);
  t.not(first, second);
  t.deepEqual(made, [['1'], ['2']]);
});

test('lookUp() refuses a new label set at the bound, and knows the others still', t => {
  const {map, refused} = newMap(['a'], 2);
  const [first, second] = [map.lookUp({a: '1'}), map.lookUp({a: '2'})];
  t.is(map.lookUp({a: '3'}).labels, 'series_limit');
  t.is(map.lookUp({a: '3'}).labels, 'series_limit');
  t.is(map.lookUp({a: '1'}), first);
  t.is(map.lookUp({a: '2'}), second);
  t.is(map.seriesCount, 2);
  t.deepEqual(refused, ['series_limit', 'series_limit']);
  map.remove({a: '1'});
  t.deepEqual(map.lookUp({a: '3'}).labels, ['3'], 'a removed one makes room');
});

test('lookUp() refuses a label value that is too long', t => {
  const {map, refused} = newMap(['a']);
  t.is(map.lookUp({a: 'x'.repeat(LABEL_VALUE_LENGTH_MAX + 1)}).labels, 'label_too_long');
  t.is(map.seriesCount, 0);
  const longest = 'x'.repeat(LABEL_VALUE_LENGTH_MAX);
  t.deepEqual(map.lookUp({a: longest}).labels, [longest]);
  t.deepEqual(refused, ['label_too_long']);
});

test('lookUp() hands on why a series could not be made, and remembers nothing of it', t => {
  const spec = defineFamily('counter', {name: 'jobs_total', help: 'Jobs.', labelNames: ['a']});
  const reasons: DropReason[] = [];
  const map = new SeriesMap<object>(spec, {
    create: () => 'ledger_full',
    refused: reason => {
      reasons.push(reason);
      return {};
    },
  });
  map.lookUp({a: '1'});
  t.is(map.seriesCount, 0);
  t.deepEqual(reasons, ['ledger_full']);
});

test('remove() gives back the series of exactly that label set', t => {
  const {map} = newMap(['a', 'b']);
  const series = map.lookUp({a: '1', b: '2'});
  const other = map.lookUp({a: '1', b: '3'});
  t.is(map.remove({a: '1'}), undefined);
  t.is(map.remove({a: '2', b: '2'}), undefined);
  t.is(map.remove({a: '1', b: '2'}), series);
  t.is(map.remove({a: '1', b: '2'}), undefined);
  t.is(map.seriesCount, 1);
  t.is(map.lookUp({a: '1', b: '3'}), other);
  t.not(map.lookUp({a: '1', b: '2'}), series);
});

test('remove() throws for a label that the family has not', t => {
  const {map} = newMap(['a']);
  t.throws(() => map.remove({b: '1'}), {
    instanceOf: TypeError,
    message: 'Expected labels of jobs_total to be among a, got `b`',
  });
});
