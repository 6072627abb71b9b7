import {randomInt} from 'node:crypto';
import type {DirectorySeries, KlineSnapshot} from './kline-layout.js';
import type {KlineRing} from './kline-ring.js';

/** What the directory tells of a series. */
export interface ListedSeries {
  readonly symbol: string;
  readonly interval: string;
  readonly ring: KlineRing;
}

type EncodedDirectory = Pick<KlineSnapshot, 'writer' | 'directory' | 'directoryVersion'>;

/** The series of one writer, and the directory in which readers find them. */
export class SeriesDirectory<S extends ListedSeries> {
  /** All series in the directory's order, with the id of each one's ring. */
  readonly #ids = new Map<S, number>();
  /** Id for the next ring; never used twice. */
  #nextId = 1;
  /** Tells this writer from any other, whose ids and versions are the same small numbers. */
  readonly #writer = randomInt(2 ** 47);
  /** Grows with every directory built. */
  #version = 0;
  /** Undefined from a change of the series until it is asked for again. */
  #encoded: EncodedDirectory | undefined;

  /** How many series there are. */
  get count(): number {
    return this.#ids.size;
  }

  /** In the order of the directory and so of `moment`. */
  [Symbol.iterator](): IterableIterator<S> {
    return this.#ids.keys();
  }

  nextId(): number {
    return this.#nextId++;
  }

  /** Lists a series, or notes that it has moved to the ring of that id. */
  add(series: S, id: number): void {
    this.#ids.set(series, id);
    this.#encoded = undefined;
  }

  remove(series: S): void {
    this.#ids.delete(series);
    this.#encoded = undefined;
  }

  /** The same until a series is added or removed. */
  encoded(): EncodedDirectory {
    this.#encoded ??= {
      writer: this.#writer,
      directory: this.#encode(),
      directoryVersion: ++this.#version,
    };
    return this.#encoded;
  }

  #encode(): string {
    const list = [...this.#ids].map(([{symbol, interval, ring}, id]): DirectorySeries => {
      return {id, symbol, interval, ...ring.place};
    });
    return JSON.stringify(list);
  }
}
