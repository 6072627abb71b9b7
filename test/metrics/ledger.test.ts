import test from 'ava';
import fc from 'fast-check';
import {ChangeList} from '../../src/metrics/change-list.js';
import {
  addTo,
  type Cells,
  LEDGER_CELLS_MAX,
  Ledger,
  SEGMENT_CELLS_FIRST,
  SEGMENT_CELLS_MAX,
  type Segment,
  setTo,
} from '../../src/metrics/ledger.js';

function newLedger() {
  const segments: Segment[] = [];
  return {segments, ledger: new Ledger(segment => segments.push(segment))};
}

function changesOf(ledger: Ledger): [cell: number, value: number][] {
  const changes: [number, number][] = [];
  const list = new ChangeList(1_000, () => {
    for (let i = 0; i < list.count; i++) changes.push([list.cells[i]!, list.values[i]!]);
    list.count = 0;
  });
  ledger.takeChanges(list);
  list.reserve(1_000);
  return changes;
}

test('allocate() gives adjacent cells that hold 0', t => {
  const {ledger} = newLedger();
  const first = ledger.allocate(3)!;
  const second = ledger.allocate(2)!;
  t.is(first.cell, first.index);
  t.is(second.cell, first.cell + 3);
  t.is(second.array, first.array);
  t.deepEqual([...first.array.slice(first.index, first.index + 5)], [0, 0, 0, 0, 0]);
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
  for (let i = 0; i < SEGMENT_CELLS_FIRST * 6; i++) {
    const cells = ledger.allocate(1)!;
    setTo(cells.array, cells.index, i);
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
  t.true(all.every(({array, index}, i) => array[index] === i));
  t.is(new Set(all.map(({cell}) => cell)).size, all.length);
  for (const {array, index, cell} of all) {
    const segment = segments.find(({buffer}) => buffer === array.buffer);
    if (cell !== segment!.firstCell + index) t.fail(`cell ${cell}`);
  }
});

test('allocate() never spreads a series over two segments', t => {
  const {ledger, segments} = newLedger();
  const first = ledger.allocate(SEGMENT_CELLS_FIRST - SEGMENT_CELLS_FIRST / 64 - 1)!;
  const {cell, index, array} = ledger.allocate(2)!;
  t.is(first.array.buffer, segments[0]!.buffer);
  t.is(cell, SEGMENT_CELLS_FIRST + index);
  t.is(array.buffer, segments[1]!.buffer);
});

test('allocate() makes a segment that is long enough for its first series', t => {
  const {ledger, segments} = newLedger();
  const {array, index} = ledger.allocate(SEGMENT_CELLS_FIRST * 3)!;
  t.is(array.buffer, segments[0]!.buffer);
  t.is(array.length, index + SEGMENT_CELLS_FIRST * 3);
  t.is(index, Math.ceil(array.length / 64), 'as many marks as the whole needs, and no more');
});

test('allocate() gives nothing beyond LEDGER_CELLS_MAX, and released cells again', t => {
  const {ledger, segments} = newLedger();
  // With its marks a segment's length.
  const cellCount = SEGMENT_CELLS_MAX - SEGMENT_CELLS_MAX / 64;
  const all: Cells[] = [];
  for (;;) {
    const cells = ledger.allocate(cellCount);
    if (cells === undefined) break;
    all.push(cells);
  }
  t.is(all.length, LEDGER_CELLS_MAX / SEGMENT_CELLS_MAX);
  t.is(ledger.allocate(1), undefined);
  const bytes = segments.reduce((sum, {buffer}) => sum + buffer.byteLength, 0);
  t.is(bytes, LEDGER_CELLS_MAX * 8);
  ledger.release(all.at(-1)!, cellCount);
  t.is(ledger.allocate(cellCount), all.at(-1));
});

test('release() zeroes the cells and gives them to the next series of that size', t => {
  const {ledger} = newLedger();
  const cells = ledger.allocate(2)!;
  const next = ledger.allocate(2)!;
  for (const [i, value] of [5, 6, 7, 8].entries()) setTo(cells.array, cells.index + i, value);
  changesOf(ledger);
  ledger.release(cells, 2);
  t.is(next.index, cells.index + 2);
  t.deepEqual([...cells.array.slice(cells.index, cells.index + 4)], [0, 0, 7, 8]);
  t.deepEqual(changesOf(ledger), [], 'the zeroes are no change');
  t.not(ledger.allocate(1)!.cell, cells.cell);
  t.is(ledger.allocate(2), cells);
  t.not(ledger.allocate(2)!.cell, cells.cell);
});

test('takeChanges() hands over each cell that changed, once', t => {
  const {ledger} = newLedger();
  const {array, index, cell} = ledger.allocate(4)!;
  t.deepEqual(changesOf(ledger), []);
  addTo(array, index + 1, 2.5);
  setTo(array, index + 3, -1);
  t.deepEqual(changesOf(ledger), [
    [cell + 1, 2.5],
    [cell + 3, -1],
  ]);
  t.deepEqual(changesOf(ledger), []);
  setTo(array, index + 1, 0);
  t.deepEqual(changesOf(ledger), [[cell + 1, 0]]);
});

test('takeChanges() finds every cell of a series that is longer than what one mark stands for', t => {
  const {ledger} = newLedger();
  const {array, index, cell} = ledger.allocate(5_000)!;
  for (let i = 0; i < 5_000; i++) {
    addTo(array, index + i, 1);
    const changes = changesOf(ledger);
    if (changes.length !== 1 || changes[0]![0] !== cell + i) t.fail(`cell ${i} of the series`);
  }
  t.pass();
});

test('takeChanges() hands a full list over before it goes on', t => {
  const {ledger} = newLedger();
  const {array, index, cell} = ledger.allocate(200)!;
  for (let i = 0; i < 200; i++) addTo(array, index + i, i + 1);
  const told: number[] = [];
  const list = new ChangeList(70, () => {
    t.true(list.count > 0 && list.count <= 70);
    told.push(...list.cells.subarray(0, list.count));
    list.count = 0;
  });
  ledger.takeChanges(list);
  told.push(...list.cells.subarray(0, list.count));
  t.deepEqual(
    told,
    Array.from({length: 200}, (_, i) => cell + i),
  );
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
      const tell = () => {
        for (const [cell, value] of changesOf(ledger)) told.set(cell, value);
      };
      for (const step of acts) {
        if (step === 'tell') tell();
        else if ('take' in step) live.push({cells: ledger.allocate(step.take)!, size: step.take});
        else if (live.length > 0 && 'write' in step) {
          const {cells, size} = live[step.write % live.length]!;
          setTo(cells.array, cells.index + (step.write % size), step.value);
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
        new Float64Array(buffer).forEach((value, i, {length}) => {
          // The marks stand first.
          if (value !== 0 && i >= length / 64) held.set(firstCell + i, value);
        });
      }
      const toldNow = [...told].filter(([, value]) => value !== 0);
      t.deepEqual(new Map(toldNow.sort(([a], [b]) => a - b)), held);
    }),
  );
});
