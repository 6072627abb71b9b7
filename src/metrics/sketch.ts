/**
 * A mergeable sketch of observations: DDSketch with a logarithmic mapping (C. Masson, J. E. Rim, H. K. Lee: "DDSketch: A
 * Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees", PVLDB 12(12), 2019). Its buckets only count,
 * so the sketches of several threads merge by addition, cell by cell, as all else in a ledger does.
 */

/** Quantiles are within this share of the true value, for magnitudes from {@link MAGNITUDE_MIN} to {@link MAGNITUDE_MAX}. */
export const RELATIVE_ERROR = 0.01;

/** Values closer to 0 than this count as 0. */
export const MAGNITUDE_MIN = 1e-9;

/** Values further from 0 than this count as this far. */
export const MAGNITUDE_MAX = 1e9;

/** Each bucket's upper bound is this many times its lower bound: the paper's gamma. */
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const LOG_GAMMA = Math.log(GAMMA);

/** Bucket i holds magnitudes in (gamma^(i-1), gamma^i]. */
const INDEX_MIN = Math.ceil(Math.log(MAGNITUDE_MIN) / LOG_GAMMA);
const INDEX_MAX = Math.ceil(Math.log(MAGNITUDE_MAX) / LOG_GAMMA);
const BUCKETS_A_SIDE = INDEX_MAX - INDEX_MIN + 1;
const ZERO = BUCKETS_A_SIDE;

/** Cells of one sketch, in the order of the values that they stand for: negative buckets, zero, positive buckets. */
export const SKETCH_CELLS = 2 * BUCKETS_A_SIDE + 1;

/** Which cell counts a finite value; 0 to {@link SKETCH_CELLS} - 1, ascending with the value. */
export function sketchCellOf(value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude < MAGNITUDE_MIN) return ZERO;
  const index = Math.ceil(Math.log(Math.min(magnitude, MAGNITUDE_MAX)) / LOG_GAMMA);
  const distance = Math.min(Math.max(index, INDEX_MIN), INDEX_MAX) - INDEX_MIN + 1;
  return value < 0 ? ZERO - distance : ZERO + distance;
}

/** The value that a cell stands for: within {@link RELATIVE_ERROR} of every value that it counts. */
export function sketchValueOf(cell: number): number {
  if (cell === ZERO) return 0;
  const index = Math.abs(cell - ZERO) - 1 + INDEX_MIN;
  const magnitude = (2 * GAMMA ** index) / (GAMMA + 1);
  return cell < ZERO ? -magnitude : magnitude;
}

/** How many observations `counts[first]` and the cells behind it have counted. */
export function sketchCount(counts: Float64Array, first: number): number {
  let count = 0;
  for (let cell = 0; cell < SKETCH_CELLS; cell++) count += counts[first + cell]!;
  return count;
}

/** The product of a quantile and a count is off by its rounding: 0.07 of 100 is no more than 7. */
const ROUNDING = 1 - 4 * Number.EPSILON;

/**
 * The values at the given quantiles (0 to 1, ascending) of what `counts[first]` and the cells behind it have counted: of n
 * observations in order the ceil(q n)-th, the nearest rank. The paper takes the floor(q (n - 1)) + 1-th, which shows the
 * slowest of fewer than 1 / (1 - q) observations in no quantile, and that is the one that is looked for.
 * @returns As many values as quantiles; none where nothing was counted.
 */
export function sketchQuantiles(
  counts: Float64Array,
  first: number,
  quantiles: readonly number[],
): number[] {
  const total = sketchCount(counts, first);
  if (total === 0) return [];
  const values: number[] = [];
  let seen = 0;
  for (let cell = 0; cell < SKETCH_CELLS && values.length < quantiles.length; cell++) {
    seen += counts[first + cell]!;
    while (values.length < quantiles.length) {
      const rank = Math.max(1, Math.ceil(quantiles[values.length]! * total * ROUNDING));
      if (seen < rank) break;
      values.push(sketchValueOf(cell));
    }
  }
  return values;
}
