import type {ChangeList} from './change-list.js';

/** Cells of a ledger's first segment (2 KiB); each further segment is twice the last. */
export const SEGMENT_CELLS_FIRST = 256;

/** Cells of the largest segment (512 KiB), unless one series needs more. */
export const SEGMENT_CELLS_MAX = 65_536;

/** Cells a ledger (32 MiB). Series beyond it are dropped with the reason `ledger_full`. */
export const LEDGER_CELLS_MAX = 4_194_304;

/** Cells that share a mark are `2 ** MARK_SHIFT`: a flush looks at all of them where one has changed. */
const MARK_SHIFT = 6;

/**
 * Where a series stands: `array[index]` is its first cell, `cell` that cell's number in the ledger. Written by {@link addTo}
 * and {@link setTo} alone: what is written past them is told by no flush.
 */
export interface Cells {
  readonly array: Float64Array;
  readonly index: number;
  readonly cell: number;
}

/** A stretch of cells in shared memory; `firstCell` is the number of its first. No series has those in which marks are. */
export interface Segment {
  readonly firstCell: number;
  readonly buffer: SharedArrayBuffer;
}

/** Adds to the cell at `array[i]`. Every recording ends here. */
export function addTo(array: Float64Array, i: number, amount: number): void {
  array[i]! += amount;
  mark(array, i);
}

/** Sets the cell at `array[i]`. */
export function setTo(array: Float64Array, i: number, value: number): void {
  array[i] = value;
  mark(array, i);
}

/**
 * Says that the cell has changed since the last flush, or a neighbour of it has: a store to an address that is known from
 * the cell's own, which costs a recording nothing that can be measured, and makes a flush of nothing of 2,500 series take
 * 0.2 us instead of 16 (bench/recording, bench/flush).
 */
function mark(array: Float64Array, i: number): void {
  array[i >>> MARK_SHIFT] = 1;
}

/**
 * Unsets the marks of the cells below `used`, and calls `look` for each stretch, from `start` up to `end`, in which a cell may
 * have changed since that was done last. For the thread alone that writes them.
 */
export function takeMarks(
  array: Float64Array,
  used: number,
  look: (start: number, end: number) => void,
): void {
  const markCount = markCountOf(array.length);
  const marksUsed = markCountOf(used);
  for (let i = 0; i < marksUsed; i++) {
    if (array[i] === 0) continue;
    array[i] = 0;
    look(Math.max(i << MARK_SHIFT, markCount), Math.min((i + 1) << MARK_SHIFT, used));
  }
}

interface OwnSegment {
  readonly firstCell: number;
  /** First the marks, one for as many cells of this very array as {@link MARK_SHIFT} says; then the cells. */
  readonly array: Float64Array;
  /** What was posted last, cell by cell. Ours alone, so that it costs the reader nothing. */
  readonly posted: Float64Array;
  /** Marks and cells handed out so far; those beyond have never been anything but 0. */
  used: number;
}

/**
 * The cells that one thread writes and another may read after the writer's death. Only the owner writes, with
 * plain stores: a cell is 8-byte aligned, and what is read while the owner lives comes by message, never from here.
 * Cells never move, so a handle may keep its address for good.
 */
export class Ledger {
  readonly #onSegment: (segment: Segment) => void;
  readonly #segments: OwnSegment[] = [];
  /** Released cells by size, reused before new ones are taken. All of them hold 0. */
  readonly #free = new Map<number, Cells[]>();
  /** The number that the next segment's first cell gets. */
  #nextCell = 0;

  /** @param onSegment Called before any cell of a new segment is handed out, so that its reader knows it first. */
  constructor(onSegment: (segment: Segment) => void) {
    this.#onSegment = onSegment;
  }

  /** Takes `cellCount` adjacent cells, all 0, or returns undefined where {@link LEDGER_CELLS_MAX} is reached. */
  allocate(cellCount: number): Cells | undefined {
    const reused = this.#free.get(cellCount)?.pop();
    if (reused !== undefined) return reused;
    let segment = this.#segments.at(-1);
    if (segment === undefined || segment.used + cellCount > segment.array.length) {
      const grown = this.#grow(cellCount);
      if (grown === undefined) return undefined;
      segment = grown;
    }
    const index = segment.used;
    segment.used += cellCount;
    return {array: segment.array, index, cell: segment.firstCell + index};
  }

  /** Zeroes the cells and keeps them for a series of the same size. Their reader must have forgotten them before. */
  release(cells: Cells, cellCount: number): void {
    cells.array.fill(0, cells.index, cells.index + cellCount);
    const posted = this.#segments.find(segment => segment.array === cells.array)?.posted;
    posted?.fill(0, cells.index, cells.index + cellCount);
    const free = this.#free.get(cellCount);
    if (free === undefined) this.#free.set(cellCount, [cells]);
    else free.push(cells);
  }

  /**
   * Adds every cell that changed since it was last taken to `changes`, and counts it as posted. Looks at the marks, and at the
   * cells of those that are set.
   */
  takeChanges(changes: ChangeList): void {
    for (const segment of this.#segments) {
      const {array, used} = segment;
      takeMarks(array, used, (start, end) => takeRange(segment, start, end, changes));
    }
  }

  /** As `takeChanges()`, of one series' cells only. */
  takeChangesOf(cells: Cells, cellCount: number, changes: ChangeList): void {
    const segment = this.#segments.find(({array}) => array === cells.array);
    if (segment !== undefined) takeRange(segment, cells.index, cells.index + cellCount, changes);
  }

  /** Undefined where there is no room for so many cells. */
  #grow(cellCount: number): OwnSegment | undefined {
    const last = this.#segments.at(-1);
    const wanted = last === undefined ? SEGMENT_CELLS_FIRST : last.array.length * 2;
    const room = LEDGER_CELLS_MAX - this.#nextCell;
    const least = cellCount + marksFor(cellCount);
    if (least > room) return undefined;
    const size = Math.max(least, Math.min(wanted, SEGMENT_CELLS_MAX, room));
    const buffer = new SharedArrayBuffer(size * Float64Array.BYTES_PER_ELEMENT);
    const segment = {
      firstCell: this.#nextCell,
      array: new Float64Array(buffer),
      posted: new Float64Array(size),
      used: markCountOf(size),
    };
    this.#onSegment({firstCell: this.#nextCell, buffer});
    this.#nextCell += size;
    this.#segments.push(segment);
    return segment;
  }
}

/** Marks at the beginning of an array of that length. */
function markCountOf(length: number): number {
  return Math.ceil(length / 2 ** MARK_SHIFT);
}

/** As many marks as so many cells need that stand behind them: marks have marks too. */
function marksFor(cellCount: number): number {
  return Math.ceil(cellCount / (2 ** MARK_SHIFT - 1));
}

function takeRange(
  {array, posted, firstCell}: OwnSegment,
  start: number,
  end: number,
  changes: ChangeList,
): void {
  changes.reserve(end - start);
  const {cells, values} = changes;
  let {count} = changes;
  for (let i = start; i < end; i++) {
    const value = array[i]!;
    if (value === posted[i]) continue;
    posted[i] = value;
    cells[count] = firstCell + i;
    values[count] = value;
    count++;
  }
  changes.count = count;
}
