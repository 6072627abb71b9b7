import type {Aggregator} from './family.js';

/** One writer's share in a gauge series. */
export interface Share {
  /** -1 for the main thread, else the worker's slot: the order in which `first` looks. */
  readonly rank: number;
  /** Where the writer has it, by a number of its own. */
  readonly firstCell: number;
  value: number;
}

/** One value of many, as prom-client's `AggregatorRegistry` works it out; writers in the order of their rank. */
export function aggregate(aggregator: Aggregator, shares: readonly Share[]): number {
  const values = shares.toSorted((a, b) => a.rank - b.rank).map(share => share.value);
  switch (aggregator) {
    case 'first':
      return values[0] ?? 0;
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'average':
      return sum(values) / values.length;
    default:
      return sum(values);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
