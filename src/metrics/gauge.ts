import type {Cells} from './ledger.js';
import type {Labels} from './series.js';
import type {Refusals, ThreadFamily} from './thread-family.js';

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
    if (typeof value === 'number' && !Number.isNaN(value)) this.#array[this.#index] = value;
    else this.#refusals.drop('not_finite');
  }

  /** Adds `value` (default 1), which may be negative. */
  inc(value = 1): void {
    this.set(this.#array[this.#index]! + value);
  }

  /** Takes `value` (default 1) off. */
  dec(value = 1): void {
    this.set(this.#array[this.#index]! - value);
  }
}

/** A gauge family. Each live thread has its own value; the family's aggregator makes one of them. */
export class Gauge<L extends string = never> {
  readonly #family: ThreadFamily<GaugeSeries>;

  constructor(family: ThreadFamily<GaugeSeries>) {
    this.#family = family;
  }

  /** Sets the series of a label set, or the only series of a family without labels. */
  set(...record: [L] extends [never] ? [value: number] : [labels: Labels<L>, value: number]): void;
  set(first: Labels<string> | number, value?: number): void {
    if (typeof first === 'object') this.#family.series(first).set(value as number);
    else this.#family.only().set(first);
  }

  /** Adds `value` (default 1), which may be negative. */
  inc(
    ...record: [L] extends [never] ? [value?: number] : [labels: Labels<L>, value?: number]
  ): void;
  inc(first?: Labels<string> | number, value?: number): void {
    if (typeof first === 'object') this.#family.series(first).inc(value);
    else this.#family.only().inc(first);
  }

  /** Takes `value` (default 1) off. */
  dec(
    ...record: [L] extends [never] ? [value?: number] : [labels: Labels<L>, value?: number]
  ): void;
  dec(first?: Labels<string> | number, value?: number): void {
    if (typeof first === 'object') this.#family.series(first).dec(value);
    else this.#family.only().dec(first);
  }

  /** The series of a label set, at 0 if it is new. */
  labels(labels: Labels<L>): GaugeSeries {
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
