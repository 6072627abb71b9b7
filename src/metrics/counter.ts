import {addTo, type Cells} from './ledger.js';
import {Metric} from './metric.js';
import type {Labels} from './series.js';
import type {Refusals} from './thread-family.js';

/** One counter series: an address in the ledger, so that `inc()` is one checked addition. */
export class CounterSeries {
  readonly #array: Float64Array;
  readonly #index: number;
  readonly #refusals: Refusals;

  constructor(cells: Cells, refusals: Refusals) {
    this.#array = cells.array;
    this.#index = cells.index;
    this.#refusals = refusals;
  }

  /**
   * Adds `value` (default 1). What isn't a finite number, a text included, is dropped and counted
   * (`not_finite`).
   * @throws RangeError for a negative value: a counter never decreases.
   */
  inc(value = 1): void {
    if (isAmount(value)) addTo(this.#array, this.#index, value);
    else if (value < 0) throw new RangeError(`Expected a counter to go up, got inc(${value})`);
    else this.#refusals.drop('not_finite');
  }

  /** As `inc()`, for a caller that knows by {@link isAmount} what it adds. */
  add(amount: number): void {
    addTo(this.#array, this.#index, amount);
  }
}

/** True for what a counter can go up by: a finite number from 0. */
export function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Infinity;
}

/** A counter family. With labels, take a series once with `labels()` and keep it where you record often. */
export class Counter<L extends string = never> extends Metric<CounterSeries, L> {
  /** Adds `value` (default 1) to the series of a label set, or to the only series of a family without labels. */
  inc(
    ...record: [L] extends [never] ? [value?: number] : [labels: Labels<L>, value?: number]
  ): void;
  inc(first?: Labels<string> | number, value?: number): void {
    if (typeof first === 'object') this.family.series(first).inc(value);
    else this.family.only().inc(first);
  }
}
