import type {Exemplar} from './exemplar.js';
import {FamilyLayout, type PageBlock} from './page-block.js';
import type {Dialect, End, Introduction} from './sample-names.js';
import {observationCount, SUM_OFFSET} from './summary-cells.js';
import {writeValue} from './text-value.js';
import type {TotalFamily, TotalSeries, Totals} from './totals.js';

/** Where a block stands on the page. */
interface Placement {
  readonly layout: FamilyLayout;
  readonly block: PageBlock;
  /** Number of its first line among all sample lines. */
  readonly firstLine: number;
}

/** An exemplar, and the number of the sample line that it belongs to. */
export interface ExemplarPlacement {
  readonly line: number;
  readonly exemplar: Exemplar;
}

/** Room for lines to come, relative to those there are: not every new series takes new memory, whose first use is slow. */
const SLACK = 1.125;

/**
 * A page kept ready in some exposition format: every sample line ends in a slot of fixed width with the value
 * right-aligned in it (`jobs_total{kind="a"}        42`), so a scrape rewrites the digits that changed and nothing else.
 */
export class SlotPage {
  readonly #totals: Totals;
  readonly #dialect: Dialect;
  readonly #encoder = new TextEncoder();
  readonly #isDoubled: boolean;
  /** The page and, where it is doubled, as much room behind it. */
  #memory = new Uint8Array(0);
  /** The page, at the beginning of the memory. */
  #bytes = new Uint8Array(0);
  /** As the families were last laid out, those on the page and those to come. */
  readonly #layouts = new Map<TotalFamily, FamilyLayout>();
  /** The labels that the layouts have on every line. */
  #labelsVersion = -1;
  #placements: readonly Placement[] = [];
  /** By line: one past the last byte of its value. */
  #valueEnds = new Uint32Array(0);
  /** By line: the first byte of its value. */
  #valueStarts = new Uint32Array(0);
  /** By line: the value that stands there; NaN where nothing was written yet. */
  #written = new Float64Array(0);
  /** The structure that is put together. */
  #structureVersion = -1;
  /** Turn of the totals of which all values stand there; -1 where not all do. */
  #renewedTurn = -1;

  /** @param options.isDoubled - keeps room for a second page behind the first. Default: none. */
  constructor(totals: Totals, dialect: Dialect, {isDoubled = false} = {}) {
    this.#totals = totals;
    this.#dialect = dialect;
    this.#isDoubled = isDoubled;
  }

  /** The page and, where it is doubled, at least as many bytes behind it, which are the caller's. Replaced by `render()`. */
  get memory(): Uint8Array {
    return this.#memory;
  }

  /** By line, from the top: one past the last byte of its value, where the slot ends. */
  get valueEnds(): Uint32Array {
    return this.#valueEnds;
  }

  /** By line, from the top: the first byte of its value, at most a slot's width before its end. */
  get valueStarts(): Uint32Array {
    return this.#valueStarts;
  }

  /**
   * Lays out what was added or taken away since the last page, about a millisecond of work between two steps. Whoever has
   * time goes through it before `render()`, which else does all at once.
   */
  *prepare(): Generator<void> {
    while (this.#structureVersion !== this.#totals.structureVersion) {
      const {structureVersion} = this.#totals;
      yield* this.#layOut();
      // What came in between belongs to a layout of its own, or this would not end.
      if (structureVersion === this.#totals.structureVersion) this.#putTogether();
      else return;
      yield;
    }
  }

  /**
   * The page of this moment.
   * @returns A view of bytes that the next call rewrites: send or copy it before.
   */
  render(): Uint8Array {
    this.#totals.refresh();
    for (const _ of this.prepare());
    const {turns} = this.#totals;
    const renewedTurn = this.#renewedTurn;
    this.#renewedTurn = turns.end();
    for (const placement of this.#placements) {
      const {layout, block} = placement;
      // Its quantiles change with the time too.
      const isTimed = layout.family.spec.type === 'summary';
      if (isTimed || turns.isLater(block.stretches, renewedTurn)) this.#renew(placement);
    }
    return this.#bytes;
  }

  /** The exemplars of what was rendered last, from the top. */
  exemplars(): ExemplarPlacement[] {
    const {exemplars} = this.#totals;
    if (exemplars.count === 0) return [];
    const found: ExemplarPlacement[] = [];
    for (const {layout, block, firstLine} of this.#placements) {
      if (layout.introduction.takesExemplars !== true) continue;
      for (const [i, series] of block.series.entries()) {
        const line = firstLine + block.firstLines[i]!;
        for (const [offset, exemplar] of exemplars.of(series) ?? []) {
          found.push({line: line + offset, exemplar});
        }
      }
    }
    return found.sort((a, b) => a.line - b.line);
  }

  #renew({layout, block, firstLine}: Placement): void {
    const {type} = layout.family.spec;
    if (type === 'histogram' || type === 'summary') {
      const renew = type === 'histogram' ? this.#renewHistogram : this.#renewSummary;
      for (const [i, series] of block.series.entries()) {
        renew.call(this, series, firstLine + block.firstLines[i]!);
      }
      return;
    }
    // Most lines of most pages: nothing is read here but numbers in a row.
    const {values} = this.#totals;
    const {places, firstLines} = block;
    for (let i = 0; i < places.length; i++) {
      this.#write(firstLine + firstLines[i]!, values[places[i]!]!);
    }
  }

  #renewSummary(series: TotalSeries, firstLine: number): void {
    const values = this.#totals.values;
    const {first, family} = series;
    const {quantiles} = family.spec;
    const found = this.#totals.quantiles(series);
    // As prom-client shows an empty one.
    for (let i = 0; i < quantiles.length; i++) this.#write(firstLine + i, found[i] ?? 0);
    const ends = {_sum: values[first + SUM_OFFSET]!, _count: observationCount(values, first)};
    this.#writeEnds(series, firstLine + quantiles.length, ends);
  }

  #renewHistogram(series: TotalSeries, firstLine: number): void {
    const values = this.#totals.values;
    const {first, family} = series;
    let count = 0;
    const bucketCount = family.spec.buckets.length + 1;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      count += values[first + bucket]!;
      this.#write(firstLine + bucket, count);
    }
    const ends = {_sum: values[first + bucketCount]!, _count: count};
    this.#writeEnds(series, firstLine + bucketCount, ends);
  }

  #writeEnds({family, hasNegative}: TotalSeries, line: number, values: Record<End, number>): void {
    const ends = this.#dialect.endsOf(family.spec, hasNegative);
    for (let i = 0; i < ends.length; i++) this.#write(line + i, values[ends[i]!]);
  }

  #write(line: number, value: number): void {
    if (value === this.#written[line]) return;
    this.#written[line] = value;
    this.#valueStarts[line] = writeValue(this.#bytes, this.#valueEnds[line]!, value);
  }

  *#layOut(): Generator<void> {
    const {families, labelsVersion} = this.#totals;
    if (labelsVersion !== this.#labelsVersion) this.#layouts.clear();
    this.#labelsVersion = labelsVersion;
    const isKnown = (name: string) => isShown(this.#totals.familyOf(name));
    for (const family of families.values()) {
      if (!isShown(family)) continue;
      const introduction = this.#dialect.introduce(family.spec, isKnown);
      let layout = this.#layouts.get(family);
      // Another family may have taken the name that this one went by.
      if (layout === undefined || !isSame(layout.introduction, introduction)) {
        layout = new FamilyLayout(this.#totals, this.#dialect, {family, introduction});
        this.#layouts.set(family, layout);
      }
      while (layout.step()) yield;
    }
  }

  /** Puts head after head and block after block. */
  #putTogether(): void {
    const {families} = this.#totals;
    const layouts = [...families.values()].flatMap(family => this.#layouts.get(family) ?? []);
    const end = this.#encoder.encode(this.#dialect.end);
    let length = end.length;
    let lineCount = 0;
    for (const {head, blocks} of layouts) {
      length += head.length;
      for (const {bytes, valueEnds} of blocks) {
        length += bytes.length;
        lineCount += valueEnds.length;
      }
    }
    this.#makeRoom(length, lineCount);
    const placements: Placement[] = [];
    let at = 0;
    let line = 0;
    const put = (bytes: Uint8Array) => {
      this.#memory.set(bytes, at);
      at += bytes.length;
    };
    for (const layout of layouts) {
      put(layout.head);
      for (const block of layout.blocks) {
        placements.push({layout, block, firstLine: line});
        for (const valueEnd of block.valueEnds) this.#valueEnds[line++] = at + valueEnd;
        put(block.bytes);
      }
    }
    put(end);
    this.#placements = placements;
    this.#structureVersion = this.#totals.structureVersion;
    this.#renewedTurn = -1;
    for (const placement of placements) this.#writeCreated(placement);
  }

  #makeRoom(length: number, lineCount: number): void {
    const needed = this.#isDoubled ? 2 * length : length;
    if (this.#memory.length < needed) this.#memory = new Uint8Array(Math.ceil(needed * SLACK));
    this.#bytes = this.#memory.subarray(0, length);
    this.#valueEnds = new Uint32Array(lineCount);
    this.#valueStarts = new Uint32Array(lineCount);
    this.#written = new Float64Array(lineCount).fill(Number.NaN);
  }

  /** When a series was created doesn't change: told once a layout, in its last line. */
  #writeCreated({layout, block, firstLine}: Placement): void {
    if (layout.introduction.createdName === undefined) return;
    for (const [i, series] of block.series.entries()) {
      this.#write(firstLine + block.firstLines[i + 1]! - 1, series.createdSeconds);
    }
  }
}

function isShown(family: TotalFamily | undefined): boolean {
  return family !== undefined && family.spec.aggregator !== 'omit';
}

function isSame(a: Introduction, b: Introduction): boolean {
  return (
    a.head === b.head &&
    a.sampleName === b.sampleName &&
    a.createdName === b.createdName &&
    a.takesExemplars === b.takesExemplars
  );
}
