import {type Idle, isRetired, type Role, roleOf, type Target} from './cell-target.js';
import type {Declaration, Delta, SegmentMessage, WireExemplar, WireLabel} from './delta.js';
import {canStandAt, type ExemplarDropReason} from './exemplar.js';
import {cellCountOf, type FamilySpec} from './family.js';
import {takeMarks} from './ledger.js';
import {type HeldStretch, MergedCells} from './merged-cells.js';
import type {DropReason} from './series.js';
import type {TotalFamily, TotalSeries, Totals} from './totals.js';

/** Who is told what a source couldn't take. */
export interface SourceWatch {
  /** A message that isn't understood, and is left out as a whole. */
  refusedMessage(what: string): void;
  /** Samples that went nowhere: observations, or changes of a counter or gauge, whose single records the hub can't see. */
  droppedSamples(reason: DropReason, count: number): void;
  /** An exemplar that isn't kept; its sample may be counted all the same. */
  droppedExemplar(reason: ExemplarDropReason): void;
  /** Said once a refused family. */
  warn(line: string): void;
}

/** What a live writer says in its control memory. */
export interface SourceControl {
  /** Sequence number of the last delta that it posted. */
  posted(): number;
  /** How many series it has retired. */
  retired(): number;
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
  /** Where the writer's cells stand, each segment where the last one ends. */
  readonly #segments: SegmentMessage[] = [];
  /** By the writer's own family numbers; `total` is undefined where the hub knows another family of that name. */
  readonly #families: {spec: FamilySpec; total: TotalFamily | undefined}[] = [];
  /** By cell: what it means, why it counts for nothing, or undefined where no series has it. */
  readonly #targets: (Target | Idle | undefined)[] = [];
  readonly #merged: MergedCells;
  /** For cells of which numbers don't tell where they are added. */
  readonly #mergeByTarget = (cell: number, value: number) => this.#mergeCell(cell, value);
  /** Of the last delta that was merged: a repeated or older one would be counted twice after newer ones. */
  #sequence = 0;
  /** Deltas up to this one were posted before the ledger was last sampled: their gauges and sums are old news. */
  #sampledSequence = 0;
  /** Samples taken so far. */
  #sampleCount = 0;
  /** Series that the writer has retired, as far as its notices have arrived. */
  #retiredCount = 0;
  /** One past the last cell that any series ever had. */
  #cellCount = 0;

  constructor(totals: Totals, {rank, watch}: SourceOptions) {
    this.#totals = totals;
    this.#merged = new MergedCells(totals);
    this.#rank = rank;
    this.#watch = watch;
  }

  /** Sequence number of the last delta that was merged; 0 before the first. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Takes in what the writer's numbers will mean. */
  accept(message: Declaration): void {
    switch (message.kind) {
      case 'segment':
        this.#acceptSegment(message);
        break;
      case 'family':
        this.#acceptFamily(message);
        break;
      case 'series':
        this.#acceptSeries(message);
        break;
      case 'retire':
        this.#retire(message.cell);
        break;
      case 'exemplars':
        for (const exemplar of message.exemplars) this.#acceptExemplar(exemplar);
    }
  }

  /**
   * Adds what the delta holds beyond what is merged. A delta that isn't newer than the last one is refused as a whole.
   * @returns False where it was refused.
   */
  merge({sequence, cells, values}: Delta): boolean {
    if (!(sequence > this.#sequence)) {
      this.#watch.refusedMessage(`expected a delta after ${this.#sequence}, got ${sequence}`);
      return false;
    }
    this.#sequence = sequence;
    this.#totals.slideWindows();
    const isStale = sequence <= this.#sampledSequence;
    let unknown: number | undefined;
    this.#merged.mergeListed(cells, values, (cell, value) => {
      if (this.#targets[cell] === undefined) unknown ??= cell;
      else this.#mergeCell(cell, value, isStale);
    });
    if (unknown !== undefined) {
      this.#watch.refusedMessage(`expected cells of known series, got ${unknown}`);
    }
    return true;
  }

  /**
   * Reads the live writer's ledger and merges what it holds now, flushed or not: the writer is asked nothing, and may be
   * stuck. Does nothing while a retired series' notice is on its way, because its cells may be another's already.
   */
  sample(control: SourceControl): void {
    const retiredCount = control.retired();
    if (retiredCount !== this.#retiredCount) return;
    const posted = control.posted();
    // A copy first: a series may be retired, and its cells zeroed, while we read. Not so in the writer's own thread.
    const copies = this.#rank < 0 ? [] : this.#copySegments();
    if (control.retired() !== retiredCount) return;
    this.#totals.slideWindows();
    this.#sampledSequence = posted;
    this.#sampleCount++;
    if (this.#rank < 0) this.#mergeMarked();
    for (const copy of copies) this.#merged.mergeStretch(copy, this.#mergeByTarget);
  }

  /** What every segment holds, as far as cells are used. */
  #copySegments(): HeldStretch[] {
    return this.#segments.map(({firstCell, buffer}) => {
      const used = Math.max(0, this.#cellCount - firstCell);
      return {firstCell, held: new Float64Array(buffer).slice(0, used)};
    });
  }

  /** As this is the writer's own thread, which flushes nothing, the marks are ours to unset. */
  #mergeMarked(): void {
    for (const {firstCell, buffer} of this.#segments) {
      const array = new Float64Array(buffer);
      const used = Math.min(array.length, Math.max(0, this.#cellCount - firstCell));
      const merge = (start: number, end: number) => {
        if (start === end) return;
        const held = array.subarray(start, end);
        this.#merged.mergeStretch({firstCell: firstCell + start, held}, this.#mergeByTarget);
      };
      // Stretches that follow one another are one: 100,000 cells are merged by one call, not by 1,600.
      let [from, to] = [0, 0];
      takeMarks(array, used, (start, end) => {
        if (start !== to) {
          merge(from, to);
          from = start;
        }
        to = end;
      });
      merge(from, to);
    }
  }

  /**
   * The writer has died: reads its ledger for what was recorded after its last flush, merges that, and takes the
   * writer out of every series.
   * @returns How many cells held more than was merged.
   */
  settle(): number {
    let unflushedCells = 0;
    this.#totals.slideWindows();
    for (const {firstCell, buffer} of this.#segments) {
      const array = new Float64Array(buffer);
      for (let i = 0; i < array.length; i++) {
        const cell = firstCell + i;
        const target = this.#targets[cell];
        if (target === undefined || isRetired(target)) continue;
        if (array[i] === this.#merged.valueOf(cell)) continue;
        unflushedCells++;
        this.#mergeCell(cell, array[i]!);
      }
    }
    for (const target of new Set(this.#targets)) {
      if (target !== undefined && 'series' in target) this.#totals.leave(target.series, this);
    }
    return unflushedCells;
  }

  /** What is recorded in these cells goes where a look at their series tells, from now on: nowhere, if it has left. */
  shareEnded(firstCell: number): void {
    const target = this.#targets[firstCell];
    if (target === undefined || !('series' in target)) return;
    this.#merged.end(firstCell, cellCountOf(target.series.family.spec));
  }

  #acceptSegment(message: SegmentMessage): void {
    const last = this.#segments.at(-1);
    const nextCell = last === undefined ? 0 : last.firstCell + last.buffer.byteLength / 8;
    if (message.firstCell === nextCell) {
      this.#segments.push(message);
      this.#merged.grow(nextCell + message.buffer.byteLength / 8);
    } else {
      const what = `expected a segment from cell ${nextCell}, got one from ${message.firstCell}`;
      this.#watch.refusedMessage(what);
    }
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
    if (!this.#areFree(cell, cellCount)) {
      this.#watch.refusedMessage(`expected free cells for a series, got cell ${cell}`);
      return;
    }
    this.#cellCount = Math.max(this.#cellCount, cell + cellCount);
    const {spec, total} = family;
    const series = total && this.#join(total, labels, cell);
    const reason = total === undefined ? 'family_conflict' : 'series_limit';
    let target: Target | Idle | undefined;
    for (let offset = 0; offset < cellCount; offset++) {
      const role = roleOf(spec, offset);
      if (target?.role !== role) {
        target =
          series === undefined
            ? {reason, first: cell, cellCount, role}
            : {series, first: cell, role, acceptedAt: this.#sampleCount};
      }
      this.#targets[cell + offset] = target;
      this.#merged.begin(cell + offset, target);
    }
  }

  #join(
    family: TotalFamily,
    labels: readonly WireLabel[],
    firstCell: number,
  ): TotalSeries | undefined {
    const texts = family.spec.labelNames.map((_, i) => this.#labelText(labels[i] ?? null));
    return this.#totals.join(family, texts, this, {rank: this.#rank, firstCell});
  }

  #labelText(label: WireLabel): string | undefined {
    if (label === null) return undefined;
    // Half a surrogate pair has no UTF-8: two such values would become one text, and one line twice.
    if (typeof label === 'string') return label.toWellFormed();
    return this.#rank < 0 ? undefined : String(this.#rank);
  }

  #retire(cell: number): void {
    const target = this.#targets[cell];
    if (target === undefined || isRetired(target) || target.first !== cell) {
      this.#watch.refusedMessage(`expected a known series to retire, got cell ${cell}`);
      return;
    }
    this.#retiredCount++;
    const cellCount =
      'reason' in target ? target.cellCount : cellCountOf(target.series.family.spec);
    this.#targets.fill(
      {reason: undefined, first: cell, cellCount, role: 'gauge'},
      cell,
      cell + cellCount,
    );
    this.#merged.end(cell, cellCount);
    if ('series' in target) this.#totals.retire(target.series, this);
  }

  #acceptExemplar({cell, ...exemplar}: WireExemplar): void {
    const target = this.#targets[cell];
    if (target === undefined || isRetired(target)) {
      this.#watch.refusedMessage(`expected exemplars of known series, got one of cell ${cell}`);
    } else if ('reason' in target || !target.series.listed) {
      this.#watch.droppedExemplar('no_series');
    } else if (!canStandAt(target.series.family.spec, cell - target.first, exemplar)) {
      const {name} = target.series.family.spec;
      this.#watch.refusedMessage(`expected exemplars of ${name} within their bucket`);
    } else if (!this.#totals.exemplars.keep(target.series, cell - target.first, exemplar)) {
      this.#watch.droppedExemplar('hub_limit');
    }
  }

  /** @param isStale True where the value was posted before the last sample: what may fall isn't set back to it. */
  #mergeCell(cell: number, value: number, isStale = false): void {
    const target = this.#targets[cell];
    if (target === undefined) return;
    const amount = value - this.#merged.valueOf(cell);
    const mayFall = target.role === 'gauge' || target.role === 'sum';
    if (isStale && mayFall && 'series' in target && target.acceptedAt < this.#sampleCount) return;
    // What can't be true is left out as if it had not come, or what comes next would be added to it.
    if (Number.isNaN(amount) || (amount < 0 && !mayFall)) return;
    this.#merged.setValue(cell, value);
    if ('reason' in target) this.#drop(target.reason, target.role, amount);
    else if (!target.series.listed) this.#drop('forgotten', target.role, amount);
    else if (target.role === 'gauge') this.#totals.set(target.series, this, value);
    else this.#totals.add(target.series, cell - target.first, amount);
  }

  #drop(reason: DropReason | undefined, role: Role, amount: number): void {
    if (reason === undefined || role === 'sum') return;
    this.#watch.droppedSamples(reason, role === 'bucket' ? amount : 1);
  }

  /** True where no series has any of the cells; those of a removed one may be another's. */
  #areFree(cell: number, cellCount: number): boolean {
    for (let i = cell; i < cell + cellCount; i++) {
      const target = this.#targets[i];
      if (target !== undefined && !isRetired(target)) return false;
    }
    return true;
  }

  #hasCells(cell: number, cellCount: number): boolean {
    return this.#segments.some(
      ({firstCell, buffer}) =>
        cell >= firstCell && cell + cellCount <= firstCell + buffer.byteLength / 8,
    );
  }
}
