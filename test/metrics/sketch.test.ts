import test from 'ava';
import fc from 'fast-check';
import {
  MAGNITUDE_MAX,
  MAGNITUDE_MIN,
  RELATIVE_ERROR,
  SKETCH_CELLS,
  sketchCellOf,
  sketchQuantiles,
  sketchValueOf,
} from '../../src/metrics/sketch.js';
import {nearestRank} from '../support/nearest-rank.js';

const QUANTILES = [0, 0.01, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999, 1];

/** Floating point may add this much to the sketch's own error. */
const SLACK = 1 + 1e-9;

const value = fc.oneof(
  fc.double({min: MAGNITUDE_MIN, max: MAGNITUDE_MAX, noNaN: true}),
  fc.double({min: -MAGNITUDE_MAX, max: -MAGNITUDE_MIN, noNaN: true}),
  fc.integer({min: -50, max: 5_000}),
);

function sketchOf(values: readonly number[]): Float64Array {
  const cells = new Float64Array(SKETCH_CELLS);
  for (const observed of values) cells[sketchCellOf(observed)]! += 1;
  return cells;
}

test('sketchValueOf() is within the relative error of every value that its cell counts', t => {
  fc.assert(
    fc.property(value, observed => {
      const cell = sketchCellOf(observed);
      t.true(cell >= 0 && cell < SKETCH_CELLS);
      const error = Math.abs(sketchValueOf(cell) - observed);
      t.true(error <= Math.abs(observed) * RELATIVE_ERROR * SLACK, `${observed}`);
    }),
    {numRuns: 2_000},
  );
});

test('sketchCellOf() ascends with the value, and clamps what lies outside', t => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      if (a <= b) t.true(sketchCellOf(a) <= sketchCellOf(b));
    }),
  );
  t.is(sketchCellOf(0), sketchCellOf(1e-12));
  t.is(sketchCellOf(Number.MAX_VALUE), SKETCH_CELLS - 1);
  t.is(sketchCellOf(-Number.MAX_VALUE), 0);
});

test('sketchQuantiles() of merged sketches are those of the pooled values within the error', t => {
  fc.assert(
    fc.property(
      fc.array(fc.array(value, {maxLength: 200}), {minLength: 1, maxLength: 5}),
      parts => {
        const pooled = parts.flat().sort((a, b) => a - b);
        const merged = new Float64Array(SKETCH_CELLS);
        for (const part of parts) {
          for (const [cell, count] of sketchOf(part).entries()) merged[cell]! += count;
        }
        const found = sketchQuantiles(merged, 0, QUANTILES);
        t.is(found.length, pooled.length === 0 ? 0 : QUANTILES.length);
        for (const [i, estimate] of found.entries()) {
          const exact = nearestRank(pooled, QUANTILES[i]!);
          const error = Math.abs(estimate - exact);
          t.true(error <= Math.abs(exact) * RELATIVE_ERROR * SLACK, `q${QUANTILES[i]} of ${exact}`);
        }
      },
    ),
    {numRuns: 200},
  );
});

test('sketchQuantiles() reads a sketch that stands anywhere in an array', t => {
  const cells = new Float64Array(SKETCH_CELLS + 7);
  cells.set(sketchOf([1, 2, 3]), 7);
  const [median = 0] = sketchQuantiles(cells, 7, [0.5]);
  t.true(Math.abs(median - 2) <= 0.02 * SLACK);
});

test('sketchQuantiles() shows the slowest of few observations in the high quantiles', t => {
  const counts = new Float64Array(SKETCH_CELLS);
  for (const value of [1, 2, 3, 4, 1_000]) counts[sketchCellOf(value)]! += 1;
  const [median = 0, ...high] = sketchQuantiles(counts, 0, [0.5, 0.9, 0.99, 0.999]);
  t.true(Math.abs(median - 3) <= 0.03);
  for (const value of high) t.true(Math.abs(value - 1_000) <= 10, String(value));
});

test('sketchQuantiles() is not led a rank too far by what 0.07 of 100 is in binary', t => {
  const counts = new Float64Array(SKETCH_CELLS);
  for (let value = 1; value <= 100; value++) counts[sketchCellOf(value)]! += 1;
  const [seventh = 0] = sketchQuantiles(counts, 0, [0.07]);
  t.true(Math.abs(seventh - 7) <= 0.07, String(seventh));
});
