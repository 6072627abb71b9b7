import {type Idle, placeOf, type Target} from './cell-target.js';
import {stretchOf} from './change-turns.js';
import type {Totals} from './totals.js';

/** What adjacent cells hold, from a first one on. */
export interface HeldStretch {
  readonly firstCell: number;
  readonly held: Float64Array;
}

/** Merges a cell whose target must be looked at. */
export type MergeByTarget = (cell: number, value: number) => void;

/**
 * How much of each of a writer's cells is merged, and where in the totals most of them are added: a flush and a scrape go
 * through thousands of cells, and take a look at an object only where numbers don't tell what to do.
 */
export class MergedCells {
  readonly #totals: Totals;
  /** By cell: the value that is merged. As long as `#places`, which grow with the segments. */
  #merged = new Float64Array(0);
  /**
   * By cell: where in `Totals.values` its value is added, +1 for what only grows, and negative for a sum; 0 where a look
   * at its target is needed.
   */
  #places = new Int32Array(0);

  constructor(totals: Totals) {
    this.#totals = totals;
  }

  /** The value of a cell that is merged. */
  valueOf(cell: number): number {
    return this.#merged[cell]!;
  }

  /** Remembers what of a cell is merged, by whoever has looked at its target. */
  setValue(cell: number, value: number): void {
    this.#merged[cell] = value;
  }

  /** Makes room for so many cells. */
  grow(cellCount: number): void {
    if (cellCount <= this.#places.length) return;
    const length = Math.max(cellCount, this.#places.length * 2);
    const [merged, places] = [this.#merged, this.#places];
    this.#merged = new Float64Array(length);
    this.#merged.set(merged);
    this.#places = new Int32Array(length);
    this.#places.set(places);
  }

  /** A cell is a series' from now on: nothing of it is merged. */
  begin(cell: number, target: Target | Idle): void {
    this.#merged[cell] = 0;
    this.#places[cell] = placeOf(target, cell);
  }

  /** Of these cells numbers don't tell any more where they are added: they are no series', or of one that may leave the page. */
  end(cell: number, cellCount: number): void {
    this.#places.fill(0, cell, cell + cellCount);
  }

  /** Merges what some cells hold: those that only grow at once, the others by their targets. */
  mergeListed(cells: Uint32Array, held: Float64Array, mergeByTarget: MergeByTarget): void {
    const merged = this.#merged;
    const places = this.#places;
    const {now} = this.#totals.turns;
    let {values} = this.#totals;
    let {turns} = this.#totals.turns;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i]!;
      const value = held[i]!;
      // A cell beyond all segments has no place.
      if (places[cell]! > 0) {
        const known = merged[cell]!;
        if (!(value > known)) continue;
        merged[cell] = value;
        const place = places[cell]! - 1;
        values[place]! += value - known;
        turns[stretchOf(place)] = now;
      } else {
        mergeByTarget(cell, value);
        // What it drops is counted, maybe in a series that is new.
        ({values} = this.#totals);
        ({turns} = this.#totals.turns);
      }
    }
  }

  /** Merges what adjacent cells hold. */
  mergeStretch({firstCell, held}: HeldStretch, mergeByTarget: MergeByTarget): void {
    const merged = this.#merged;
    const places = this.#places;
    const {now} = this.#totals.turns;
    let {values} = this.#totals;
    let {turns} = this.#totals.turns;
    for (let i = 0; i < held.length; i++) {
      const cell = firstCell + i;
      const value = held[i]!;
      const known = merged[cell]!;
      if (value === known) continue;
      const place = places[cell]!;
      if (place > 0) {
        // Most cells. NaN is greater than nothing, and stays out.
        if (!(value > known)) continue;
        merged[cell] = value;
        values[place - 1]! += value - known;
        turns[stretchOf(place - 1)] = now;
      } else if (place === 0) {
        mergeByTarget(cell, value);
        // As above.
        ({values} = this.#totals);
        ({turns} = this.#totals.turns);
      } else if (!Number.isNaN(value - known)) {
        merged[cell] = value;
        values[-place - 1]! += value - known;
        turns[stretchOf(-place - 1)] = now;
      }
    }
  }
}
