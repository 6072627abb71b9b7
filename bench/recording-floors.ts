import {BUCKETS, LABEL_SETS} from './series-shapes.js';

/** A handle's addition and nothing about it: the array and the index, held by an object. */
export class BareCell {
  readonly #array: Float64Array;
  readonly #index: number;
  constructor(array: Float64Array, index: number) {
    this.#array = array;
    this.#index = index;
  }
  add(): void {
    this.#array[this.#index]! += 1;
  }
}

/** Cells in shared memory, as a ledger's. */
export function bareArray(cells: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(cells * 8));
}

export function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** The same by a closure: what a handle must be whose method needs no receiver, as prom-client's `labels()` gives it. */
export function bareClosure(array: Float64Array, index: number): {add(): void} {
  return {
    add: () => {
      array[index]! += 1;
    },
  };
}

/** What a histogram can't do without: find the bucket, add there, add to the sum. */
export class BareBuckets {
  readonly #array: Float64Array;
  readonly #index: number;
  constructor(array: Float64Array, index: number) {
    this.#array = array;
    this.#index = index;
  }
  add(value: number): void {
    let bucket = 0;
    while (bucket < 12 && value > BUCKETS[bucket]!) bucket++;
    this.#array[this.#index + bucket]! += 1;
    this.#array[this.#index + 13]! += value;
  }
}

/** Observations in the buckets of all histograms of an array. */
export function observationsIn(array: Float64Array): number {
  return sumOf(array.filter((_, i) => i % 14 < 13));
}

/** The same by a closure. */
export function bareBucketsClosure(array: Float64Array, index: number): {add(value: number): void} {
  return {
    add: value => {
      let bucket = 0;
      while (bucket < 12 && value > BUCKETS[bucket]!) bucket++;
      array[index + bucket]! += 1;
      array[index + 13]! += value;
    },
  };
}

/** Series index by the values of the two labels. */
export function nestedMap(): Map<string, Map<string, number>> {
  const tree = new Map<string, Map<string, number>>();
  for (const [i, {method, status}] of LABEL_SETS.entries()) {
    const inner = tree.get(method) ?? new Map<string, number>();
    tree.set(method, inner.set(status, i));
  }
  return tree;
}
