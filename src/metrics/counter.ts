import type {Cells} from './ledger.js';
import type {Labels} from './series.js';
import type {Refusals, ThreadFamily} from './thread-family.js';

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
    if (typeof value === 'number' && value >= 0 && value < Infinity)
      this.#array[this.#index]! += value;
    else if (value < 0) throw new RangeError(`Expected a counter to go up, got inc(${value})`);
    else this.#refusals.drop('not_finite');
  }
}

/** A counter family. With labels, take a series once with `labels()` and keep it where you record often. */
export class Counter<L extends string = never> {
  readonly #family: ThreadFamily<CounterSeries>;

  constructor(family: ThreadFamily<CounterSeries>) {
    this.#family = family;
  }

  /** Adds `value` (default 1) to the series of a label set, or to the only series of a family without labels. */
  inc(
    ...record: [L] extends [never] ? [value?: number] : [labels: Labels<L>, value?: number]
  ): void;
  inc(first?: Labels<string> | number, value?: number): void {
    if (typeof first === 'object') this.#family.series(first).inc(value);
    else this.#family.only().inc(first);
  }

  /** The series of a label set, at 0 if it is new. */
  labels(labels: Labels<L>): CounterSeries {
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
