import type {KlineInterval} from '../market/kline.js';
import {
  CANDLE_NUMBERS,
  type DirectorySeries,
  decodeDirectory,
  type KlineSnapshot,
  MOMENT_CLOSED_END,
  MOMENT_CLOSED_VISIBLE,
  MOMENT_NUMBERS,
  oldestReadable,
  RING_CLOSED_COUNT,
  RING_OWNER,
  ringBytes,
  ringCapacity,
  ringColumns,
  ringHeader,
} from '../market/kline-layout.js';

/**
 * Closed candles of a series that an analysis gets, the newest; older ones are left out. They are copied, 24 KB a series, and
 * kept until the analysis has ended: of 100 signals that wait with two intervals each, 5 MB.
 */
export const MATCH_CANDLES_MAX = 250;

/** Position of the close time among a candle's numbers. */
const CLOSE_TIME = 6;

/** What is cut out, and when. */
export interface Cut {
  readonly symbol: string;
  readonly intervals: readonly KlineInterval[];
  /** Candles that closed later, in epoch milliseconds, don't count among {@link MATCH_CANDLES_MAX}. Default: all do. */
  readonly closedByMs?: number;
}

/** A series to copy: closed candles `first` to `end`, which lies behind the last. */
interface Part {
  readonly series: DirectorySeries;
  readonly first: number;
  readonly end: number;
}

/**
 * Cuts the few series that a signal is about out of snapshots, and copies their candles: an analysis may wait for minutes, and
 * in a replay at full speed the ring goes round in a moment. Of a market of 1,600 series, reading and posting the whole
 * directory for each signal would take longer than the analysis.
 *
 * To be used by the thread that writes the candles: no other may be sure that none is overwritten meanwhile.
 */
export class SnapshotCutter {
  /** The series of version `#version`, and the place of each of its series by {@link keyOf}. */
  #series: readonly DirectorySeries[] | undefined;
  #places = new Map<string, number>();
  #version = Number.NaN;

  /**
   * The candles of one symbol and some intervals, in memory of their own; intervals that the snapshot lacks are left out. A
   * series of which candles are overwritten already stays shared, and whoever reads it gets a `SnapshotOverrunError`.
   */
  cut(snapshot: KlineSnapshot, {symbol, intervals, closedByMs = Number.POSITIVE_INFINITY}: Cut) {
    const all = this.#open(snapshot);
    const keys = new Set(intervals.map(interval => keyOf(symbol, interval)));
    const places = [...keys].flatMap(key => this.#places.get(key) ?? []);
    const moment = momentOf(snapshot.moment, places);
    const parts = places.map((place, i) => {
      const series = all[place]!;
      const numbers = moment.subarray(i * MOMENT_NUMBERS, (i + 1) * MOMENT_NUMBERS);
      return partOf(series, snapshot.segments[series.segment]!, numbers, closedByMs);
    });
    const directory: DirectorySeries[] = [];
    const bytes = parts.reduce((sum, part) => sum + bytesOf(part), 0);
    const own = new SharedArrayBuffer(bytes);
    const segments = bytes > 0 ? [own] : [];
    let offset = 0;
    for (const [i, part] of parts.entries()) {
      const {series, first, end} = part;
      const segment = snapshot.segments[series.segment]!;
      if (isOverrun(part, segment)) {
        directory.push({...series, segment: segments.push(segment) - 1});
        continue;
      }
      const capacity = ringCapacity(end - first, 0);
      const copy = {...series, segment: 0, offset, capacity};
      copyRing(part, segment, copy, own);
      moment[i * MOMENT_NUMBERS + MOMENT_CLOSED_END] = end - first;
      moment[i * MOMENT_NUMBERS + MOMENT_CLOSED_VISIBLE] = end - first;
      directory.push(copy);
      offset += ringBytes(capacity);
    }
    return {
      writer: snapshot.writer,
      directory: JSON.stringify(directory),
      directoryVersion: snapshot.directoryVersion,
      segments,
      moment: moment.buffer,
      verbatim: snapshot.verbatim.filter(one => keys.has(keyOf(one.symbol, one.interval))),
    } satisfies KlineSnapshot;
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
function momentOf(whole: SharedArrayBuffer, places: readonly number[]) {
  const all = new Float64Array(whole);
  const bytes = places.length * MOMENT_NUMBERS * Float64Array.BYTES_PER_ELEMENT;
  const numbers = new Float64Array(new SharedArrayBuffer(bytes));
  for (const [i, place] of places.entries()) {
    const start = place * MOMENT_NUMBERS;
    numbers.set(all.subarray(start, start + MOMENT_NUMBERS), i * MOMENT_NUMBERS);
  }
  return numbers;
}

/** The newest {@link MATCH_CANDLES_MAX} of the closed candles that the moment shows and that had closed in time. */
function partOf(
  series: DirectorySeries,
  segment: SharedArrayBuffer,
  moment: Float64Array,
  closedByMs: number,
): Part {
  const {capacity} = series;
  const visibleEnd = moment[MOMENT_CLOSED_END]!;
  const visibleFirst = visibleEnd - moment[MOMENT_CLOSED_VISIBLE]!;
  const columns = ringColumns(segment, series);
  let end = visibleEnd;
  while (
    end > visibleFirst &&
    columns[CLOSE_TIME * capacity + ((end - 1) % capacity)]! > closedByMs
  ) {
    end--;
  }
  return {series, first: Math.max(visibleFirst, end - MATCH_CANDLES_MAX), end};
}

function bytesOf({first, end}: Part): number {
  return ringBytes(ringCapacity(end - first, 0));
}

function isOverrun({series, first}: Part, segment: SharedArrayBuffer): boolean {
  const header = ringHeader(segment, series);
  const closedCount = Atomics.load(header, RING_CLOSED_COUNT);
  return (
    Atomics.load(header, RING_OWNER) !== series.id ||
    first < oldestReadable(closedCount, series.capacity)
  );
}

/** Writes the candles as the first that a ring has closed, column by column, each in one stretch of the source or two. */
function copyRing(
  {series, first, end}: Part,
  segment: SharedArrayBuffer,
  copy: DirectorySeries,
  own: SharedArrayBuffer,
): void {
  const from = ringColumns(segment, series);
  const to = ringColumns(own, copy);
  const {capacity} = series;
  const start = first % capacity;
  const unbroken = Math.min(end - first, capacity - start);
  const wrapped = end - first - unbroken;
  for (let field = 0; field < CANDLE_NUMBERS; field++) {
    const source = field * capacity;
    const target = field * copy.capacity;
    to.set(from.subarray(source + start, source + start + unbroken), target);
    if (wrapped > 0) to.set(from.subarray(source, source + wrapped), target + unbroken);
  }
  const header = ringHeader(own, copy);
  header[RING_OWNER] = series.id;
  header[RING_CLOSED_COUNT] = end - first;
}

function keyOf(symbol: string, interval: string): string {
  return `${interval} ${symbol}`;
}
