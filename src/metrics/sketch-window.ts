import {SKETCH_CELLS} from './sketch.js';

/** What a sketch's cells held at one moment, without those that held 0: 10 bytes a cell. */
interface Snapshot {
  readonly cells: Uint16Array;
  readonly counts: Float64Array;
  /** What they add up to. Cells only grow: two snapshots of one total are equal. */
  readonly total: number;
}

const EMPTY: Snapshot = Object.freeze({
  cells: new Uint16Array(0),
  counts: new Float64Array(0),
  total: 0,
});

/** How long a summary's quantiles remember. */
export interface WindowSpec {
  /** Infinity for all time. */
  readonly maxAgeSeconds: number;
  /** Steps in which the window moves on. */
  readonly ageBuckets: number;
}

/**
 * The latest observations of a sketch whose cells only grow: what they hold beyond a snapshot of them. It slides as
 * prom-client's does, in steps of `maxAgeSeconds / ageBuckets` from when the series came: n steps reach back between
 * n - 1 and n of them, so that `maxAgeSeconds` of 600 in 5 covers the last 480 to 600 seconds. What isn't recorded in
 * prom-client's n digests at once is read off one sketch and n snapshots here; those of steps without observations are one.
 */
export class SketchWindow {
  readonly #stepMs: number;
  /** As many as age buckets, oldest first: the cells at the last steps, and before there were as many, at the start. */
  readonly #snapshots: Snapshot[];
  /** When the last step was due. */
  #steppedAtMs: number;

  /** @param cells The sketch's cells at `first`, as they are where the window begins. */
  constructor({maxAgeSeconds, ageBuckets}: WindowSpec, nowMs: number, cells?: SketchCells) {
    this.#stepMs = (maxAgeSeconds * 1_000) / ageBuckets;
    this.#snapshots = Array(ageBuckets).fill(cells === undefined ? EMPTY : snapshotOf(cells));
    this.#steppedAtMs = nowMs;
  }

  /** The window moves on at the first look after this time; Infinity where it never does. */
  get dueMs(): number {
    return this.#steppedAtMs + this.#stepMs;
  }

  /** Moves on to `nowMs`, by as many steps as have passed. To be called before the cells grow, and before they are read. */
  slide(nowMs: number, cells: SketchCells): void {
    const sinceMs = nowMs - this.#steppedAtMs;
    if (!(sinceMs > this.#stepMs)) return;
    const steps = Math.ceil(sinceMs / this.#stepMs) - 1;
    this.#steppedAtMs += steps * this.#stepMs;
    const snapshot = this.#take(cells);
    for (let i = Math.min(steps, this.#snapshots.length); i > 0; i--) {
      this.#snapshots.shift();
      this.#snapshots.push(snapshot);
    }
  }

  /** Leaves out what was observed so far; when the next step is due stays. */
  empty(cells: SketchCells): void {
    this.#snapshots.fill(this.#take(cells));
  }

  /** Writes what the window holds over `target`, which is as long as a sketch; returns how many observations that is. */
  read({array, first}: SketchCells, target: Float64Array): number {
    for (let i = 0; i < SKETCH_CELLS; i++) target[i] = array[first + i]!;
    const {cells, counts} = this.#snapshots[0]!;
    for (let i = 0; i < cells.length; i++) target[cells[i]!]! -= counts[i]!;
    let total = 0;
    for (let i = 0; i < SKETCH_CELLS; i++) total += target[i]!;
    return total;
  }

  #take(cells: SketchCells): Snapshot {
    const last = this.#snapshots.at(-1)!;
    const snapshot = snapshotOf(cells);
    return snapshot.total === last.total ? last : snapshot;
  }
}

/** Where a sketch's cells stand: `array[first]` and those behind it. */
export interface SketchCells {
  readonly array: Float64Array;
  readonly first: number;
}

function snapshotOf({array, first}: SketchCells): Snapshot {
  const cells: number[] = [];
  const counts: number[] = [];
  let total = 0;
  for (let i = 0; i < SKETCH_CELLS; i++) {
    const count = array[first + i]!;
    if (count === 0) continue;
    cells.push(i);
    counts.push(count);
    total += count;
  }
  return {cells: Uint16Array.from(cells), counts: Float64Array.from(counts), total};
}
