import type {Cells} from './ledger.js';

/** Who writes into the cells of one series. */
interface Writers {
  readonly present: Set<object>;
  /** What those who left have written, a number a cell; undefined where one of them couldn't say. */
  left: readonly number[] | undefined;
}

/**
 * Who writes numbers that were counted elsewhere into the cells of a family, of which several may have one label set: two
 * registries of prom-client with one family. Series leave with the last of them, and not where anybody else has counted too.
 */
export class CellWriters {
  readonly #byCells = new Map<Cells, Writers>();

  join(cells: Cells, writer: object): void {
    const known = this.#byCells.get(cells);
    if (known === undefined) this.#byCells.set(cells, {present: new Set([writer]), left: []});
    else known.present.add(writer);
  }

  /**
   * The writer writes no more. `written` is what stands in the cells because of it, a number a cell; undefined where it
   * can't say. True where nothing stands in them but what writers wrote that have all left.
   */
  leave(cells: Cells, writer: object, written: readonly number[] | undefined): boolean {
    const known = this.#byCells.get(cells);
    // Otherwise the series is another one by now, which the writer has no part in.
    if (!known?.present.delete(writer)) return false;
    known.left = sumOf(known.left, written);
    if (known.present.size > 0) return false;
    // Each addition of fractions may have rounded, so that what differs by less was counted by nobody.
    const isOnlyTheirs = known.left?.every((value, i) => {
      const now = cells.array[cells.index + i]!;
      return Math.abs(now - value) <= ROUNDING_MAX * Math.max(Math.abs(now), Math.abs(value));
    });
    return isOnlyTheirs ?? true;
  }

  /** The cells are given back. */
  forget(cells: Cells): void {
    this.#byCells.delete(cells);
  }
}

/** Of a number: the part by which many additions of fractions may miss it. */
const ROUNDING_MAX = 1e-9;

function sumOf(
  left: readonly number[] | undefined,
  written: readonly number[] | undefined,
): readonly number[] | undefined {
  if (left === undefined || written === undefined) return undefined;
  return written.map((value, i) => value + (left[i] ?? 0));
}
