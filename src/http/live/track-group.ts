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
   * Takes the series that it shows from now on.
   * @returns Whether a total lost some: what they held is taken off its `base`, so that the rest has not fallen.
   */
  follow(series: readonly TotalSeries[]): boolean {
    const held = new Map(this.#series.map((one, i) => [one, this.#held[i]!]));
    this.#series = series;
    this.#held = Float64Array.from(series, one => held.get(one) ?? 0);
    if (this.track.kind !== 'total') return false;
    let lost = 0;
    for (const [one, value] of held) if (!one.listed) lost += value;
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
        return this.#series.reduce((max, {first}) => Math.max(max, values[first]!), -Infinity);
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
    const own = this.#series.map(({first}) => values[first]!);
    switch (this.#family.spec.aggregator) {
      case 'min':
        return Math.min(...own);
      case 'max':
        return Math.max(...own);
      case 'average':
        return this.#sum(values) / own.length;
      default:
        return this.#sum(values);
    }
  }

  #sum(values: Float64Array): number {
    const {type, buckets} = this.#family.spec;
    let sum = 0;
    for (const [i, {first}] of this.#series.entries()) {
      let own = 0;
      if (type === 'summary') own = observationCount(values, first);
      else if (type !== 'histogram') own = values[first]!;
      else for (let k = 0; k <= buckets.length; k++) own += values[first + k]!;
      this.#held[i] = own;
      sum += own;
    }
    return sum;
  }

  #windowAt(values: Float64Array): HistogramWindow {
    const {buckets} = this.#family.spec;
    const cells = new Float64Array(buckets.length + 2);
    for (const {first} of this.#series) {
      for (let i = 0; i < cells.length; i++) cells[i]! += values[first + i]!;
    }
    const before = this.#isNew ? new Float64Array(cells.length) : cells;
    this.#window ??= new HistogramWindow(buckets, before);
    this.#window.update(cells);
    return this.#window;
  }
}
