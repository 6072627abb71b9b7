import {cellCountOf} from '../../metrics/family.js';
import {observationCount} from '../../metrics/summary-cells.js';
import type {TotalFamily, TotalSeries, TotalsReading} from '../../metrics/totals.js';
import {HistogramWindow} from './histogram-window.js';
import type {Track} from './history.js';
import type {ReadingOf} from './panels.js';

/**
 * Cells that a line adds up once a second, 10 to 20 microseconds' work. One of more (a summary has 4,000 a series) is read at
 * points only.
 */
const PROMPT_CELLS_MAX = 10_000;

/** The series that one line shows, and how their values become its value. */
export class TrackGroup {
  readonly track: Track;
  readonly #family: TotalFamily;
  readonly #read: ReadingOf;
  readonly #isNew: boolean;
  /** Replaced when the family's series come or go. */
  #series: readonly TotalSeries[] = [];
  /** Where the values of each stand. */
  #places = new Uint32Array(0);
  /** What each of them held at the last reading; of a total only. */
  #held = new Float64Array(0);
  /** Of a histogram's average or percentile only, from its first reading on. */
  #window: HistogramWindow | undefined;

  /** @param isNew Whether its series came just now: what they hold then was observed just now. */
  constructor(track: Track, family: TotalFamily, read: ReadingOf, isNew: boolean) {
    this.#isNew = isNew;
    this.track = track;
    this.#family = family;
    this.#read = read;
  }

  /**
   * Takes the series that it shows from now on, in the order in which they came.
   * @returns Whether a total lost some: what they held is taken off its `base`, so that the rest has not fallen.
   */
  follow(series: readonly TotalSeries[]): boolean {
    const before = this.#series;
    const heldBefore = this.#held;
    this.#series = series;
    this.#places = new Uint32Array(series.length);
    for (let i = 0; i < series.length; i++) this.#places[i] = series[i]!.first;
    if (this.track.kind !== 'total') return false;
    this.#held = new Float64Array(series.length);
    let lost = 0;
    // Both lists are by number, and so are compared side by side: a Map of 100,000 series keeps the main thread.
    let next = 0;
    for (const [i, one] of before.entries()) {
      while (next < series.length && series[next]!.number < one.number) next++;
      if (series[next] === one) this.#held[next] = heldBefore[i]!;
      if (!one.listed) lost += heldBefore[i]!;
    }
    this.track.base -= lost;
    return lost > 0;
  }

  /** Whether to read it at points only. */
  get isCostly(): boolean {
    return this.#series.length * cellCountOf(this.#family.spec) > PROMPT_CELLS_MAX;
  }

  /** The value at this moment; NaN where there is none. */
  valueOf({values}: TotalsReading): number {
    switch (this.#read) {
      case 'value':
        return this.#family.spec.type === 'gauge' ? this.#gauge(values) : this.#sum(values);
      case 'max':
        return this.#extreme(values, 'max');
      case 'average':
        return this.#windowAt(values).average();
      case 'p95':
        return this.#windowAt(values).quantile(0.95);
    }
  }

  /** To be called at each point, after `valueOf()`. */
  record(): void {
    this.#window?.record();
  }

  /** Several series become one as those of several workers do. */
  #gauge(values: Float64Array): number {
    const {aggregator} = this.#family.spec;
    if (aggregator === 'min' || aggregator === 'max') return this.#extreme(values, aggregator);
    const sum = this.#sum(values);
    return aggregator === 'average' ? sum / this.#places.length : sum;
  }

  #extreme(values: Float64Array, which: 'min' | 'max'): number {
    // Of nothing, the infinity that anything is more than.
    const more = Math[which];
    return this.#places.reduce((most, first) => more(most, values[first]!), more());
  }

  #sum(values: Float64Array): number {
    const {type, buckets} = this.#family.spec;
    const places = this.#places;
    const held = this.track.kind === 'total' ? this.#held : undefined;
    let sum = 0;
    for (let i = 0; i < places.length; i++) {
      const first = places[i]!;
      let own = 0;
      if (type === 'summary') own = observationCount(values, first);
      else if (type !== 'histogram') own = values[first]!;
      else for (let k = 0; k <= buckets.length; k++) own += values[first + k]!;
      if (held !== undefined) held[i] = own;
      sum += own;
    }
    return sum;
  }

  #windowAt(values: Float64Array): HistogramWindow {
    const {buckets} = this.#family.spec;
    const cells = new Float64Array(buckets.length + 2);
    for (const first of this.#places) {
      for (let i = 0; i < cells.length; i++) cells[i]! += values[first + i]!;
    }
    const before = this.#isNew ? new Float64Array(cells.length) : cells;
    this.#window ??= new HistogramWindow(buckets, before);
    this.#window.update(cells);
    return this.#window;
  }
}
