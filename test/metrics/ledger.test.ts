import test from 'ava';
import fc from 'fast-check';
import {
  type Cells,
  LEDGER_CELLS_MAX,
  Ledger,
  SEGMENT_CELLS_FIRST,
  SEGMENT_CELLS_MAX,
  type Segment,
} from '../../src/metrics/ledger.js';

function newLedger() {
  const segments: Segment[] = [];
  return {segments, ledger: new Ledger(segment => segments.push(segment))};
}

function changesOf(ledger: Ledger): [cell: number, value: number][] {
  const changes: [number, number][] = [];
  ledger.takeChanges((cell, value) => changes.push([cell, value]));
  return changes;
}

test('allocate() gives adjacent cells that hold 0', t => {
  const {ledger} = newLedger();
  const first = ledger.allocate(3)!;
  const second = ledger.allocate(2)!;
  t.is(first.cell, 0);
  t.is(second.cell, 3);
  t.is(second.array, first.array);
  t.deepEqual([...first.array.slice(0, 5)], [0, 0, 0, 0, 0]);
});

test('allocate() tells of a segment before it gives a cell of it', t => {
  const {ledger, segments} = newLedger();
  t.deepEqual(segments, []);
  const {array} = ledger.allocate(1)!;
  t.is(segments.length, 1);
  t.is(segments[0]!.firstCell, 0);
  t.is(array.buffer, segments[0]!.buffer);
});

test('allocate() never moves cells and doubles each further segment', t => {
  const {ledger, segments} = newLedger();
  const all: Cells[] = [];
  for (let i = 0; i < SEGMENT_CELLS_FIRST * 7; i++) {
    const cells = ledger.allocate(1)!;
    cells.array[cells.index] = i;
    all.push(cells);
  }
  t.deepEqual(
    segments.map(({firstCell, buffer}) => [firstCell, buffer.byteLength / 8]),
    [
      [0, SEGMENT_CELLS_FIRST],
      [SEGMENT_CELLS_FIRST, SEGMENT_CELLS_FIRST * 2],
      [SEGMENT_CELLS_FIRST * 3, SEGMENT_CELLS_FIRST * 4],
    ],
  );
  t.true(all.every(({array, index, cell}, i) => array[index] === i && cell === i));
});

test('allocate() never spreads a series over two segments', t => {
  const {ledger, segments} = newLedger();
  ledger.allocate(SEGMENT_CELLS_FIRST - 1);
  const {cell, index, array} = ledger.allocate(2)!;
  t.is(cell, SEGMENT_CELLS_FIRST);
  t.is(index, 0);
  t.is(array.buffer, segments[1]!.buffer);
});

test('allocate() makes a segment that is long enough for its first series', t => {
  const {ledger, segments} = newLedger();
  t.is(ledger.allocate(SEGMENT_CELLS_FIRST * 3)!.cell, 0);
  t.is(segments[0]!.buffer.byteLength, SEGMENT_CELLS_FIRST * 3 * 8);
});

test('allocate() gives nothing beyond LEDGER_CELLS_MAX, and released cells again', t => {
  const {ledger, segments} = newLedger();
  const last: Cells[] = [];
  for (let taken = 0; taken < LEDGER_CELLS_MAX; taken += SEGMENT_CELLS_MAX) {
    last.push(ledger.allocate(SEGMENT_CELLS_MAX)!);
  }
  t.is(ledger.allocate(1), undefined);
  t.is(ledger.allocate(SEGMENT_CELLS_MAX), undefined);
  const bytes = segments.reduce((sum, {buffer}) => sum + buffer.byteLength, 0);
  t.is(bytes, LEDGER_CELLS_MAX * 8);
  ledger.release(last.at(-1)!, SEGMENT_CELLS_MAX);
  t.is(ledger.allocate(SEGMENT_CELLS_MAX), last.at(-1));
});

test('release() zeroes the cells and gives them to the next series of that size', t => {
  const {ledger} = newLedger();
  const cells = ledger.allocate(2)!;
  const next = ledger.allocate(2)!;
  cells.array.set([5, 6], cells.index);
  next.array.set([7, 8], next.index);
  changesOf(ledger);
  ledger.release(cells, 2);
  t.deepEqual([...cells.array.slice(0, 4)], [0, 0, 7, 8]);
  t.deepEqual(changesOf(ledger), [], 'the zeroes are no change');
  t.not(ledger.allocate(1)!.cell, cells.cell);
  t.is(ledger.allocate(2), cells);
  t.not(ledger.allocate(2)!.cell, cells.cell);
});

test('takeChanges() hands over each cell that changed, once', t => {
  const {ledger} = newLedger();
  const {array} = ledger.allocate(4)!;
  t.deepEqual(changesOf(ledger), []);
  array[1] = 2.5;
  array[3] = -1;
  t.deepEqual(changesOf(ledger), [
    [1, 2.5],
    [3, -1],
  ]);
  t.deepEqual(changesOf(ledger), []);
  array[1] = 0;
  t.deepEqual(changesOf(ledger), [[1, 0]]);
});

test('takeChanges() of any allocations and writes tells what the segments hold', t => {
  const act = fc.oneof(
    fc.record({take: fc.integer({min: 1, max: 300})}),
    fc.record({give: fc.nat()}),
    fc.record({write: fc.nat(), value: fc.integer()}),
    fc.constant('tell' as const),
  );
  fc.assert(
    fc.property(fc.array(act, {maxLength: 60}), acts => {
      const {ledger, segments} = newLedger();
      const live: {cells: Cells; size: number}[] = [];
      const told = new Map<number, number>();
      const tell = () => ledger.takeChanges((cell, value) => told.set(cell, value));
      for (const step of acts) {
        if (step === 'tell') tell();
        else if ('take' in step) live.push({cells: ledger.allocate(step.take)!, size: step.take});
        else if (live.length > 0 && 'write' in step) {
          const {cells, size} = live[step.write % live.length]!;
          cells.array[cells.index + (step.write % size)] = step.value;
        } else if (live.length > 0 && 'give' in step) {
          const [{cells, size}] = live.splice(step.give % live.length, 1) as [
            (typeof live)[number],
          ];
          ledger.release(cells, size);
          for (let i = 0; i < size; i++) told.delete(cells.cell + i);
        }
      }
      tell();
      const held = new Map<number, number>();
      for (const {firstCell, buffer} of segments) {
        new Float64Array(buffer).forEach((value, i) => {
          if (value !== 0) held.set(firstCell + i, value);
        });
      }
      const toldNow = [...told].filter(([, value]) => value !== 0);
      t.deepEqual(new Map(toldNow.sort(([a], [b]) => a - b)), held);
    }),
  );
});
