import type {FamilyLayout, PageBlock} from './page-block.js';
import type {Dialect, End} from './sample-names.js';
import {observationCount, SUM_OFFSET} from './summary-cells.js';
import {writeGrown, writeValue} from './text-value.js';
import type {TotalSeries, Totals} from './totals.js';

/**
 * Reads what the lines of a page are to show. Apart from their writing, which takes several times as long and may wait: what
 * was read in one piece is of one moment.
 */
export class LineValues {
  readonly #totals: Totals;
  readonly #dialect: Dialect;

  constructor(totals: Totals, dialect: Dialect) {
    this.#totals = totals;
    this.#dialect = dialect;
  }

  /** Reads the present value of each line of a block into `values`, which is at least as long. */
  read({family, introduction}: FamilyLayout, block: PageBlock, values: Float64Array): void {
    const {type} = family.spec;
    if (type === 'histogram' || type === 'summary') {
      const read = type === 'histogram' ? this.#readHistogram : this.#readSummary;
      for (const [i, series] of block.series.entries()) {
        read.call(this, series, values, block.firstLines[i]!);
      }
    } else {
      // Most lines of most pages: nothing is read here but numbers in a row.
      const held = this.#totals.values;
      const {places, firstLines} = block;
      for (let i = 0; i < places.length; i++) values[firstLines[i]!] = held[places[i]!]!;
    }
    if (introduction.createdName === undefined) return;
    for (const [i, {createdSeconds}] of block.series.entries()) {
      values[block.firstLines[i + 1]! - 1] = createdSeconds;
    }
  }

  #readSummary(series: TotalSeries, values: Float64Array, firstLine: number): void {
    const held = this.#totals.values;
    const {first, family} = series;
    const {quantiles} = family.spec;
    const found = this.#totals.quantiles(series);
    // As prom-client shows an empty one.
    for (let i = 0; i < quantiles.length; i++) values[firstLine + i] = found[i] ?? 0;
    const ends = {_sum: held[first + SUM_OFFSET]!, _count: observationCount(held, first)};
    this.#readEnds(series, ends, {values, line: firstLine + quantiles.length});
  }

  #readHistogram(series: TotalSeries, values: Float64Array, firstLine: number): void {
    const held = this.#totals.values;
    const {first, family} = series;
    let count = 0;
    const bucketCount = family.spec.buckets.length + 1;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      count += held[first + bucket]!;
      values[firstLine + bucket] = count;
    }
    const ends = {_sum: held[first + bucketCount]!, _count: count};
    this.#readEnds(series, ends, {values, line: firstLine + bucketCount});
  }

  #readEnds(
    {family, hasNegative}: TotalSeries,
    held: Record<End, number>,
    {values, line}: {values: Float64Array; line: number},
  ): void {
    const ends = this.#dialect.endsOf(family.spec, hasNegative);
    for (let i = 0; i < ends.length; i++) values[line + i] = held[ends[i]!];
  }
}

/** Writes the values that differ from those that stand in a block's lines. */
export function writeLines(block: PageBlock, values: Float64Array): void {
  const {bytes, valueEnds, valueBytes, written} = block;
  for (let line = 0; line < valueEnds.length; line++) {
    const value = values[line]!;
    const before = written[line]!;
    if (value === before) continue;
    written[line] = value;
    const count = value | 0;
    const countBefore = before | 0;
    // Most changes of most pages: a count that has grown, whose first digits stand there already.
    const isGrown = count === value && countBefore === before && count > countBefore;
    if (isGrown && countBefore >= 0) {
      const length = writeGrown(bytes, valueEnds[line]!, {count, before: countBefore});
      if (length > 0) valueBytes[line] = length;
    } else valueBytes[line] = writeValue(bytes, valueEnds[line]!, value);
  }
}
