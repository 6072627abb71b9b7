import test from 'ava';
import fc from 'fast-check';
import {imbalanceOf, type LaneLoad, splitIntoLanes} from '../../src/pool/lane-split.js';

function load(costMs: number | undefined, ...uses: number[]): LaneLoad {
  return {costMs, uses: new Set(uses)};
}

/** How many uses are computed in more than one lane, counted each time. */
function repeatedUses(loads: readonly LaneLoad[], lanes: readonly (readonly number[])[]): number {
  const usesOf = (lane: readonly number[]) => new Set(lane.flatMap(i => [...loads[i]!.uses]));
  const all = lanes.flatMap(lane => [...usesOf(lane)]);
  return all.length - new Set(all).size;
}

test('traders that use the same come into one lane, and others are put where there is room', t => {
  const loads = [
    load(9),
    load(3, 1),
    load(1, 2),
    load(5, 1),
    load(2, 2, 3),
    load(1.5, 1, 3),
    load(1),
  ];
  const lanes = splitIntoLanes(loads, 2);
  t.deepEqual(lanes, [
    [3, 1, 5, 6],
    [0, 4, 2],
  ]);
  t.is(repeatedUses(loads, lanes), 1);
});

test('what everybody uses says nothing, and what does not fit into one lane goes where there is room', t => {
  const everywhere = [load(4, 0), load(3, 0, 1), load(3, 0), load(2, 0, 1)];
  t.deepEqual(splitIntoLanes(everywhere, 2), [
    [1, 3],
    [0, 2],
  ]);
  t.deepEqual(splitIntoLanes([load(10, 1), load(9, 1), load(1)], 2), [[0], [1, 2]]);
});

test('where nothing is known, lanes are equally long, and who never ran goes first', t => {
  const unknown = Array.from({length: 7}, () => load(undefined));
  t.deepEqual(
    splitIntoLanes(unknown, 3).map(({length}) => length),
    [3, 2, 2],
  );
  t.deepEqual(splitIntoLanes([load(8), load(undefined), load(4)], 1), [[1, 0, 2]]);
  t.deepEqual(splitIntoLanes([load(0), load(0)], 2), [[0], [1]]);
});

test('there may be more lanes than traders, or no traders', t => {
  t.deepEqual(splitIntoLanes([load(3)], 3), [[0], [], []]);
  t.deepEqual(splitIntoLanes([], 2), [[], []]);
});

const LOAD = fc.record({
  costMs: fc.option(fc.double({min: 0, max: 100, noNaN: true}), {nil: undefined}),
  uses: fc.array(fc.integer({min: 0, max: 9}), {maxLength: 5}).map(uses => new Set(uses)),
});

test('every trader stands in one lane, and no lane costs more than an equal part and the dearest trader', t => {
  fc.assert(
    fc.property(fc.array(LOAD, {maxLength: 40}), fc.integer({min: 1, max: 9}), (loads, count) => {
      const lanes = splitIntoLanes(loads, count);
      t.is(lanes.length, count);
      t.deepEqual(
        lanes.flat().sort((a, b) => a - b),
        [...loads.keys()],
      );
      const known = loads.flatMap(({costMs}) => costMs ?? []);
      const sum = known.reduce((a, b) => a + b, 0);
      const meanMs = sum > 0 ? sum / known.length : 1;
      const costs = loads.map(({costMs}) => costMs ?? meanMs);
      const partMs = costs.reduce((a, b) => a + b, 0) / count;
      for (const lane of lanes) {
        const laneMs = lane.reduce((ms, index) => ms + costs[index]!, 0);
        t.true(laneMs <= partMs + Math.max(0, ...costs) + 1e-6);
      }
      const imbalance = imbalanceOf(lanes.map(lane => lane.map(index => loads[index]!)));
      t.true(imbalance >= 1 - 1e-9 && imbalance <= count + 1e-9);
    }),
  );
});
