/**
 * Ranges that a series keeps in mind. Beyond it the two nearest neighbours become one, with what lies between: a repair
 * then asks for candles that are known already, and nothing is lost.
 */
export const GAP_RANGES_MAX = 64;

/** Open times from `fromMs` to `toMs`, both inclusive, epoch ms. */
export interface GapRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The candles that a series would like to be told (again): those that no one ever saw, and those that were finalised without
 * their closing frame. Knows open times only.
 */
export class SeriesGaps {
  /** Candles that were wanted and came. Only grows. */
  filledCandles = 0;
  readonly #intervalMs: number;
  /** Ascending, disjoint, not adjacent; at most {@link GAP_RANGES_MAX}. */
  #ranges: GapRange[] = [];

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  get ranges(): readonly GapRange[] {
    return this.#ranges;
  }

  /** The oldest open time wanted; undefined where nothing is. */
  get firstMs(): number | undefined {
    return this.#ranges[0]?.fromMs;
  }

  has(openTime: number): boolean {
    return this.#ranges.some(({fromMs, toMs}) => fromMs <= openTime && openTime <= toMs);
  }

  /** Adds a range of open times. */
  want(fromMs: number, toMs: number): void {
    if (toMs < fromMs) return;
    const merged: GapRange[] = [];
    for (const range of [...this.#ranges, {fromMs, toMs}].sort((a, b) => a.fromMs - b.fromMs)) {
      const last = merged.at(-1);
      if (last === undefined || range.fromMs > last.toMs + this.#intervalMs) merged.push(range);
      else merged[merged.length - 1] = joined(last, range);
    }
    while (merged.length > GAP_RANGES_MAX) joinNearest(merged);
    this.#ranges = merged;
  }

  /** Takes out a candle that came; false where it was not wanted. */
  fill(openTime: number): boolean {
    if (!this.has(openTime)) return false;
    this.settle(openTime, openTime);
    this.filledCandles += 1;
    return true;
  }

  /** Takes a range out: those candles are known now, or the exchange has none. */
  settle(fromMs: number, toMs: number): void {
    // An empty range in the middle of another would split that.
    if (this.#ranges.length === 0 || toMs < fromMs) return;
    this.#ranges = this.#ranges.flatMap(range => {
      if (range.toMs < fromMs || range.fromMs > toMs) return [range];
      const before = {fromMs: range.fromMs, toMs: fromMs - this.#intervalMs};
      const behind = {fromMs: toMs + this.#intervalMs, toMs: range.toMs};
      return [before, behind].filter(part => part.fromMs <= part.toMs);
    });
  }
}

function joined(a: GapRange, b: GapRange): GapRange {
  return {fromMs: Math.min(a.fromMs, b.fromMs), toMs: Math.max(a.toMs, b.toMs)};
}

function joinNearest(ranges: GapRange[]): void {
  let nearest = 1;
  const distance = (index: number) => ranges[index]!.fromMs - ranges[index - 1]!.toMs;
  for (let index = 2; index < ranges.length; index += 1) {
    if (distance(index) < distance(nearest)) nearest = index;
  }
  ranges.splice(nearest - 1, 2, joined(ranges[nearest - 1]!, ranges[nearest]!));
}
