import type {Exemplar} from './exemplar.js';
import {LineValues, writeLines} from './line-values.js';
import {LineWriter} from './line-writer.js';
import {FamilyLayout, type PageBlock} from './page-block.js';
import {arrangeBlocks, type PagePlan, planPage, putBlock} from './page-room.js';
import type {Dialect, Introduction} from './sample-names.js';
import type {TotalFamily, Totals} from './totals.js';

/** A piece of the page: a block of lines, and what stands between it and the block before it. */
export interface PagePiece {
  readonly layout: FamilyLayout;
  readonly block: PageBlock;
  /** The head, where the block is a family's first, and the block: a view of the page. */
  readonly bytes: Uint8Array;
}

/** An exemplar, and the number of the sample line in its block that it belongs to. */
export interface ExemplarPlacement {
  readonly line: number;
  readonly exemplar: Exemplar;
}

/** Takes over a page, piece by piece from the top. */
export interface PageSink {
  /** What was taken over: the page, once it was all. */
  readonly body: Uint8Array;
  /** A piece of which all values are written. */
  put(piece: PagePiece): void;
  /** What stands behind the last block. */
  end(bytes: Uint8Array): void;
}

/** A page of one moment that is written in steps. */
export interface PageCopy {
  /** About a millisecond of work at most between two. They go on where others went through some of them. */
  readonly steps: Iterator<void>;
  /** The page, in bytes of its own, once all steps are done. */
  readonly sink: PageSink;
}

/** How often a layout is put together before what has changed meanwhile is left to the next page. */
const ROUNDS_MAX = 2;

/** Passes through a family: one, and one for what has changed meanwhile. The rest is done where nothing comes between. */
const PASSES_MAX = 2;

/** Room for lines to come, relative to those there are: not every new series takes new memory, whose first use is slow. */
const SLACK = 1.125;

/**
 * A page kept ready in some exposition format: every sample line ends in a slot of fixed width with the value
 * right-aligned in it (`jobs_total{kind="a"}        42`), so a scrape rewrites the digits that changed and nothing else.
 */
export class SlotPage {
  readonly #totals: Totals;
  readonly #dialect: Dialect;
  readonly #lineValues: LineValues;
  readonly #encoder = new TextEncoder();
  readonly #writer = new LineWriter();
  /** The page, and room for lines to come. */
  #memory = new Uint8Array(0);
  /** The page, at the beginning of the memory. */
  #bytes = new Uint8Array(0);
  /** As the families were last laid out, those on the page and those to come. */
  readonly #layouts = new Map<TotalFamily, FamilyLayout>();
  /** The labels that the layouts have on every line. */
  #labelsVersion = -1;
  /** What the page is made of, from the top, without its end. */
  #pieces: readonly PagePiece[] = [];
  /** What stands behind the last piece. */
  #end = new Uint8Array(0);
  #lineCount = 0;
  /** Of the largest block: as many values are read at once. */
  #values = new Float64Array(0);
  /** The structure that is put together. */
  #structureVersion = -1;
  /** What is being put together: whoever began it before somebody else did has nothing more to do. */
  #plan: PagePlan | undefined;
  /** The steps of a copy, maybe some of them left: what it has read is older than all that is read from now on. */
  #copying: Iterator<void> | undefined;

  constructor(totals: Totals, dialect: Dialect) {
    this.#totals = totals;
    this.#dialect = dialect;
    this.#lineValues = new LineValues(totals, dialect);
  }

  /** Sample lines as last put together. */
  get lineCount(): number {
    return this.#lineCount;
  }

  /** As last put together. */
  get byteLength(): number {
    return this.#bytes.length;
  }

  /**
   * Lays out what was added or taken away since the last page, about a millisecond of work between two steps. Whoever has
   * time goes through it before `render()`, which else does all at once.
   */
  *prepare(): Generator<void> {
    // What goes on changing is left to `render()`, which lets nothing come between.
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const {structureVersion} = this.#totals;
      if (this.#structureVersion === structureVersion) return;
      yield* this.#layOut();
      // What came in between belongs to a layout of its own, or this would not end.
      if (structureVersion !== this.#totals.structureVersion) return;
      yield* this.#putTogether();
    }
  }

  /**
   * The page of this moment.
   * @returns A view of bytes that the next call rewrites: send or copy it before.
   */
  render(): Uint8Array {
    this.#begin();
    const turn = this.#totals.turns.end();
    for (const {layout, block} of this.#pieces) {
      if (!this.#isChanged(layout, block)) continue;
      block.readTurn = turn;
      this.#lineValues.read(layout, block, this.#values);
      writeLines(block, this.#values);
    }
    return this.#bytes;
  }

  /**
   * The page of this moment, for what is too long to be written at once: its values are read now, and written by steps of
   * about a block, between which others may have their turn, and record. Whoever wants another page first ends this one.
   * @param sinkOf - what takes it over, for a page of so many bytes; asked when the page is laid out
   */
  copy(sinkOf: (bytes: number) => PageSink): PageCopy {
    this.#begin();
    const sink = sinkOf(this.#bytes.length);
    const turn = this.#totals.turns.end();
    const read = this.#pieces.map(({layout, block}) => {
      if (!this.#isChanged(layout, block)) return undefined;
      block.readTurn = turn;
      const values = new Float64Array(block.valueEnds.length);
      this.#lineValues.read(layout, block, values);
      return values;
    });
    const steps = this.#writeRead(read, sink);
    this.#copying = steps;
    return {steps, sink};
  }

  *#writeRead(read: (Float64Array | undefined)[], sink: PageSink): Generator<void> {
    for (const [i, piece] of this.#pieces.entries()) {
      const values = read[i];
      if (values !== undefined) writeLines(piece.block, values);
      sink.put(piece);
      yield;
    }
    sink.end(this.#end);
    this.#copying = undefined;
  }

  /** Hands over what `render()` has just renewed. */
  putInto(sink: PageSink): void {
    for (const piece of this.#pieces) sink.put(piece);
    sink.end(this.#end);
  }

  /** The exemplars of this moment by block, each block's from the top. */
  exemplars(): Map<PageBlock, ExemplarPlacement[]> {
    const found = new Map<PageBlock, ExemplarPlacement[]>();
    const {exemplars} = this.#totals;
    if (exemplars.count === 0) return found;
    for (const {layout, block} of this.#pieces) {
      if (layout.introduction.takesExemplars !== true) continue;
      const ofBlock: ExemplarPlacement[] = [];
      for (const [i, series] of block.series.entries()) {
        const firstLine = block.firstLines[i]!;
        for (const [offset, exemplar] of exemplars.of(series) ?? []) {
          ofBlock.push({line: firstLine + offset, exemplar});
        }
      }
      if (ofBlock.length === 0) continue;
      found.set(
        block,
        ofBlock.sort((a, b) => a.line - b.line),
      );
    }
    return found;
  }

  /** To be called before values are read. */
  #begin(): void {
    this.#endCopy();
    this.#totals.refresh();
    for (const _ of this.prepare());
  }

  #endCopy(): void {
    while (this.#copying?.next().done === false);
  }

  #isChanged({family}: FamilyLayout, {stretches, readTurn}: PageBlock): boolean {
    // Quantiles change with the time too.
    return family.spec.type === 'summary' || this.#totals.turns.isLater(stretches, readTurn);
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
        layout = new FamilyLayout(this.#totals, this.#dialect, {
          family,
          introduction,
          writer: this.#writer,
        });
        this.#layouts.set(family, layout);
      }
      const passesMax = layout.passCount + PASSES_MAX;
      while (layout.step() && layout.passCount <= passesMax) yield;
    }
  }

  /**
   * Puts heads and blocks to their places. What fits the memory is moved there at once; into a new one, whose first use is
   * slow, block by block. A block is whole wherever it stands, so others may render in between.
   */
  *#putTogether(): Generator<void> {
    this.#endCopy();
    const {structureVersion, families} = this.#totals;
    const layouts = [...families.values()].flatMap(family => this.#layouts.get(family) ?? []);
    const plan = planPage(layouts, this.#encoder.encode(this.#dialect.end));
    this.#plan = plan;
    if (this.#memory.length >= plan.length) arrangeBlocks(this.#memory, plan.blocks);
    else {
      const memory = new Uint8Array(Math.ceil(plan.length * SLACK));
      for (const planned of plan.blocks) {
        putBlock(memory, planned);
        yield;
        if (this.#plan !== plan) return;
      }
      this.#memory = memory;
    }
    this.#finish(plan);
    this.#structureVersion = structureVersion;
    yield;
  }

  #finish({blocks, heads, length, lineCount}: PagePlan): void {
    const memory = this.#memory;
    for (const {at, bytes} of heads) memory.set(bytes, at);
    let end = 0;
    let linesMax = 0;
    this.#pieces = blocks.map(({layout, block, from, at}) => {
      end = at + block.bytes.length;
      linesMax = Math.max(linesMax, block.valueEnds.length);
      return {layout, block, bytes: memory.subarray(from, end)};
    });
    this.#end = memory.subarray(end, length);
    this.#bytes = memory.subarray(0, length);
    this.#lineCount = lineCount;
    this.#values = new Float64Array(linesMax);
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
