import test from 'ava';
import type {Declaration, WireLabel} from '../../src/metrics/delta.js';
import {defineFamily, type FamilyOptions, type FamilyType} from '../../src/metrics/family.js';
import {Source} from '../../src/metrics/source.js';
import {TextPage} from '../../src/metrics/text-page.js';
import {Totals} from '../../src/metrics/totals.js';
import {parsePage} from '../support/exposition.js';
import {InProcessHub, newComplaints} from '../support/in-process.js';

/** A source that is told by hand what a writer would post. */
class HandFed {
  readonly complaints = newComplaints();
  readonly source: Source;
  /** The writer's first segment. */
  readonly cells = new Float64Array(new SharedArrayBuffer(8 * 16));
  readonly #page: TextPage;
  #sequence = 0;

  constructor(totals = new Totals(), rank = 0) {
    this.source = new Source(totals, {rank, watch: this.complaints});
    this.#page = new TextPage(totals);
    this.segment(0, this.cells.buffer as SharedArrayBuffer);
  }

  segment(firstCell: number, buffer: SharedArrayBuffer): void {
    this.source.accept({kind: 'segment', firstCell, buffer});
  }

  family(family: number, type: FamilyType, options: Partial<FamilyOptions> = {}): void {
    const spec = defineFamily(type, {name: `f${family}`, help: 'F', ...options});
    this.source.accept({kind: 'family', family, spec});
  }

  series(family: number, cell: number, ...labels: WireLabel[]): void {
    this.source.accept({kind: 'series', family, cell, labels});
  }

  retire(cell: number): void {
    this.source.accept({kind: 'retire', cell} satisfies Declaration);
  }

  merge(changes: readonly (readonly [cell: number, value: number])[], sequence?: number): boolean {
    this.#sequence = sequence ?? this.#sequence + 1;
    const cells = Uint32Array.from(changes.map(([cell]) => cell));
    const values = Float64Array.from(changes.map(([, value]) => value));
    return this.source.merge({sequence: this.#sequence, cells, values});
  }

  samples(): Record<string, number> {
    return Object.fromEntries(parsePage(this.#page.render()));
  }
}

test('merge() adds only what a value holds beyond the last one', t => {
  const fed = new HandFed();
  fed.family(0, 'counter');
  fed.series(0, 0);
  t.true(fed.merge([[0, 3]]));
  t.true(fed.merge([[0, 10.5]]));
  t.deepEqual(fed.samples(), {'f0{}': 10.5});
});

test('merge() ignores a repeated delta, and an older one', t => {
  const fed = new HandFed();
  fed.family(0, 'counter');
  fed.series(0, 0);
  fed.merge([[0, 3]], 1);
  t.false(fed.merge([[0, 4]], 1));
  fed.merge([[0, 5]], 3);
  t.false(fed.merge([[0, 9]], 2));
  t.false(fed.merge([[0, 9]], Number.NaN));
  t.deepEqual(fed.samples(), {'f0{}': 5});
  t.deepEqual(fed.complaints.refused, [
    'expected a delta after 1, got 1',
    'expected a delta after 3, got 2',
    'expected a delta after 3, got NaN',
  ]);
});

test('merge() leaves out cells of no series, says so once, and adds the others', t => {
  const fed = new HandFed();
  fed.family(0, 'counter');
  fed.series(0, 1);
  t.true(
    fed.merge([
      [0, 7],
      [1, 3],
      [2 ** 32 - 1, 5],
    ]),
  );
  t.deepEqual(fed.samples(), {'f0{}': 3});
  t.deepEqual(fed.complaints.refused, ['expected cells of known series, got 0']);
});

test('merge() lets no value that cannot be true spoil the next one', t => {
  const fed = new HandFed();
  fed.family(0, 'counter');
  fed.family(1, 'histogram', {buckets: [1]});
  fed.family(2, 'gauge');
  fed.series(0, 0);
  fed.series(1, 1);
  fed.series(2, 4);
  const state = (value: number) => [0, 1, 2, 3, 4].map(cell => [cell, value] as const);
  fed.merge(state(5));
  fed.merge(state(Number.NaN));
  fed.merge([
    [0, 2],
    [1, 2],
  ]);
  fed.merge(state(6));
  t.deepEqual(fed.samples(), {
    'f0{}': 6,
    'f1_bucket{le="1"}': 6,
    'f1_bucket{le="+Inf"}': 12,
    'f1_sum{}': 6,
    'f1_count{}': 12,
    'f2{}': 6,
  });
});

test('merge() lets the sum of a histogram fall, but no count', t => {
  const fed = new HandFed();
  fed.family(0, 'histogram', {buckets: [1]});
  fed.series(0, 0);
  fed.merge([
    [0, 2],
    [2, 1.5],
  ]);
  fed.merge([
    [0, 1],
    [2, -4],
  ]);
  const samples = fed.samples();
  t.is(samples['f0_count{}'], 2);
  t.is(samples['f0_sum{}'], -4);
});

test('settle() merges what was recorded after the last delta, once', t => {
  const fed = new HandFed();
  fed.family(0, 'counter');
  fed.family(1, 'gauge');
  fed.series(0, 0);
  fed.series(1, 1);
  fed.merge([[0, 3]]);
  fed.cells.set([10, 5]);
  t.is(fed.source.settle(), 2);
  t.deepEqual(fed.samples(), {'f0{}': 10}, 'the gauge has left');
  t.is(fed.source.settle(), 0);
  t.deepEqual(fed.samples(), {'f0{}': 10});
});

test('settle() of a writer that flushed everything finds nothing', t => {
  const fed = new HandFed();
  fed.family(0, 'counter');
  fed.series(0, 0);
  fed.cells[0] = 3;
  fed.merge([[0, 3]]);
  t.is(fed.source.settle(), 0);
  t.deepEqual(fed.samples(), {'f0{}': 3});
});

test('settle() reads nothing of cells that no series has', t => {
  const fed = new HandFed();
  fed.family(0, 'counter');
  fed.series(0, 0);
  fed.cells.set([1, 2, 3]);
  t.is(fed.source.settle(), 1);
  t.deepEqual(fed.complaints.refused, []);
});

test('retire() takes a series off the page with the last writer that has it', t => {
  const totals = new Totals();
  const [a, b] = [new HandFed(totals, 0), new HandFed(totals, 1)];
  for (const fed of [a, b]) {
    fed.family(0, 'counter');
    fed.series(0, 0);
    fed.merge([[0, 4]]);
  }
  a.retire(0);
  t.deepEqual(a.samples(), {'f0{}': 8});
  b.retire(0);
  t.deepEqual(a.samples(), {});
});

test('retire() lets the cells be those of another series, from 0', t => {
  const fed = new HandFed();
  fed.family(0, 'counter', {labelNames: ['k']});
  fed.series(0, 0, 'a');
  fed.merge([[0, 4]]);
  fed.retire(0);
  fed.series(0, 0, 'b');
  fed.merge([[0, 3]]);
  t.deepEqual(fed.samples(), {'f0{k="b"}': 3});
  t.deepEqual(fed.complaints.refused, []);
});

test('retire() lets later records of a kept handle count for nothing, and drops none', t => {
  const fed = new HandFed();
  fed.family(0, 'counter');
  fed.series(0, 0);
  fed.retire(0);
  fed.merge([[0, 9]]);
  fed.cells[0] = 12;
  t.is(fed.source.settle(), 0);
  t.deepEqual(fed.samples(), {});
  t.deepEqual([fed.complaints.refused, fed.complaints.dropped], [[], []]);
});

test('accept() refuses a retirement of no series, or amid one, and keeps its neighbours', t => {
  const fed = new HandFed();
  fed.family(0, 'histogram', {buckets: [1], labelNames: ['k']});
  fed.series(0, 0, 'a');
  fed.series(0, 3, 'b');
  for (const cell of [1, 2, 6, 2 ** 32 - 1]) fed.retire(cell);
  fed.merge([
    [0, 1],
    [3, 2],
  ]);
  t.is(fed.samples()['f0_count{k="a"}'], 1);
  t.is(fed.samples()['f0_count{k="b"}'], 2);
  fed.retire(0);
  fed.retire(0);
  t.deepEqual(
    fed.complaints.refused,
    [1, 2, 6, 4294967295, 0].map(cell => `expected a known series to retire, got cell ${cell}`),
  );
});

test('accept() refuses a series in cells that are taken, or that are nowhere', t => {
  const fed = new HandFed();
  fed.family(0, 'counter', {labelNames: ['k']});
  fed.family(1, 'histogram', {buckets: [1]});
  fed.series(0, 2, 'a');
  fed.merge([[2, 5]]);
  fed.series(0, 2, 'a');
  fed.series(1, 0);
  fed.series(0, 16, 'b');
  fed.series(1, 14);
  fed.series(7, 3);
  fed.merge([[2, 6]]);
  t.deepEqual(fed.samples(), {'f0{k="a"}': 6});
  t.deepEqual(fed.complaints.refused, [
    'expected free cells for a series, got cell 2',
    'expected free cells for a series, got cell 0',
    'expected a known family and cell, got 0 and 16',
    'expected a known family and cell, got 1 and 14',
    'expected a known family and cell, got 7 and 3',
  ]);
});

test('accept() refuses a segment that does not stand where the last one ends', t => {
  const fed = new HandFed();
  fed.family(0, 'counter');
  fed.series(0, 0);
  fed.merge([[0, 5]]);
  fed.cells[0] = 5;
  fed.segment(0, new SharedArrayBuffer(8));
  fed.segment(17, new SharedArrayBuffer(8));
  fed.segment(16, new SharedArrayBuffer(8));
  t.is(fed.source.settle(), 0);
  t.deepEqual(fed.samples(), {'f0{}': 5});
  t.deepEqual(fed.complaints.refused, [
    'expected a segment from cell 16, got one from 0',
    'expected a segment from cell 16, got one from 17',
  ]);
});

test('accept() refuses a family out of turn', t => {
  const fed = new HandFed();
  fed.family(1, 'counter');
  fed.family(0, 'counter');
  fed.family(0, 'gauge', {name: 'again'});
  t.deepEqual(fed.complaints.refused, ['expected family 0, got 1', 'expected family 1, got 0']);
});

test('accept() of a family that contradicts the known one drops its samples, counted once each', t => {
  const totals = new Totals();
  const [a, b] = [new HandFed(totals, 0), new HandFed(totals, 1)];
  a.family(0, 'counter');
  a.series(0, 0);
  a.merge([[0, 2]]);
  b.family(0, 'gauge');
  b.family(1, 'counter', {name: 'other'});
  b.series(0, 0);
  b.series(1, 1);
  b.merge([
    [0, 7],
    [1, 1],
  ]);
  b.cells.set([7, 1]);
  t.is(b.source.settle(), 0, 'a refused cell that was posted is no news');
  t.deepEqual(a.samples(), {'f0{}': 2, 'other{}': 1});
  t.deepEqual(b.complaints.dropped, ['family_conflict']);
  t.deepEqual(b.complaints.warned, [
    'Expected f0 with type `counter` as first declared, got `gauge`; its samples are dropped',
  ]);
});

test('accept() holds the series limit over all writers, and known series go on', t => {
  const hub = new InProcessHub(5);
  const [a, b] = [hub.newWriter(0), hub.newWriter(1)];
  const [jobsOfA, jobsOfB] = [a, b].map(({recorder}) =>
    recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']}),
  ) as [
    ReturnType<typeof a.recorder.counter<'kind'>>,
    ReturnType<typeof a.recorder.counter<'kind'>>,
  ];
  for (const kind of [0, 1, 2]) jobsOfA.inc({kind});
  a.recorder.flush();
  a.deliver();
  for (const kind of [1, 2, 3, 4, 5, 6]) jobsOfB.inc({kind}, 10);
  b.recorder.flush();
  b.deliver();
  jobsOfA.inc({kind: 7});
  jobsOfA.inc({kind: 0});
  a.die();
  b.die();
  const samples = parsePage(hub.text());
  const totals = [0, 1, 2, 3, 4, 5, 6, 7].map(kind => samples.get(`jobs_total{kind="${kind}"}`));
  t.deepEqual(totals, [2, 11, 11, 10, 10, undefined, undefined, undefined]);
  t.deepEqual(hub.complaints.dropped, Array(3).fill('series_limit'));
});

test('accept() gives OWN_SLOT the rank of a worker, and leaves it out on the main thread', t => {
  const totals = new Totals();
  for (const rank of [-1, 0, 3]) {
    const fed = new HandFed(totals, rank);
    fed.family(0, 'counter', {labelNames: ['worker_id']});
    fed.series(0, 0, true);
    fed.merge([[0, rank + 10]]);
  }
  t.deepEqual(new HandFed(totals).samples(), {
    'f0{}': 9,
    'f0{worker_id="0"}': 10,
    'f0{worker_id="3"}': 13,
  });
});

test('accept() takes labels that are missing on the wire for left out, and none beyond the family', t => {
  const fed = new HandFed();
  fed.family(0, 'counter', {labelNames: ['a', 'b']});
  fed.series(0, 0, 'x');
  fed.series(0, 1, null, 'y', 'z');
  t.deepEqual(fed.samples(), {'f0{a="x"}': 0, 'f0{b="y"}': 0});
});

test('a source keeps nothing of a writer in series that were forgotten', t => {
  const totals = new Totals();
  const fed = new HandFed(totals);
  fed.family(0, 'counter', {labelNames: ['k']});
  fed.series(0, 0, 'a');
  fed.merge([[0, 5]]);
  t.true(totals.forget('f0', ['a']));
  fed.merge([[0, 8]]);
  fed.cells[0] = 9;
  fed.source.settle();
  t.deepEqual(fed.samples(), {});
  t.deepEqual(fed.complaints.refused, []);
});

test('values of a series that was forgotten go to none that came after it, whoever had which cells of it', t => {
  // Half a surrogate pair has no UTF-8: both become one text, and one series.
  for (const twins of [['a'], ['\ud800', '\ud801']]) {
    for (const isRetired of [false, true]) {
      const totals = new Totals();
      const fed = new HandFed(totals);
      fed.family(0, 'counter', {labelNames: ['k']});
      for (const [cell, label] of twins.entries()) fed.series(0, cell + 1, label);
      const other = new HandFed(totals, 1);
      other.family(0, 'counter', {labelNames: ['k']});
      other.series(0, 5, twins[0]!);
      const all = (value: number) => twins.map((_, cell) => [cell + 1, value] as const);
      fed.merge(all(3));
      other.merge([[5, 4]]);
      if (isRetired) fed.retire(1);
      totals.forget('f0', [twins[0]!.toWellFormed()]);
      fed.series(0, 7, 'next');
      fed.merge([...all(9), [7, 1]]);
      other.merge([[5, 9]]);
      t.deepEqual(fed.samples(), {'f0{k="next"}': 1});
    }
  }
});
