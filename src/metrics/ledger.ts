/** Cells of a ledger's first segment (2 KiB); each further segment is twice the last. */
export const SEGMENT_CELLS_FIRST = 256;

/** Cells of the largest segment (512 KiB), unless one series needs more. */
export const SEGMENT_CELLS_MAX = 65_536;

/** Cells a ledger (32 MiB). Series beyond it are dropped with the reason `ledger_full`. */
export const LEDGER_CELLS_MAX = 4_194_304;

/** Where a series stands: `array[index]` is its first cell, `cell` that cell's number in the ledger. */
export interface Cells {
  readonly array: Float64Array;
  readonly index: number;
  readonly cell: number;
}

/** A stretch of cells in shared memory; `firstCell` is the number of its first. */
export interface Segment {
  readonly firstCell: number;
  readonly buffer: SharedArrayBuffer;
}

/** Gets a cell's number and what it holds now. */
export type TakeChange = (cell: number, value: number) => void;

interface OwnSegment {
  readonly firstCell: number;
  readonly array: Float64Array;
  /** What was posted last, cell by cell. Ours alone, so that it costs the reader nothing. */
  readonly posted: Float64Array;
  /** Cells handed out so far; those beyond have never been anything but 0. */
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
      if (this.#nextCell + cellCount > LEDGER_CELLS_MAX) return undefined;
      segment = this.#grow(cellCount);
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
   * Hands every cell that changed since it was last taken to `take`, and counts it as posted. A scan rather than a list
   * of dirty cells: it costs the end of a task about 1 ns a cell, and a recording nothing.
   */
  takeChanges(take: TakeChange): void {
    for (const segment of this.#segments) takeRange(segment, 0, segment.used, take);
  }

  /** As `takeChanges()`, of one series' cells only. */
  takeChangesOf(cells: Cells, cellCount: number, take: TakeChange): void {
    const segment = this.#segments.find(({array}) => array === cells.array);
    if (segment !== undefined) takeRange(segment, cells.index, cells.index + cellCount, take);
  }

  #grow(cellCount: number): OwnSegment {
    const last = this.#segments.at(-1);
    const wanted = last === undefined ? SEGMENT_CELLS_FIRST : last.array.length * 2;
    const room = LEDGER_CELLS_MAX - this.#nextCell;
    const size = Math.max(cellCount, Math.min(wanted, SEGMENT_CELLS_MAX, room));
    const buffer = new SharedArrayBuffer(size * Float64Array.BYTES_PER_ELEMENT);
    const segment = {
      firstCell: this.#nextCell,
      array: new Float64Array(buffer),
      posted: new Float64Array(size),
      used: 0,
    };
    this.#onSegment({firstCell: this.#nextCell, buffer});
    this.#nextCell += size;
    this.#segments.push(segment);
    return segment;
  }
}

function takeRange(
  {array, posted, firstCell}: OwnSegment,
  start: number,
  end: number,
  take: TakeChange,
): void {
  for (let i = start; i < end; i++) {
    const value = array[i]!;
    if (value === posted[i]) continue;
    posted[i] = value;
    take(firstCell + i, value);
  }
}
