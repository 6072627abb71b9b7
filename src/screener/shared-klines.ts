import type {Kline, KlineInterval} from '../market/kline.js';
import {
  type DirectorySeries,
  decodeDirectory,
  type KlineDirectory,
  type KlineSnapshot,
  MOMENT_CLOSED_END,
  MOMENT_CLOSED_VISIBLE,
  MOMENT_NUMBERS,
  MOMENT_OPEN_CANDLE,
  oldestReadable,
  RING_CLOSED_COUNT,
  readKline,
  ringHeader,
  ringRows,
  rowOffset,
} from '../market/kline-layout.js';

/** The snapshot is too old to be read: its oldest candles have been overwritten. Take a new one. */
export class SnapshotOverrunError extends Error {
  override readonly name = 'SnapshotOverrunError';
  readonly code = 'snapshot_overrun';
}

/** What a worker knows of one series. */
interface SeriesReader extends DirectorySeries {
  /** Position in the directory, and so in `moment`. */
  seriesIndex: number;
  header: Int32Array;
  rows: Float64Array;
  /** Closed candles read so far, end to end; within the range visible in the open snapshot. */
  cached: Kline[];
  /** Index of `cached[0]`. */
  cachedFirst: number;
}

/**
 * Indices of the closed candles that a snapshot shows: from `first` up to, not including, `end`.
 */
interface Visible {
  first: number;
  end: number;
}

/**
 * The candles of one store's snapshots, on a worker's side. A closed candle never changes, so its
 * row is built once, when first asked for, and kept for the snapshots to come until it is visible
 * no more. At most the visible candles of each series are kept.
 */
export class SharedKlines {
  /** By {@link seriesKey}; exactly the series of the open snapshot's directory. */
  #readers = new Map<string, SeriesReader>();
  /** Rows a ring, as the directory says. */
  #capacity = 0;
  /** Version of the directory that `#readers` mirrors; NaN before the first. */
  #directoryVersion = Number.NaN;
  /** The open snapshot's moment: `MOMENT_NUMBERS` for each of `#readers`. */
  #moment: Float64Array = new Float64Array(0);

  /**
   * Turns to another snapshot, mostly but not necessarily a later one. Throws a `TypeError` where
   * its parts don't fit together, and stays with the one before.
   */
  open(snapshot: KlineSnapshot): void {
    const isKnown = snapshot.directoryVersion === this.#directoryVersion;
    const directory = isKnown ? undefined : decodeDirectory(snapshot.directory);
    assertFits(snapshot, directory?.series.length ?? this.#readers.size);
    if (directory) this.#adopt(snapshot, directory);
    this.#moment = new Float64Array(snapshot.moment);
    for (const reader of this.#readers.values()) evict(reader, this.#visible(reader));
  }

  /**
   * The visible candles of a series, oldest first, the open one last; undefined where the snapshot
   * has no such series. The array and its rows are the caller's own: a filter that changes them
   * harms nobody. Throws {@link SnapshotOverrunError}.
   */
  candles(symbol: string, interval: KlineInterval): Kline[] | undefined {
    const reader = this.#readers.get(seriesKey(symbol, interval));
    if (!reader) return undefined;
    const visible = this.#visible(reader);
    reader.cached = this.#closedRows(reader, visible);
    reader.cachedFirst = visible.first;
    const candles = reader.cached.map(row => row.slice() as Kline);
    const openOffset = reader.seriesIndex * MOMENT_NUMBERS + MOMENT_OPEN_CANDLE;
    if (!Number.isNaN(this.#moment[openOffset])) {
      candles.push(readKline(this.#moment, openOffset));
    }
    return candles;
  }

  /**
   * Takes over the directory's series, with the rows cached of those that were in the one before.
   */
  #adopt({directoryVersion, buffers}: KlineSnapshot, {capacity, series}: KlineDirectory): void {
    const readers = series.map((named, seriesIndex): [string, SeriesReader] => {
      const key = seriesKey(named.symbol, named.interval);
      const before = this.#readers.get(key);
      const reader = before?.id === named.id ? before : createReader(named, buffers[seriesIndex]!);
      return [key, {...reader, seriesIndex}];
    });
    this.#readers = new Map(readers);
    this.#capacity = capacity;
    this.#directoryVersion = directoryVersion;
  }

  #visible({seriesIndex}: SeriesReader): Visible {
    const offset = seriesIndex * MOMENT_NUMBERS;
    const end = this.#moment[offset + MOMENT_CLOSED_END]!;
    return {first: end - this.#moment[offset + MOMENT_CLOSED_VISIBLE]!, end};
  }

  /**
   * Asks whether the rows may have been overwritten only after having read them: asked before, the
   * answer could be outdated by the time they are read. Rows read in time stay good for ever.
   */
  #closedRows(reader: SeriesReader, {first, end}: Visible): Kline[] {
    let oldestRead = Number.POSITIVE_INFINITY;
    const closed = Array.from({length: end - first}, (_, position) => {
      const index = first + position;
      const cached = reader.cached[index - reader.cachedFirst];
      if (cached) return cached;
      oldestRead = Math.min(oldestRead, index);
      return readKline(reader.rows, rowOffset(index, this.#capacity));
    });
    const closedCount = Atomics.load(reader.header, RING_CLOSED_COUNT);
    const oldest = oldestReadable(closedCount, this.#capacity);
    if (oldestRead >= oldest) return closed;
    throw new SnapshotOverrunError(
      `Expected ${reader.symbol} ${reader.interval} candles from ${oldestRead} on, got overrun: ` +
        `${closedCount - end} closed since the snapshot, the oldest left is ${oldest}`,
    );
  }
}

function assertFits({buffers, moment}: KlineSnapshot, seriesCount: number): void {
  if (buffers.length !== seriesCount) {
    throw new TypeError(
      `Expected \`buffers\` to hold ${seriesCount} rings, got \`${buffers.length}\``,
    );
  }
  const bytes = seriesCount * MOMENT_NUMBERS * Float64Array.BYTES_PER_ELEMENT;
  if (moment.byteLength !== bytes) {
    throw new TypeError(`Expected \`moment\` to hold ${bytes} bytes, got \`${moment.byteLength}\``);
  }
}

function seriesKey(symbol: string, interval: KlineInterval): string {
  return `${interval} ${symbol}`;
}

function createReader(series: DirectorySeries, ring: SharedArrayBuffer): SeriesReader {
  return {
    ...series,
    seriesIndex: 0,
    header: ringHeader(ring),
    rows: ringRows(ring),
    cached: [],
    cachedFirst: 0,
  };
}

/** Drops the cached rows that are visible no more, or, in an earlier snapshot, not yet. */
function evict(reader: SeriesReader, {first, end}: Visible): void {
  const {cached, cachedFirst} = reader;
  if (cachedFirst >= first && cachedFirst + cached.length <= end) return;
  reader.cached = cached.slice(Math.max(0, first - cachedFirst), Math.max(0, end - cachedFirst));
  reader.cachedFirst = Math.max(first, cachedFirst);
}
