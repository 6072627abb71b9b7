import {addTo, type Cells} from './ledger.js';
import {Metric} from './metric.js';
import type {Labels} from './series.js';
import type {Refusals} from './thread-family.js';

/**
 * One histogram series. Its cells: one count a bucket (not cumulative: one addition an observation), one for what lies
 * above the last bound, one for the sum. The count is what the buckets add up to, so `+Inf` and `_count` can't differ.
 */
export class HistogramSeries {
  readonly #array: Float64Array;
  readonly #index: number;
  readonly #bounds: Float64Array;
  readonly #refusals: Refusals;

  /** @param bounds Ascending; see {@link boundsOf}. */
  constructor(cells: Cells, refusals: Refusals, bounds: Float64Array) {
    this.#array = cells.array;
    this.#index = cells.index;
    this.#bounds = bounds;
    this.#refusals = refusals;
  }

  /** Counts `value` in the first bucket whose bound is at least that. A value that isn't finite is dropped (`not_finite`). */
  observe(value: number): void {
    if (isObservation(value)) countObservation(this.#array, this.#index, this.#bounds, value);
    else this.#refusals.drop('not_finite');
  }
}

/** True for what a histogram counts: a finite number. */
export function isObservation(value: unknown): value is number {
  return typeof value === 'number' && value > -Infinity && value < Infinity;
}

/** Counts an observation in the histogram whose cells begin at `array[index]`. */
export function countObservation(
  array: Float64Array,
  index: number,
  bounds: Float64Array,
  value: number,
): void {
  const bucketCount = bounds.length;
  let bucket = 0;
  // Linear: over the dozen buckets of a usual family a binary search was never faster.
  while (bucket < bucketCount && value > bounds[bucket]!) bucket++;
  addTo(array, index + bucket, 1);
  addTo(array, index + bucketCount + 1, value);
}

/**
 * Upper bounds as a series searches them. Lists of numbers come frozen or not, of integers or not, and each kind that
 * `observe()` meets makes it slower for all: 75 ns where one kind takes 20.
 */
export function boundsOf(buckets: readonly number[]): Float64Array {
  return Float64Array.from(buckets);
}

/** A histogram family. */
export class Histogram<L extends string = never> extends Metric<HistogramSeries, L> {
  /** Observes a value in the series of a label set, or in the only series of a family without labels. */
  observe(
    ...record: [L] extends [never] ? [value: number] : [labels: Labels<L>, value: number]
  ): void;
  observe(first: Labels<string> | number, value?: number): void {
    if (typeof first === 'object') this.family.series(first).observe(value as number);
    else this.family.only().observe(first);
  }
}
