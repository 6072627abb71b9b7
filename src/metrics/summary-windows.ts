import {SKETCH_CELLS, sketchQuantiles} from './sketch.js';
import {SketchWindow} from './sketch-window.js';
import type {TotalFamily, TotalSeries} from './totals.js';

/**
 * The windows of all summaries that have one. They slide when something is merged and when a page is made: an observation is
 * as old as the moment at which the hub heard of it.
 */
export class SummaryWindows {
  readonly #now: () => number;
  readonly #windows = new Map<TotalSeries, SketchWindow>();
  /** What one window holds, while that is read. */
  readonly #content = new Float64Array(SKETCH_CELLS);
  /** Before this time no window moves on. */
  #dueMs = Infinity;

  /** @param now Milliseconds of a clock that never steps back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Begins a series' window, where its family has one. */
  open(series: TotalSeries): void {
    const {type, maxAgeSeconds, pruneAgedBuckets} = series.family.spec;
    if (type !== 'summary' || (maxAgeSeconds === Infinity && !pruneAgedBuckets)) return;
    const window = new SketchWindow(series.family.spec, this.#now());
    this.#windows.set(series, window);
    this.#dueMs = Math.min(this.#dueMs, window.dueMs);
  }

  close(series: TotalSeries): void {
    this.#windows.delete(series);
  }

  /** Moves every window on to this moment. To be called before anything is added to `values`. */
  slide(values: Float64Array): void {
    if (this.#windows.size === 0) return;
    const nowMs = this.#now();
    if (!(nowMs > this.#dueMs)) return;
    this.#dueMs = Infinity;
    for (const [{first}, window] of this.#windows) {
      window.slide(nowMs, {array: values, first});
      this.#dueMs = Math.min(this.#dueMs, window.dueMs);
    }
  }

  /** The values at the family's quantiles, of all time where it has no window; none where nothing was observed. */
  quantiles(series: TotalSeries, values: Float64Array): number[] {
    const {quantiles} = series.family.spec;
    const window = this.#windows.get(series);
    if (window === undefined) return sketchQuantiles(values, series.first, quantiles);
    window.read({array: values, first: series.first}, this.#content);
    return sketchQuantiles(this.#content, 0, quantiles);
  }

  /** Sets `isAged` of every series whose family asks for it; returns the families of those that changed. */
  markAged(values: Float64Array): ReadonlySet<TotalFamily> {
    const changed = new Set<TotalFamily>();
    for (const [series, window] of this.#windows) {
      if (!series.family.spec.pruneAgedBuckets) continue;
      const isAged = window.read({array: values, first: series.first}, this.#content) === 0;
      if (isAged === series.isAged) continue;
      series.isAged = isAged;
      changed.add(series.family);
    }
    return changed;
  }
}
