import type {Cells} from '../metrics/ledger.js';
import type {AnyLabels} from './label-arguments.js';
import type {LocalSeries} from './local-family.js';
import {Recount} from './recount.js';

/** An array with room for no cell. */
const CLOSED = new Float64Array(0);

/** Where a series stands that isn't known yet: it is closed for good. */
export const NO_CELLS: Cells = Object.freeze({array: CLOSED, index: 0, cell: -1});

/** How many cells a series has, and how many of them, the first, only go up; the rest are sums. */
export interface CountedCells {
  readonly cellCount: number;
  readonly countCells: number;
}

/**
 * A counter's or a histogram's series with what `get()` shows of it.
 *
 * Recording takes a fast path: into `open[index]`, where there is such a cell. The comparison with the length tells at once
 * whether anything else is to be done, and the addition needs it anyway; to ask whether the series is shown, and then whether
 * it is counted again, took 2 ns more, half of what all the rest takes (bench/recording).
 */
export abstract class CountedSeries implements LocalSeries {
  readonly labels: AnyLabels;
  /** The cells' array while what is recorded goes there as it comes; none while the series is hidden or counted again. */
  protected open: Float64Array = CLOSED;
  protected readonly index: number;
  protected readonly cells: Cells;
  /** Undefined but while the metric's `collect` counts the series again. */
  protected recounting: Recount | undefined;
  readonly #countCells: number;
  /** What the cells held when `get()` last began at 0. */
  readonly #baseline: Float64Array;
  #isShown = false;

  constructor(cells: Cells, labels: AnyLabels, {cellCount, countCells}: CountedCells) {
    this.cells = cells;
    this.index = cells.index;
    this.labels = labels;
    this.#baseline = new Float64Array(cellCount);
    this.#countCells = countCells;
  }

  get isShown(): boolean {
    return this.#isShown;
  }

  set isShown(isShown: boolean) {
    this.#isShown = isShown;
    this.#reopen();
  }

  restart(): void {
    this.#baseline.set(this.#held());
    this.#setRecounting(undefined);
  }

  recount(): void {
    const recount = this.recounting ?? new Recount(this.cells, this.#baseline, this.#countCells);
    recount.reset();
    this.#setRecounting(recount);
  }

  settle(): void {
    this.recounting?.settle();
    this.#setRecounting(undefined);
  }

  /** What each cell has counted since `get()` last began at 0. */
  read(): Float64Array {
    if (this.recounting !== undefined) return this.recounting.shown;
    return this.#held().map((value, i) => value - this.#baseline[i]!);
  }

  #held(): Float64Array {
    const {array, index} = this.cells;
    return array.slice(index, index + this.#baseline.length);
  }

  #setRecounting(recount: Recount | undefined): void {
    this.recounting = recount;
    this.#reopen();
  }

  #reopen(): void {
    this.open = this.#isShown && this.recounting === undefined ? this.cells.array : CLOSED;
  }
}
