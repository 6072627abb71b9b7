import {EXEMPLARS_PER_MESSAGE_MAX, type WireExemplar} from './delta.js';
import type {Exemplar} from './exemplar.js';

/** Exemplars of one thread that its next flush will post: the latest of each cell. */
export class PendingExemplars {
  /** At most {@link EXEMPLARS_PER_MESSAGE_MAX}. */
  readonly #byCell = new Map<number, Exemplar>();

  /** Replaces what the cell had. False where there is no room for another cell. */
  put(cell: number, exemplar: Exemplar): boolean {
    if (this.#byCell.size >= EXEMPLARS_PER_MESSAGE_MAX && !this.#byCell.has(cell)) return false;
    this.#byCell.set(cell, exemplar);
    return true;
  }

  /** To be called before cells become another series'. */
  forget(firstCell: number, cellCount: number): void {
    if (this.#byCell.size === 0) return;
    for (let i = 0; i < cellCount; i++) this.#byCell.delete(firstCell + i);
  }

  /** Hands over all, and begins anew. */
  take(): WireExemplar[] {
    if (this.#byCell.size === 0) return [];
    const taken = [...this.#byCell].map(([cell, exemplar]) => ({cell, ...exemplar}));
    this.#byCell.clear();
    return taken;
  }
}
