import type {KlineInterval} from '../market/kline.js';
import {
  decodeDirectory,
  type KlineDirectory,
  type KlineSnapshot,
  MOMENT_NUMBERS,
} from '../market/kline-layout.js';

/**
 * Cuts the few series that a signal is about out of snapshots: of a market of 1,600 series, reading and posting the whole
 * directory for each signal would take longer than the analysis.
 */
export class SnapshotCutter {
  /** Directory of version `#version`, and the place of each of its series by {@link keyOf}. */
  #directory: KlineDirectory | undefined;
  #places = new Map<string, number>();
  #version = Number.NaN;

  /** The same candles, of one symbol and some intervals; those that the snapshot lacks are left out. */
  cut(snapshot: KlineSnapshot, symbol: string, intervals: readonly KlineInterval[]): KlineSnapshot {
    const {capacity, series} = this.#open(snapshot);
    const keys = [...new Set(intervals)].map(interval => keyOf(symbol, interval));
    const places = keys.flatMap(key => this.#places.get(key) ?? []);
    const all = new Float64Array(snapshot.moment);
    const bytes = places.length * MOMENT_NUMBERS * Float64Array.BYTES_PER_ELEMENT;
    const moment = new SharedArrayBuffer(bytes);
    const numbers = new Float64Array(moment);
    for (const [i, place] of places.entries()) {
      const start = place * MOMENT_NUMBERS;
      numbers.set(all.subarray(start, start + MOMENT_NUMBERS), i * MOMENT_NUMBERS);
    }
    const directory: KlineDirectory = {capacity, series: places.map(place => series[place]!)};
    return {
      directory: JSON.stringify(directory),
      directoryVersion: snapshot.directoryVersion,
      buffers: places.map(place => snapshot.buffers[place]!),
      moment,
    };
  }

  #open({directory, directoryVersion}: KlineSnapshot): KlineDirectory {
    if (this.#directory !== undefined && directoryVersion === this.#version) return this.#directory;
    const opened = decodeDirectory(directory);
    this.#places = new Map(
      opened.series.map(({symbol, interval}, place) => [keyOf(symbol, interval), place]),
    );
    this.#directory = opened;
    this.#version = directoryVersion;
    return opened;
  }
}

function keyOf(symbol: string, interval: KlineInterval): string {
  return `${interval} ${symbol}`;
}
