import {CellWriters} from './cell-writers.js';
import type {WireLabel} from './delta.js';
import type {Exemplar} from './exemplar.js';
import {cellCountOf, type FamilySpec} from './family.js';
import type {Cells, Ledger} from './ledger.js';
import {type DropReason, SeriesMap} from './series.js';

/** Tells what stands in for a refused series from one that is there. One for the parts that are bundled and those that aren't. */
const REFUSED: unique symbol = Symbol.for('threadtally.refused');

/** Whether a series only stands in for one that was refused: there may be room for that one later, so it is not to be kept. */
export function isRefused(series: object): boolean {
  return (series as {readonly [REFUSED]?: true})[REFUSED] === true;
}

/** Where samples that can't be counted are counted. */
export interface Refusals {
  drop(reason: DropReason): void;
}

/** What a family of one thread needs from the recorder that owns it. */
export interface ThreadFamilyOwner {
  readonly ledger: Ledger;
  readonly refusals: Refusals;
  readonly seriesMax: number;
  /** Tells the reader which series the cells are, before anything is recorded in them. */
  declareSeries(spec: FamilySpec, cells: Cells, labels: readonly WireLabel[]): void;
  /** Tells the reader the cells' last values and that the series is gone; `reusable` cells go back to the ledger. */
  retireSeries(cells: Cells, cellCount: number, reusable: boolean): void;
  keepExemplar(cell: number, exemplar: Exemplar): void;
}

/** Makes the handle of one series; `labels` as they go over the wire, one a label name. */
export type SeriesFactory<S> = (
  cells: Cells,
  refusals: Refusals,
  labels: readonly WireLabel[],
) => S;

/** How a writer of cells takes its leave of a label set. */
export interface Leaving {
  readonly writer: object;
  /** What stands in the cells because of it, a number a cell; undefined where it can't say. */
  readonly written?: readonly number[];
  /** True where what was counted stays. */
  readonly isKept?: boolean;
}

/** A family in one thread: its label sets, and the cells that each has in the thread's ledger. */
export class ThreadFamily<S extends object> {
  readonly spec: FamilySpec;
  readonly #owner: ThreadFamilyOwner;
  #make: SeriesFactory<S>;
  readonly #series: SeriesMap<S>;
  /** Cells of every series in `#series`, for the day when it is removed. */
  readonly #cells = new WeakMap<S, Cells>();
  /** Their labels, for the day when they are made anew. */
  readonly #labels = new WeakMap<S, readonly WireLabel[]>();
  /** Series whose handle was given out: somebody may record into their cells for ever, so these are never reused. */
  readonly #handedOut = new WeakSet<S>();
  /** Who has asked for cells of which series by {@link ThreadFamily.cells}. */
  readonly #writers = new CellWriters();
  /** Why a stand-in for a refused series records nothing. */
  readonly #reasons = new WeakMap<S, DropReason>();
  /** The series of a family without labels, made at once unless the family is lazy: it stands at 0 before anything happens. */
  #only: S | undefined;

  constructor(
    spec: FamilySpec,
    owner: ThreadFamilyOwner,
    {make, isLazy = false}: {make: SeriesFactory<S>; isLazy?: boolean | undefined},
  ) {
    this.spec = spec;
    this.#owner = owner;
    this.#make = make;
    const source = {
      create: (labels: readonly WireLabel[]) => this.#create(labels),
      refused: (reason: DropReason) => this.#refused(reason),
    };
    this.#series = new SeriesMap(spec, source, owner.seriesMax);
    if (spec.labelNames.length === 0 && !isLazy) this.#only = this.#series.lookUp({});
  }

  /** @throws TypeError for a label that the family doesn't have. */
  series(labels: Readonly<Record<string, unknown>>): S {
    return this.#series.lookUp(labels);
  }

  /** As `series()`, for a caller that keeps it. */
  handle(labels: Readonly<Record<string, unknown>>): S {
    const series = this.#series.lookUp(labels);
    this.#handedOut.add(series);
    return series;
  }

  /** The one series of a family without labels; of a family with labels, the one whose labels are all left out. */
  only(): S {
    this.#only ??= this.#series.lookUp({});
    return this.#only;
  }

  /**
   * Where a label set's numbers stand, for a `writer` of numbers that were counted elsewhere, which asks again before each
   * writing. Undefined, and counted as a drop, where the series is refused.
   */
  cells(labels: Readonly<Record<string, unknown>>, writer: object = this): Cells | undefined {
    const series = this.#series.lookUp(labels);
    const reason = this.#reasons.get(series);
    if (reason !== undefined) this.#owner.refusals.drop(reason);
    const cells = this.#cells.get(series);
    if (cells !== undefined) this.#writers.join(cells, writer);
    return cells;
  }

  /**
   * A writer has no more to do with a label set. Its series leaves this thread, but where `isKept` or another writer, or
   * whoever records here directly, has counted in it too.
   */
  leave(labels: Readonly<Record<string, unknown>>, {writer, written, isKept}: Leaving): void {
    const series = this.#series.peek(labels);
    const cells = series && this.#cells.get(series);
    if (cells === undefined) return;
    const isFree = this.#writers.leave(cells, writer, written);
    if (isFree && !isKept) this.remove(labels);
  }

  /** As `Recorder.keepExemplar()`, of a series that was just looked up; false where that was refused. */
  keepExemplar(series: S, offset: number, exemplar: Exemplar): boolean {
    const cells = this.#cells.get(series);
    if (cells !== undefined) this.#owner.keepExemplar(cells.cell + offset, exemplar);
    return cells !== undefined;
  }

  /** Makes every series anew, at the same cells: for a family of which only cells were given out so far. */
  remake(make: SeriesFactory<S>): void {
    this.#make = make;
    this.#series.replaceAll(old => {
      const [cells, labels] = [this.#cells.get(old)!, this.#labels.get(old)!];
      const series = make(cells, this.#owner.refusals, labels);
      this.#cells.set(series, cells);
      this.#labels.set(series, labels);
      if (old === this.#only) this.#only = series;
      return series;
    });
  }

  /** Takes a label set's series out of this thread and returns it, or undefined where it wasn't known. */
  remove(labels: Readonly<Record<string, unknown>>): S | undefined {
    const series = this.#series.remove(labels);
    if (series === undefined) return undefined;
    if (series === this.#only) this.#only = undefined;
    const cells = this.#cells.get(series);
    if (cells !== undefined) {
      this.#writers.forget(cells);
      this.#owner.retireSeries(cells, cellCountOf(this.spec), !this.#handedOut.has(series));
    }
    return series;
  }

  #create(labels: readonly WireLabel[]): S | DropReason {
    const cells = this.#owner.ledger.allocate(cellCountOf(this.spec));
    if (cells === undefined) return 'ledger_full';
    this.#owner.declareSeries(this.spec, cells, labels);
    const series = this.#make(cells, this.#owner.refusals, labels);
    this.#cells.set(series, cells);
    this.#labels.set(series, labels);
    return series;
  }

  /**
   * Stands in for a series that was refused: whatever is recorded in it counts one dropped sample.
   * It has no other members, or else an `await` of it would take it for a promise, for ever.
   */
  #refused(reason: DropReason): S {
    const nowhere = {array: new Float64Array(0), index: 0, cell: -1};
    const refusals = this.#owner.refusals;
    const drop = () => refusals.drop(reason);
    const series = this.#make(nowhere, refusals, []);
    const stand = new Proxy(series, {
      get: (_, member) => (member === REFUSED ? true : member in series ? drop : undefined),
    });
    this.#reasons.set(stand, reason);
    return stand;
  }
}
