import type {FamilySpec} from '../metrics/family.js';
import type {ThreadFamily} from '../metrics/thread-family.js';
import type {AnyLabels} from './label-arguments.js';
import {type LocalExemplar, toldExemplar} from './local-exemplar.js';

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
}

/** One family of this thread for all metrics that are made of that name, one after another. */
export class LocalFamily<S extends LocalSeries> {
  /** Tells whether the metric that was made last still stands in a registry. */
  isHeld: () => boolean = () => false;
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
    series.restart();
    this.#exemplars.delete(series);
  }

  /** Takes a label set's series out of this thread; the hub drops it with the last thread that has it. */
  remove(labels: AnyLabels): void {
    const series = this.#family.remove(labels);
    if (series !== undefined) this.hide(series);
  }

  /** Empties what `get()` shows. The hub keeps every series, and each goes on there when it is recorded again. */
  hideAll(): void {
    for (const series of this.shown) this.hide(series);
  }

  /** Takes a series out of what `get()` shows until it is recorded again; the hub keeps it. */
  hide(series: S): void {
    series.isShown = false;
    this.#shown.delete(series);
  }

  #show(series: S): void {
    series.isShown = true;
    this.restart(series);
    this.#shown.add(series);
  }
}
