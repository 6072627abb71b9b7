import {type Cells, setTo} from '../metrics/ledger.js';

/**
 * Part of a level below which what is counted again has fallen. Sums of fractions miss it by less where they are made of
 * other parts than the first time.
 */
const FALL_MIN = 1e-9;

/**
 * A series whose own metric's `collect` has reset it, to count again the total of something that is counted elsewhere. What
 * it counts up to the level that it had is in the cells already; what goes beyond is added at once, so that a `collect` that
 * never ends keeps nothing back. The cells never go back.
 */
export class Recount {
  readonly #cells: Cells;
  /** What the cells held at the reset, counts first. */
  readonly #start: Float64Array;
  /** What they held when `get()` last began at 0. */
  readonly #baseline: Float64Array;
  /** What was counted since the reset. */
  readonly #again: Float64Array;
  /** Cells that only go up; the rest are sums. */
  readonly #countCells: number;

  /** @param baseline One a cell, the counts first; kept and changed by {@link settle}. */
  constructor(cells: Cells, baseline: Float64Array, countCells: number) {
    this.#cells = cells;
    this.#start = cells.array.slice(cells.index, cells.index + baseline.length);
    this.#baseline = baseline;
    this.#again = new Float64Array(baseline.length);
    this.#countCells = countCells;
  }

  /** What `get()` shows meanwhile. */
  get shown(): Float64Array {
    return this.#again.slice();
  }

  /** Counts from 0 again. */
  reset(): void {
    this.#again.fill(0);
  }

  /** Adds to a count. */
  add(place: number, amount: number): void {
    const {array, index} = this.#cells;
    const again = this.#again[place]! + amount;
    this.#again[place] = again;
    const now = this.#baseline[place]! + again;
    if (now > array[index + place]!) setTo(array, index + place, now);
  }

  /** Adds to a sum; in the cells it stands once the counts are known. */
  addToSum(place: number, amount: number): void {
    this.#again[place]! += amount;
  }

  /** Ends it and returns the baseline. Where a count fell, its origin began anew, and all of it is added. */
  settle(): Float64Array {
    const {array, index} = this.#cells;
    const counts = this.#again.subarray(0, this.#countCells);
    const hasFallen = counts.some((again, i) => {
      const level = this.#start[i]! - this.#baseline[i]!;
      return again < level * (1 - FALL_MIN);
    });
    if (hasFallen) this.#baseline.set(this.#start);
    for (const [i, again] of this.#again.entries()) {
      const now = this.#baseline[i]! + again;
      const isSum = i >= this.#countCells;
      setTo(array, index + i, isSum ? now : Math.max(array[index + i]!, now));
    }
    return this.#baseline;
  }
}
