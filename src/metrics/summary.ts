import type {Cells} from './ledger.js';
import {Metric} from './metric.js';
import type {Labels} from './series.js';
import {recordObservation} from './summary-cells.js';
import type {Refusals} from './thread-family.js';

/**
 * One summary series. Its cells: those of a sketch, one for the sum, and one that stays 0 here. The count is what the sketch adds up to. Quantiles are
 * worked out where a page is made, of all threads' observations at once.
 */
export class SummarySeries {
  readonly #array: Float64Array;
  readonly #index: number;
  readonly #refusals: Refusals;

  constructor(cells: Cells, refusals: Refusals) {
    this.#array = cells.array;
    this.#index = cells.index;
    this.#refusals = refusals;
  }

  /** Counts `value` in the sketch. A value that isn't finite is dropped (`not_finite`). */
  observe(value: number): void {
    if (typeof value !== 'number' || !(value > -Infinity && value < Infinity)) {
      this.#refusals.drop('not_finite');
      return;
    }
    recordObservation(this.#array, this.#index, value);
  }
}

/** A summary family. */
export class Summary<L extends string = never> extends Metric<SummarySeries, L> {
  /** Observes a value in the series of a label set, or in the only series of a family without labels. */
  observe(
    ...record: [L] extends [never] ? [value: number] : [labels: Labels<L>, value: number]
  ): void;
  observe(first: Labels<string> | number, value?: number): void {
    if (typeof first === 'object') this.family.series(first).observe(value as number);
    else this.family.only().observe(first);
  }
}
