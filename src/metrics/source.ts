import type {Declaration, Delta, SegmentMessage, WireLabel} from './delta.js';
import {cellCountOf, type FamilySpec} from './family.js';
import type {DropReason} from './series.js';
import type {TotalFamily, TotalSeries, Totals} from './totals.js';

/** What one cell of a writer's ledger is in the totals. */
interface Target {
  readonly series: TotalSeries;
  /** From the series' first cell. */
  readonly offset: number;
  readonly gauge: boolean;
  /** A histogram's sum may go down (negative observations); counts only go up. */
  readonly mayFall: boolean;
}

/** Cells whose samples count for nothing. */
interface Refused {
  readonly reason: DropReason;
  readonly cellCount: number;
}

/** Who is told what a source couldn't take. */
export interface SourceWatch {
  /** A message that isn't understood, and is left out as a whole. */
  refusedMessage(what: string): void;
  /** Changes of cells whose series or family was refused. */
  droppedSamples(reason: DropReason, count: number): void;
  /** Said once a refused family. */
  warn(line: string): void;
}

/** Options of {@link Source}. */
export interface SourceOptions {
  /** -1 for the main thread, else the worker's slot. */
  readonly rank: number;
  readonly watch: SourceWatch;
}

/**
 * One live writer as the hub sees it: what its cells mean and how much of each is merged. Deltas and the final
 * reading both say "this cell holds so much", so merging a value twice, or the ledger after a delta, adds nothing.
 */
export class Source {
  readonly #totals: Totals;
  readonly #rank: number;
  readonly #watch: SourceWatch;
  /** Where the writer's cells stand, in ascending order of cells. */
  readonly #segments: SegmentMessage[] = [];
  /** By the writer's own family numbers; `total` is undefined where the hub knows another family of that name. */
  readonly #families: {spec: FamilySpec; total: TotalFamily | undefined}[] = [];
  /** By cell: what it means, why it counts for nothing, or undefined where no series has it. */
  readonly #targets: (Target | Refused | undefined)[] = [];
  /** By cell: the value that is merged. */
  readonly #merged: number[] = [];
  /** Of the last delta that was merged: a repeated or older one would be counted twice after newer ones. */
  #sequence = 0;

  constructor(totals: Totals, {rank, watch}: SourceOptions) {
    this.#totals = totals;
    this.#rank = rank;
    this.#watch = watch;
  }

  /** Takes in what the writer's numbers will mean. */
  accept(message: Declaration): void {
    switch (message.kind) {
      case 'segment':
        this.#segments.push(message);
        break;
      case 'family':
        this.#acceptFamily(message);
        break;
      case 'series':
        this.#acceptSeries(message);
        break;
      case 'retire':
        this.#retire(message.cell);
    }
  }

  /** Adds what the delta holds beyond what is merged. A delta that isn't newer than the last one is refused. */
  merge({sequence, cells, values}: Delta): void {
    if (!(sequence > this.#sequence)) {
      this.#watch.refusedMessage(`expected a delta after ${this.#sequence}, got ${sequence}`);
      return;
    }
    this.#sequence = sequence;
    let unknown: number | undefined;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i]!;
      if (this.#targets[cell] === undefined) unknown ??= cell;
      else this.#mergeCell(cell, values[i]!);
    }
    if (unknown !== undefined) {
      this.#watch.refusedMessage(`expected cells of known series, got ${unknown}`);
    }
  }

  /**
   * The writer has died: reads its ledger for what was recorded after its last flush, merges that, and takes the
   * writer out of every series.
   * @returns How many cells held more than was merged.
   */
  settle(): number {
    let unflushedCells = 0;
    for (const {firstCell, buffer} of this.#segments) {
      const array = new Float64Array(buffer);
      for (let i = 0; i < array.length; i++) {
        const cell = firstCell + i;
        if (this.#targets[cell] === undefined || array[i] === (this.#merged[cell] ?? 0)) continue;
        unflushedCells++;
        this.#mergeCell(cell, array[i]!);
      }
    }
    for (const target of this.#targets) {
      if (target !== undefined && 'series' in target) this.#totals.leave(target.series, this);
    }
    return unflushedCells;
  }

  #acceptFamily({family, spec}: Declaration & {kind: 'family'}): void {
    if (family !== this.#families.length) {
      this.#watch.refusedMessage(`expected family ${this.#families.length}, got ${family}`);
      return;
    }
    const total = this.#totals.declareFamily(spec);
    if (typeof total === 'string') this.#watch.warn(`${total}; its samples are dropped`);
    this.#families.push({spec, total: typeof total === 'string' ? undefined : total});
  }

  #acceptSeries({family: number, cell, labels}: Declaration & {kind: 'series'}): void {
    const family = this.#families[number];
    const cellCount = family === undefined ? 0 : cellCountOf(family.spec);
    if (family === undefined || !this.#hasCells(cell, cellCount)) {
      this.#watch.refusedMessage(`expected a known family and cell, got ${number} and ${cell}`);
      return;
    }
    const series = family.total && this.#join(family.total, labels);
    const reason = family.total === undefined ? 'family_conflict' : 'series_limit';
    for (let offset = 0; offset < cellCount; offset++) {
      this.#merged[cell + offset] = 0;
      this.#targets[cell + offset] =
        series === undefined ? {reason, cellCount} : targetOf(series, offset);
    }
  }

  #join(family: TotalFamily, labels: readonly WireLabel[]): TotalSeries | undefined {
    const texts = family.spec.labelNames.map((_, i) => this.#labelText(labels[i] ?? null));
    return this.#totals.join(family, texts, this, this.#rank);
  }

  #labelText(label: WireLabel): string | undefined {
    if (label === null) return undefined;
    if (typeof label === 'string') return label;
    return this.#rank < 0 ? undefined : String(this.#rank);
  }

  #retire(cell: number): void {
    const target = this.#targets[cell];
    if (target === undefined) {
      this.#watch.refusedMessage(`expected a known series to retire, got cell ${cell}`);
      return;
    }
    const refused = 'reason' in target;
    const cellCount = refused ? target.cellCount : cellCountOf(target.series.family.spec);
    for (let offset = 0; offset < cellCount; offset++) this.#targets[cell + offset] = undefined;
    if (!refused) this.#totals.retire(target.series, this);
  }

  #mergeCell(cell: number, value: number): void {
    const target = this.#targets[cell];
    if (target === undefined) return;
    if ('reason' in target) {
      this.#watch.droppedSamples(target.reason, 1);
      return;
    }
    const merged = this.#merged[cell] ?? 0;
    this.#merged[cell] = value;
    if (!target.series.listed) return;
    if (target.gauge) {
      this.#totals.set(target.series, this, value);
      return;
    }
    const amount = value - merged;
    if (amount > 0 || (target.mayFall && amount < 0)) {
      this.#totals.add(target.series, target.offset, amount);
    }
  }

  #hasCells(cell: number, cellCount: number): boolean {
    return this.#segments.some(
      ({firstCell, buffer}) =>
        cell >= firstCell && cell + cellCount <= firstCell + buffer.byteLength / 8,
    );
  }
}

function targetOf(series: TotalSeries, offset: number): Target {
  const {type, buckets} = series.family.spec;
  const mayFall = type === 'histogram' && offset === buckets.length + 1;
  return {series, offset, gauge: type === 'gauge', mayFall};
}
