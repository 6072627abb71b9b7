import {addTo} from './ledger.js';
import {SKETCH_CELLS, sketchCellOf, sketchCount} from './sketch.js';

/** Where in a summary's cells the sum stands: behind the sketch. */
export const SUM_OFFSET = SKETCH_CELLS;

/**
 * Where the count of observations stands that are in the sum and in no cell of the sketch: those that prom-client had
 * counted before anybody saw their values.
 */
export const UNPLACED_OFFSET = SKETCH_CELLS + 1;

/** Cells of one summary series. */
export const SUMMARY_CELLS = SKETCH_CELLS + 2;

/** How many observations the summary at `cells[first]` has. */
export function observationCount(cells: Float64Array, first: number): number {
  return sketchCount(cells, first) + cells[first + UNPLACED_OFFSET]!;
}

/** Counts a finite value in the summary at `cells[first]`, in a ledger. */
export function recordObservation(cells: Float64Array, first: number, value: number): void {
  addTo(cells, first + sketchCellOf(value), 1);
  addTo(cells, first + SUM_OFFSET, value);
}
