const LENGTH_FIRST = 256;

/**
 * Cells that changed, with what they hold now. Kept from flush to flush, typed, and filled by whoever finds the changes: a
 * list that grew from nothing, by a call a cell, took six times as long (bench/flush).
 */
export class ChangeList {
  readonly #lengthMax: number;
  readonly #onFull: () => void;
  /** Valid up to `count`, as `values`; after `reserve()` there is room for what was asked. */
  cells = new Uint32Array(LENGTH_FIRST);
  values = new Float64Array(LENGTH_FIRST);
  count = 0;

  /** @param onFull Called where it would grow beyond `lengthMax`: takes what there is and sets `count` to 0. */
  constructor(lengthMax: number, onFull: () => void) {
    this.#lengthMax = lengthMax;
    this.#onFull = onFull;
  }

  /** Makes room for so many more, at most `lengthMax`. */
  reserve(more: number): void {
    if (this.count + more > this.#lengthMax) this.#onFull();
    const {length} = this.cells;
    if (this.count + more > length) this.#grow(Math.max(length * 2, this.count + more));
  }

  #grow(length: number): void {
    const {cells, values} = this;
    this.cells = new Uint32Array(length);
    this.cells.set(cells);
    this.values = new Float64Array(length);
    this.values.set(values);
  }
}
