import type {Cells} from './ledger.js';
import type {Labels} from './series.js';
import type {Refusals, ThreadFamily} from './thread-family.js';

/**
 * One histogram series. Its cells: one count a bucket (not cumulative: one addition an observation), one for what lies
 * above the last bound, one for the sum. The count is what the buckets add up to, so `+Inf` and `_count` can't differ.
 */
export class HistogramSeries {
  readonly #array: Float64Array;
  readonly #index: number;
  readonly #bounds: readonly number[];
  readonly #refusals: Refusals;

  constructor(cells: Cells, refusals: Refusals, bounds: readonly number[]) {
    this.#array = cells.array;
    this.#index = cells.index;
    this.#bounds = bounds;
    this.#refusals = refusals;
  }

  /** Counts `value` in the first bucket whose bound is at least that. A value that isn't finite is dropped (`not_finite`). */
  observe(value: number): void {
    if (typeof value !== 'number' || !(value > -Infinity && value < Infinity)) {
      this.#refusals.drop('not_finite');
      return;
    }
    const bounds = this.#bounds;
    const bucketCount = bounds.length;
    let bucket = 0;
    // Linear: over the dozen buckets of a usual family a binary search was never faster.
    while (bucket < bucketCount && value > bounds[bucket]!) bucket++;
    this.#array[this.#index + bucket]! += 1;
    this.#array[this.#index + bucketCount + 1]! += value;
  }
}

/** A histogram family. */
export class Histogram<L extends string = never> {
  readonly #family: ThreadFamily<HistogramSeries>;

  constructor(family: ThreadFamily<HistogramSeries>) {
    this.#family = family;
  }

  /** Observes a value in the series of a label set, or in the only series of a family without labels. */
  observe(
    ...record: [L] extends [never] ? [value: number] : [labels: Labels<L>, value: number]
  ): void;
  observe(first: Labels<string> | number, value?: number): void {
    if (typeof first === 'object') this.#family.series(first).observe(value as number);
    else this.#family.only().observe(first);
  }

  /** The series of a label set, empty if it is new. */
  labels(labels: Labels<L>): HistogramSeries {
    return this.#family.handle(labels);
  }

  /** Makes the series of a label set stand at 0 before anything is recorded in it. */
  ensure(labels: Labels<L>): void {
    this.#family.series(labels);
  }

  /** Takes a label set's series out of this thread; true where it was known. */
  remove(labels: Labels<L>): boolean {
    return this.#family.remove(labels) !== undefined;
  }
}
