import type {Kline} from '../market/kline.js';
import {
  CANDLE_NUMBERS,
  type DirectorySeries,
  oldestReadable,
  RING_CLOSED_COUNT,
  RING_OWNER,
  readKline,
  ringColumns,
  ringHeader,
} from '../market/kline-layout.js';
import {noteColumns} from './indicators/candle-columns.js';
import {KeptResults} from './kept-results.js';
import {type NumberSource, noteOrigin} from './row-origin.js';

/** The snapshot is too old to be read: its oldest candles have been overwritten. Take a new one. */
export class SnapshotOverrunError extends Error {
  override readonly name = 'SnapshotOverrunError';
  readonly code = 'snapshot_overrun';
}

/** What a snapshot shows of a series. */
export interface SeriesMoment {
  /** Index of the oldest visible closed candle. */
  readonly first: number;
  /** Index behind the newest. */
  readonly end: number;
  /** The open candle's numbers; the first is NaN where none is open. */
  readonly open: Float64Array;
}

/** Of a series that shows nothing yet. */
const NOTHING: SeriesMoment = Object.freeze({
  first: 0,
  end: 0,
  open: new Float64Array(CANDLE_NUMBERS).fill(Number.NaN),
});

/** One series of a writer, in one worker: its ring's columns, and the rows built of them. */
export class SeriesReader implements NumberSource {
  readonly #header: Int32Array;
  readonly #ring: Float64Array;
  #moment: SeriesMoment = NOTHING;
  /** The one before, which `#oldColumns` are of. */
  #oldMoment: SeriesMoment = NOTHING;
  /**
   * Rows read so far: the closed candles from `#closedFirst` on, within the visible range, and behind them this moment's open
   * one where `#hasOpenRow`. Frozen rows in an array that is changed in place and never handed to a filter: lists made anew
   * at each candle, 4 kB each, were a fifth of what a worker's young generation had to copy.
   */
  #rows: Kline[] = [];
  /** Index of `#rows[0]`. */
  #closedFirst = 0;
  #hasOpenRow = false;
  /** Whether `#rows` holds all visible candles. */
  #isWhole = false;
  /** By field: that number of all visible candles. Of this moment alone. */
  #columns: (Float64Array | undefined)[] = [];
  /** Those of the moment before, to be written anew: memory outside of the heap is what makes V8 collect all of it. */
  #oldColumns: (Float64Array | undefined)[] = [];
  /** For its owner, to tell by which snapshot it was asked for last. */
  askedIn = 0;
  /** What was computed of these very candles. */
  readonly results = new KeptResults();

  constructor(
    readonly series: DirectorySeries,
    segment: SharedArrayBuffer,
  ) {
    this.#header = ringHeader(segment, series);
    this.#ring = ringColumns(segment, series);
    this.#knowColumns(this.#rows, 0);
  }

  /** Rows of closed candles kept now. */
  get rowCount(): number {
    return this.#rows.length - (this.#hasOpenRow ? 1 : 0);
  }

  /** Whether {@link rows} has nothing to build. */
  get hasRows(): boolean {
    return this.#isWhole;
  }

  /** Turns to another moment. Where it shows the same candles, everything is kept. */
  turnTo(moment: SeriesMoment): void {
    const before = this.#moment;
    this.#moment = moment;
    if (isSameMoment(moment, before)) return;
    this.#oldMoment = before;
    this.#oldColumns = this.#columns;
    this.#columns = [];
    this.results.turn();
    this.#isWhole = false;
    this.#evict();
  }

  /** The visible candles, oldest first, the open one last: frozen rows. Not to be changed, and good for this moment alone. */
  rows(): Kline[] {
    if (!this.#isWhole) this.#readRows();
    return this.#rows;
  }

  /** Candles `start` to `end - 1` of {@link rows}, knowing their columns. Not to be changed. */
  slice(start: number, end: number): Kline[] {
    const rows = this.rows();
    if (start === 0 && end === rows.length) return rows;
    return this.#knowColumns(rows.slice(start, end), start);
  }

  /** Forgets the rows; they are built again when asked for. */
  dropRows(): void {
    this.#rows = this.#knowColumns([], 0);
    this.#hasOpenRow = false;
    this.#isWhole = false;
  }

  #knowColumns(rows: Kline[], start: number): Kline[] {
    noteColumns(rows, (field, from) => {
      const column = this.#column(field);
      const end = start + rows.length;
      // A view is dearer than what most indicators do with it.
      const isWhole = start + from === 0 && end === column.length;
      return isWhole ? column : column.subarray(start + from, end);
    });
    return rows;
  }

  get #isOpen(): boolean {
    return !Number.isNaN(this.#moment.open[0]!);
  }

  /** Of a closed candle that is visible at this moment. */
  numberAt(index: number, field: number): number | undefined {
    const {first, end} = this.#moment;
    if (index < first || index >= end) return undefined;
    return (this.#columns[field] ?? this.#columnIfReadable(field))?.[index - first];
  }

  #columnIfReadable(field: number): Float64Array | undefined {
    try {
      return this.#column(field);
    } catch {
      return undefined;
    }
  }

  #column(field: number): Float64Array {
    this.#columns[field] ??= this.#readColumn(field);
    return this.#columns[field];
  }

  /** The closed candles, and the open one. What the moment before had read moves, and only the rest is read. */
  #readColumn(field: number): Float64Array {
    const {first, end, open} = this.#moment;
    const closedCount = end - first;
    const length = closedCount + (this.#isOpen ? 1 : 0);
    const old = this.#oldColumns[field];
    // It is spoilt where the rest turns out to be unreadable.
    this.#oldColumns[field] = undefined;
    const column = old?.length === length ? old : new Float64Array(length);
    const step = first - this.#oldMoment.first;
    const isMoved = column === old && step === end - this.#oldMoment.end && step >= 0;
    const knownCount = isMoved ? Math.max(0, closedCount - step) : 0;
    if (knownCount > 0 && step > 0) column.copyWithin(0, step, step + knownCount);
    this.#copyStretch(field, column, knownCount);
    if (this.#isOpen) column[closedCount] = open[field]!;
    this.#assertReadable(first + knownCount);
    return column;
  }

  /** Reads the closed candles from position `from` on into a column. */
  #copyStretch(field: number, column: Float64Array, from: number): void {
    const {first, end} = this.#moment;
    const {capacity} = this.series;
    const base = field * capacity;
    let slot = (first + from) % capacity;
    for (let i = from; i < end - first; i++) {
      column[i] = this.#ring[base + slot]!;
      slot = slot + 1 === capacity ? 0 : slot + 1;
    }
  }

  /** Reads what is missing, and adds it only once it is known to be right. */
  #readRows(): void {
    const {first, end, open} = this.#moment;
    const knownFirst = this.rowCount > 0 ? this.#closedFirst : end;
    const older = this.#readStretch(first, knownFirst);
    const newer = this.#readStretch(knownFirst + this.rowCount, end);
    this.#assertReadable(older.length > 0 ? first : end - newer.length);
    const rows = this.#rows;
    const known = older.length > 0 ? rows.splice(0, rows.length) : [];
    for (const stretch of [older, known, newer]) for (const row of stretch) rows.push(row);
    this.#closedFirst = first;
    this.#hasOpenRow = this.#isOpen;
    if (this.#hasOpenRow) rows.push(frozen(readKline(open, 0, 1)));
    this.#isWhole = true;
  }

  #readStretch(start: number, end: number): Kline[] {
    const {capacity} = this.series;
    const rows: Kline[] = [];
    for (let index = start; index < end; index++) {
      const row = readKline(this.#ring, index % capacity, capacity);
      noteOrigin(row, this, index);
      rows.push(frozen(row));
    }
    return rows;
  }

  /**
   * Asks whether candles from `oldestRead` on may have been overwritten, only after having read
   * them: asked before, the answer could be outdated by the time they are read. What was read in
   * time stays good for ever.
   */
  #assertReadable(oldestRead: number): void {
    const {id, symbol, interval, capacity} = this.series;
    if (oldestRead >= this.#moment.end) return;
    const closedCount = Atomics.load(this.#header, RING_CLOSED_COUNT);
    const oldest = oldestReadable(closedCount, capacity);
    const isOwned = Atomics.load(this.#header, RING_OWNER) === id;
    if (isOwned && oldestRead >= oldest) return;
    const reason = isOwned
      ? `${closedCount - this.#moment.end} closed since the snapshot, the oldest left is ${oldest}`
      : 'the series was removed, and another has its memory';
    throw new SnapshotOverrunError(
      `Expected ${symbol} ${interval} candles from ${oldestRead} on, got overrun: ${reason}`,
    );
  }

  /** Drops the rows that are visible no more, or, in an earlier snapshot, not yet. */
  #evict(): void {
    const {first, end} = this.#moment;
    const rows = this.#rows;
    if (this.#hasOpenRow) rows.pop();
    this.#hasOpenRow = false;
    const visible = Math.max(0, end - this.#closedFirst);
    if (rows.length > visible) rows.length = visible;
    const goneCount = Math.min(rows.length, Math.max(0, first - this.#closedFirst));
    // One by one is but a step of the array's beginning, where `splice()` makes a list of what it removes.
    if (goneCount === 1) rows.shift();
    else if (goneCount > 1) rows.splice(0, goneCount);
    this.#closedFirst = Math.max(first, this.#closedFirst);
  }
}

function frozen(row: Kline): Kline {
  return Object.freeze(row) as unknown as Kline;
}

function isSameMoment(a: SeriesMoment, b: SeriesMoment): boolean {
  if (a.first !== b.first || a.end !== b.end) return false;
  return a.open.every((number, field) => Object.is(number, b.open[field]));
}
