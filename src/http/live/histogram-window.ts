/** Points that a window looks back: a minute, as `rate(...[1m])` would. */
export const WINDOW_POINTS = 12;

/**
 * What a histogram observed in the last minute, from its cells at each of the last points: a count a bucket, then the
 * sum. Memory: 13 snapshots of some 20 cells.
 */
export class HistogramWindow {
  readonly #bounds: readonly number[];
  /** Cells at the last points, the oldest first; at most {@link WINDOW_POINTS}. */
  readonly #snapshots: Float64Array[] = [];
  #now: Float64Array;

  /** @param bounds Upper bounds, ascending, without the infinite one. */
  constructor(bounds: readonly number[], first: Float64Array) {
    this.#bounds = bounds;
    this.#now = first;
    this.#snapshots.push(first);
  }

  /** Takes the cells of this moment. */
  update(cells: Float64Array): void {
    this.#now = cells;
  }

  /** To be called at each point, after `update()`. */
  record(): void {
    this.#snapshots.push(this.#now);
    if (this.#snapshots.length > WINDOW_POINTS) this.#snapshots.shift();
  }

  /** Mean of what was observed; NaN for nothing. */
  average(): number {
    return this.#increase(this.#bounds.length + 1) / this.#count();
  }

  /**
   * The value at a quantile, 0 to 1, by PromQL's `histogram_quantile`: linear within the bucket, from 0 in the first, and
   * the last bound for what lies beyond it. NaN for nothing.
   */
  quantile(quantile: number): number {
    const count = this.#count();
    if (!(count > 0)) return Number.NaN;
    const rank = quantile * count;
    let below = 0;
    for (const [i, bound] of this.#bounds.entries()) {
      const inBucket = this.#increase(i);
      if (inBucket > 0 && below + inBucket >= rank) {
        const from = i === 0 ? Math.min(0, bound) : this.#bounds[i - 1]!;
        return from + ((bound - from) * (rank - below)) / inBucket;
      }
      below += inBucket;
    }
    return this.#bounds.at(-1) ?? Number.NaN;
  }

  #count(): number {
    let count = 0;
    for (let i = 0; i <= this.#bounds.length; i++) count += this.#increase(i);
    return count;
  }

  /** 0 where a cell fell: one of several series has left. */
  #increase(cell: number): number {
    return Math.max(0, this.#now[cell]! - this.#snapshots[0]![cell]!);
  }
}
