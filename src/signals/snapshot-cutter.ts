import type {KlineInterval} from '../market/kline.js';
import {
  type DirectorySeries,
  decodeDirectory,
  type KlineSnapshot,
  MOMENT_NUMBERS,
} from '../market/kline-layout.js';

/**
 * Cuts the few series that a signal is about out of snapshots: of a market of 1,600 series, reading and posting the whole
 * directory for each signal would take longer than the analysis.
 */
export class SnapshotCutter {
  /** The series of version `#version`, and the place of each of its series by {@link keyOf}. */
  #series: readonly DirectorySeries[] | undefined;
  #places = new Map<string, number>();
  #version = Number.NaN;

  /** The same candles, of one symbol and some intervals; those that the snapshot lacks are left out. */
  cut(snapshot: KlineSnapshot, symbol: string, intervals: readonly KlineInterval[]): KlineSnapshot {
    const all = this.#open(snapshot);
    const keys = new Set(intervals.map(interval => keyOf(symbol, interval)));
    const places = [...keys].flatMap(key => this.#places.get(key) ?? []);
    const series = places.map(place => all[place]!);
    const segments = [...new Set(series.map(({segment}) => segment))];
    const directory = series.map(one => ({...one, segment: segments.indexOf(one.segment)}));
    return {
      writer: snapshot.writer,
      directory: JSON.stringify(directory),
      directoryVersion: snapshot.directoryVersion,
      segments: segments.map(segment => snapshot.segments[segment]!),
      moment: momentOf(snapshot.moment, places),
      verbatim: snapshot.verbatim.filter(one => keys.has(keyOf(one.symbol, one.interval))),
    };
  }

  #open({directory, directoryVersion}: KlineSnapshot): readonly DirectorySeries[] {
    if (this.#series !== undefined && directoryVersion === this.#version) return this.#series;
    const series = decodeDirectory(directory);
    this.#places = new Map(
      series.map(({symbol, interval}, place) => [keyOf(symbol, interval), place]),
    );
    this.#series = series;
    this.#version = directoryVersion;
    return series;
  }
}

/** The moment of the series at those places. */
function momentOf(whole: SharedArrayBuffer, places: readonly number[]): SharedArrayBuffer {
  const all = new Float64Array(whole);
  const bytes = places.length * MOMENT_NUMBERS * Float64Array.BYTES_PER_ELEMENT;
  const moment = new SharedArrayBuffer(bytes);
  const numbers = new Float64Array(moment);
  for (const [i, place] of places.entries()) {
    const start = place * MOMENT_NUMBERS;
    numbers.set(all.subarray(start, start + MOMENT_NUMBERS), i * MOMENT_NUMBERS);
  }
  return moment;
}

function keyOf(symbol: string, interval: string): string {
  return `${interval} ${symbol}`;
}
