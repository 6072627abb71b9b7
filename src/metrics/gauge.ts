import {type Cells, setTo} from './ledger.js';
import {Metric} from './metric.js';
import type {Labels} from './series.js';
import type {Refusals} from './thread-family.js';

/** One gauge series: an address in the ledger. */
export class GaugeSeries {
  readonly #array: Float64Array;
  readonly #index: number;
  readonly #refusals: Refusals;

  constructor(cells: Cells, refusals: Refusals) {
    this.#array = cells.array;
    this.#index = cells.index;
    this.#refusals = refusals;
  }

  /** Sets the value. `NaN` or no number at all is dropped and counted (`not_finite`). */
  set(value: number): void {
    if (typeof value === 'number' && !Number.isNaN(value)) setTo(this.#array, this.#index, value);
    else this.#refusals.drop('not_finite');
  }

  /** Adds `value` (default 1), which may be negative; dropped and counted as in `set()`. */
  inc(value = 1): void {
    // A sum would make a number of `true`, and of `null`.
    if (typeof value === 'number') this.set(this.#array[this.#index]! + value);
    else this.#refusals.drop('not_finite');
  }

  /** Takes `value` (default 1) off; dropped and counted as in `set()`. */
  dec(value = 1): void {
    if (typeof value === 'number') this.set(this.#array[this.#index]! - value);
    else this.#refusals.drop('not_finite');
  }
}

/** A gauge family. Each live thread has its own value; the family's aggregator makes one of them. */
export class Gauge<L extends string = never> extends Metric<GaugeSeries, L> {
  /** Sets the series of a label set, or the only series of a family without labels. */
  set(...record: [L] extends [never] ? [value: number] : [labels: Labels<L>, value: number]): void;
  set(first: Labels<string> | number, value?: number): void {
    if (typeof first === 'object') this.family.series(first).set(value as number);
    else this.family.only().set(first);
  }

  /** Adds `value` (default 1), which may be negative. */
  inc(
    ...record: [L] extends [never] ? [value?: number] : [labels: Labels<L>, value?: number]
  ): void;
  inc(first?: Labels<string> | number, value?: number): void {
    if (typeof first === 'object') this.family.series(first).inc(value);
    else this.family.only().inc(first);
  }

  /** Takes `value` (default 1) off. */
  dec(
    ...record: [L] extends [never] ? [value?: number] : [labels: Labels<L>, value?: number]
  ): void;
  dec(first?: Labels<string> | number, value?: number): void {
    if (typeof first === 'object') this.family.series(first).dec(value);
    else this.family.only().dec(first);
  }
}
