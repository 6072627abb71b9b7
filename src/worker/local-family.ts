import type {FamilySpec} from '../metrics/family.js';
import type {ThreadFamily} from '../metrics/thread-family.js';
import type {AnyLabels} from './label-arguments.js';
import {type LocalExemplar, toldExemplar} from './local-exemplar.js';
import {WeakList} from './weak-list.js';

/**
 * A series with an address in the ledger, and where this thread's `get()` counts it from. The ledger's cells never go
 * back: a series that is reset stays in the hub and only begins again in the eyes of its own thread.
 */
export interface LocalSeries {
  readonly labels: AnyLabels;
  /**
   * False for a series that `get()` doesn't show: one that was reset, or was removed and whose cells may be another's.
   * Whoever keeps a series must look before each record, and else take it anew from {@link LocalFamily.series}.
   */
  isShown: boolean;
  /** Makes what the cells hold now the zero of this thread's `get()`. */
  restart(): void;
  /**
   * Makes `get()` show 0, until `settle()`: what is recorded up to what it showed was counted before. Missing where a
   * series can't tell.
   */
  recount?(): void;
  settle?(): void;
}

/** A metric of a family. */
export interface Holder {
  readonly registers: readonly unknown[];
  isRegistered(): boolean;
}

/** One family of this thread for all metrics that are made of that name, one after another or side by side. */
export class LocalFamily<S extends LocalSeries> {
  /** Metrics that were made of it. */
  readonly #holders = new WeakList<Holder>();
  /** True once a metric was made that no registry has, and that none can lose. */
  #isHeldForGood = false;
  /** How many `collect` functions of its metrics are running. */
  #collectCount = 0;
  /** Series that a running `collect` has reset. */
  readonly #recounted = new Set<S>();
  /** Hidden series that a `collect` had reset and didn't count again. They keep the level that they had. */
  readonly #held = new Set<S>();
  readonly #family: ThreadFamily<S>;
  /** What `get()` shows, in the order in which it was first recorded. */
  readonly #shown = new Set<S>();
  /** Exemplars that `get()` shows, by the sample's offset from the series' first cell. */
  readonly #exemplars = new WeakMap<S, Map<number, LocalExemplar>>();

  constructor(family: ThreadFamily<S>) {
    this.#family = family;
  }

  get spec(): FamilySpec {
    return this.#family.spec;
  }

  /** True where one of the metrics that were made of it still stands in a registry, or in none from the beginning. */
  isHeld(): boolean {
    if (this.#isHeldForGood) return true;
    for (const holder of this.#holders) if (holder.isRegistered()) return true;
    return false;
  }

  hold(holder: Holder): void {
    if (holder.registers.length === 0) this.#isHeldForGood = true;
    else this.#holders.add(holder);
  }

  /**
   * Runs a metric's `collect`. What it resets, it counts again: only what goes beyond what had been counted is new, and all
   * of it where that is less than before.
   */
  collect(run: () => unknown): unknown {
    this.#collectCount++;
    let result: unknown;
    try {
      result = run();
    } finally {
      if (!(result instanceof Promise)) this.#endCollect();
    }
    return result instanceof Promise ? result.finally(() => this.#endCollect()) : result;
  }

  get shown(): readonly S[] {
    return [...this.#shown];
  }

  /**
   * The series of a label set, shown from now on. One that the thread has no room for stands nowhere, and counts as
   * dropped what is recorded in it.
   * @throws TypeError for a label that the family doesn't have.
   */
  series(labels: AnyLabels): S {
    const series = this.#family.series(labels);
    if (!series.isShown) this.#show(series);
    return series;
  }

  /** The series without labels, shown from now on. */
  only(): S {
    const series = this.#family.only();
    if (!series.isShown) this.#show(series);
    return series;
  }

  /** Keeps an exemplar of a series that was just recorded, for `get()` and for the hub; not of one that was refused. */
  keepExemplar(series: S, offset: number, exemplar: LocalExemplar): void {
    if (!this.#family.keepExemplar(series, offset, toldExemplar(exemplar))) return;
    const known = this.#exemplars.get(series);
    if (known === undefined) this.#exemplars.set(series, new Map([[offset, exemplar]]));
    else known.set(offset, exemplar);
  }

  exemplarAt(series: S, offset: number): LocalExemplar | undefined {
    return this.#exemplars.get(series)?.get(offset);
  }

  /** Makes `get()` show a series as a new one. */
  restart(series: S): void {
    if (!this.#tryRecount(series)) series.restart();
    this.#exemplars.delete(series);
  }

  /** Takes a label set's series out of this thread; the hub drops it with the last thread that has it. */
  remove(labels: AnyLabels): void {
    const series = this.#family.remove(labels);
    if (series === undefined) return;
    this.#recounted.delete(series);
    this.#held.delete(series);
    this.hide(series);
  }

  /** Empties what `get()` shows. The hub keeps every series, and each goes on there when it is recorded again. */
  hideAll(): void {
    for (const series of this.shown) {
      this.#tryRecount(series);
      this.hide(series);
    }
    for (const series of this.#held) this.#tryRecount(series);
  }

  /** Takes a series out of what `get()` shows until it is recorded again; the hub keeps it. */
  hide(series: S): void {
    series.isShown = false;
    this.#shown.delete(series);
  }

  #show(series: S): void {
    series.isShown = true;
    if (this.#recounted.has(series)) this.#exemplars.delete(series);
    else this.#begin(series);
    this.#held.delete(series);
    this.#shown.add(series);
  }

  #begin(series: S): void {
    series.restart();
    this.#exemplars.delete(series);
  }

  /** A series that was reset within `collect` is counted again; false for any other. */
  #tryRecount(series: S): boolean {
    if (this.#collectCount === 0 || series.recount === undefined) return false;
    series.recount();
    this.#recounted.add(series);
    return true;
  }

  #endCollect(): void {
    this.#collectCount--;
    if (this.#collectCount > 0) return;
    for (const series of this.#recounted) {
      if (series.isShown) series.settle?.();
      else this.#held.add(series);
    }
    this.#recounted.clear();
  }
}
