import {stretchesOf} from './change-turns.js';
import {cellCountOf} from './family.js';
import type {LineWriter} from './line-writer.js';
import {type Dialect, type Introduction, writeSeriesLines} from './sample-names.js';
import type {TotalFamily, TotalSeries, Totals} from './totals.js';

/**
 * Sample lines that are laid out at once, unless one series has more: a new series costs its block and no other, and who
 * lays out between two blocks lets others go first. 1,000 lines take about a millisecond.
 */
export const BLOCK_LINES_MAX = 1_000;

const encoder = new TextEncoder();

/** The sample lines of adjacent series of one family, each ending in the slot of its value. */
export interface PageBlock {
  readonly series: readonly TotalSeries[];
  /** By series: the number of its first line in the block; one more than there are series. */
  readonly firstLines: Uint32Array;
  /** By series: `TotalSeries.first`, where its values stand. */
  readonly places: Uint32Array;
  /** Those of `ChangeTurns` in which its values stand. */
  readonly stretches: Uint32Array;
  /** The lines themselves: a view of the page from when it is put together, so that they are kept once. */
  bytes: Uint8Array;
  /** By line: one past the last byte of its value. */
  readonly valueEnds: Uint32Array;
  /** By line: how many bytes its value has, at most a slot's width. */
  readonly valueBytes: Uint8Array;
  /** By line: the value that stands there; NaN where nothing was written yet. */
  readonly written: Float64Array;
  /** Turn of the totals of which all values were read; -1 before the first. */
  readTurn: number;
}

/** One family as it stands on a page: its head, and its series in blocks. */
export class FamilyLayout {
  readonly introduction: Introduction;
  readonly head: Uint8Array;
  readonly family: TotalFamily;
  readonly #totals: Totals;
  readonly #dialect: Dialect;
  /** Holds nothing between two steps: all families of a page may share one. */
  readonly #writer: LineWriter;
  #blocks: PageBlock[] = [];
  /** The family's `structureVersion` that the blocks show. */
  #version = -1;
  /** The version at which the present pass through the family began; what has changed since is the next one's. */
  #target = -1;
  #isPassing = false;
  #passCount = 0;
  /** Of the pass: the series that were not looked at, and how many blocks were. */
  #rest: Iterator<TotalSeries> = [].values();
  #checkedBlocks = 0;
  /** Number of the last series that was laid out. */
  #lastNumber = -1;

  constructor(
    totals: Totals,
    dialect: Dialect,
    {
      family,
      introduction,
      writer,
    }: {family: TotalFamily; introduction: Introduction; writer: LineWriter},
  ) {
    this.#writer = writer;
    this.#totals = totals;
    this.#dialect = dialect;
    this.family = family;
    this.introduction = introduction;
    this.head = encoder.encode(introduction.head);
  }

  get blocks(): readonly PageBlock[] {
    return this.#blocks;
  }

  /**
   * Does a block of what is to be done to show the family's present series. Nothing is left half done in between, so that
   * several may take steps by turns. A pass that has begun goes through all blocks, whatever changes meanwhile: begun anew with
   * each change it would come to no end where series come and go faster than blocks are laid out.
   * @returns False where there was nothing to do.
   */
  step(): boolean {
    if (this.#version === this.family.structureVersion) return false;
    if (!this.#isPassing) this.#begin();
    if (this.#dropUnlisted() || this.#append()) return true;
    this.#isPassing = false;
    this.#version = this.#target;
    return this.#version !== this.family.structureVersion;
  }

  /** Passes begun so far. */
  get passCount(): number {
    return this.#passCount;
  }

  #begin(): void {
    const {structureVersion, spec, series} = this.family;
    this.#isPassing = true;
    this.#passCount++;
    this.#target = structureVersion;
    this.#rest = series.values();
    this.#checkedBlocks = 0;
    if (spec.type !== 'summary') return;
    // Series of a summary come back, and change their lines.
    this.#blocks = [];
    this.#lastNumber = -1;
  }

  /** Takes what has left out of the next block that has such; false where there is none. */
  #dropUnlisted(): boolean {
    while (this.#checkedBlocks < this.#blocks.length) {
      const i = this.#checkedBlocks;
      const block = this.#blocks[i]!;
      const left = listedIn(block);
      if (left.length === 0) this.#blocks.splice(i, 1);
      else {
        this.#checkedBlocks++;
        if (left.length === block.series.length) continue;
        this.#blocks[i] = keepOf(block, left, cellCountOf(this.family.spec));
      }
      return true;
    }
    return false;
  }

  /** Lays out the next block of series that are new; false where there are none. */
  #append(): boolean {
    const linesASeries = this.#linesASeries();
    const added: TotalSeries[] = [];
    for (let next = this.#rest.next(); !next.done; next = this.#rest.next()) {
      const series = next.value;
      if (series.number <= this.#lastNumber || series.isAged) continue;
      this.#lastNumber = series.number;
      added.push(series);
      if (added.length * linesASeries >= BLOCK_LINES_MAX) break;
    }
    if (added.length === 0) return false;
    const last = this.#blocks.at(-1);
    // Series that come one by one would else make a block each.
    const isJoined = last !== undefined && last.valueEnds.length < BLOCK_LINES_MAX / 2;
    const block = this.#encode(isJoined ? [...last.series, ...added] : added);
    if (isJoined) this.#blocks[this.#blocks.length - 1] = block;
    else this.#blocks.push(block);
    // What was just laid out is looked through at the next change.
    this.#checkedBlocks = this.#blocks.length;
    return true;
  }

  /** An estimate: summaries have a line more or less. */
  #linesASeries(): number {
    const {type, buckets, quantiles} = this.family.spec;
    if (type === 'histogram') return buckets.length + 3;
    return type === 'summary' ? quantiles.length + 2 : 1;
  }

  #encode(series: readonly TotalSeries[]): PageBlock {
    const {spec} = this.family;
    const to = this.#writer;
    const firstLines = new Uint32Array(series.length + 1);
    const places = new Uint32Array(series.length);
    const of = {introduction: this.introduction, dialect: this.#dialect};
    for (let i = 0; i < series.length; i++) {
      const one = series[i]!;
      writeSeriesLines(to, one, this.#totals.defaultLabelsOf(one), of);
      firstLines[i + 1] = to.lineCount;
      places[i] = one.first;
    }
    const {bytes, valueEnds} = to.take();
    return {
      series,
      firstLines,
      places,
      stretches: stretchesOf(places, cellCountOf(spec)),
      bytes,
      valueEnds,
      valueBytes: new Uint8Array(valueEnds.length),
      written: new Float64Array(valueEnds.length).fill(Number.NaN),
      readTurn: -1,
    };
  }
}

/** The numbers of a block's series that are still on the page. */
function listedIn({series}: PageBlock): number[] {
  const listed: number[] = [];
  for (let i = 0; i < series.length; i++) if (series[i]!.listed) listed.push(i);
  return listed;
}

/**
 * A block with some of its series, their lines as they stand: to write them anew takes twenty times as long, and series may come
 * and go by the thousand.
 * @param kept - the numbers of these series, ascending
 */
function keepOf(block: PageBlock, kept: readonly number[], cellCount: number): PageBlock {
  const {firstLines, valueEnds} = block;
  const lineCount = kept.reduce((sum, i) => sum + firstLines[i + 1]! - firstLines[i]!, 0);
  const places = Uint32Array.from(kept, i => block.places[i]!);
  const to = {
    series: kept.map(i => block.series[i]!),
    firstLines: new Uint32Array(kept.length + 1),
    places,
    stretches: stretchesOf(places, cellCount),
    bytes: new Uint8Array(kept.reduce((sum, i) => sum + bytesOf(block, i), 0)),
    valueEnds: new Uint32Array(lineCount),
    valueBytes: new Uint8Array(lineCount),
    written: new Float64Array(lineCount),
    readTurn: block.readTurn,
  };
  let at = 0;
  let line = 0;
  for (const [n, i] of kept.entries()) {
    const first = firstLines[i]!;
    const end = firstLines[i + 1]!;
    const from = startOf(block, first);
    to.bytes.set(block.bytes.subarray(from, startOf(block, end)), at);
    to.valueBytes.set(block.valueBytes.subarray(first, end), line);
    to.written.set(block.written.subarray(first, end), line);
    for (let l = first; l < end; l++) to.valueEnds[line++] = valueEnds[l]! - from + at;
    at += bytesOf(block, i);
    to.firstLines[n + 1] = line;
  }
  return to;
}

/** Where a line begins in its block: behind the line feed of the one before. */
function startOf({valueEnds}: PageBlock, line: number): number {
  return line === 0 ? 0 : valueEnds[line - 1]! + 1;
}

function bytesOf(block: PageBlock, series: number): number {
  const {firstLines} = block;
  return startOf(block, firstLines[series + 1]!) - startOf(block, firstLines[series]!);
}
