import type {Kline} from '../market/kline.js';
import {
  type DirectorySeries,
  decodeDirectory,
  type KlineSnapshot,
  MOMENT_CLOSED_END,
  MOMENT_CLOSED_VISIBLE,
  MOMENT_NUMBERS,
  MOMENT_OPEN_CANDLE,
  type VerbatimSeries,
} from '../market/kline-layout.js';
import {decodeRows} from '../market/verbatim-rows.js';
import {SeriesReader} from './series-reader.js';

export {SnapshotOverrunError} from './series-reader.js';

/**
 * Candles of which a worker keeps the rows, about 500 bytes each. With more of them, the series
 * that no snapshot asked for since longest ago lose theirs, and are built again when asked for;
 * `screener_rows_dropped_total` tells.
 */
export const ROWS_CACHED_MAX = 600_000;

/** Options of {@link SharedKlines}. */
export interface SharedKlinesOptions {
  /** Default {@link ROWS_CACHED_MAX}. */
  readonly rowsCachedMax?: number;
  /** Told how many rows were dropped at the limit. */
  readonly onRowsDropped?: (rowCount: number) => void;
  /** Milliseconds of a clock that never steps back. Default one that stands. */
  readonly now?: () => number;
}

/** How the rows of {@link SharedKlines.candles} may be used. */
export interface CandleUse {
  /** True to have rows of the caller's own, which it may change. Default false: shared and frozen. */
  readonly ownRows?: boolean;
  /** True where the list itself will hold these rows as long as anybody asks what it holds. Default false. */
  readonly keepsList?: boolean;
}

/** A series whose shared rows were handed out. */
export interface HandedOut {
  readonly reader: SeriesReader;
  /** The list that holds them, where it is sure to hold them still. */
  readonly keptList: readonly Kline[] | undefined;
}

/**
 * The candles of one writer's snapshots, on a worker's side. A row is built once, when first asked
 * for, and kept for the snapshots to come while it is visible and unchanged.
 *
 * The rows are shared by all who ask, and frozen: nobody can spoil them, now or later. To copy them
 * for each trader took a third of a screening; to look afterwards whether they had been changed
 * takes less, but sees neither properties added to a row nor what a filter does to it in another
 * one's turn. Whoever writes into rows gets copies of its own, see row-writes.ts.
 */
export class SharedKlines {
  readonly #rowsCachedMax: number;
  readonly #onRowsDropped: (rowCount: number) => void;
  readonly #now: () => number;
  #builtMs = 0;
  /** By {@link seriesKey}; exactly the series of the open snapshot's directory. */
  #readers = new Map<string, SeriesReader>();
  /** The same by interval, then symbol: to put a key together takes longer than to look up two that are there. */
  #byInterval = new Map<string, Map<string, SeriesReader>>();
  /** The readers that hold rows, those first that no snapshot asked for since longest ago. */
  readonly #recent = new Set<SeriesReader>();
  /** Rows that they hold. */
  #rowCount = 0;
  /** By {@link seriesKey}. */
  #verbatim = new Map<string, VerbatimSeries>();
  /** Counts the calls of `open()`. */
  #openCount = 0;
  /** Whose directory `#readers` mirrors, and which; NaN before the first. */
  #writer = Number.NaN;
  #directoryVersion = Number.NaN;
  /** The series handed out since the last `beginSymbol()`. */
  #handedOut: HandedOut[] = [];

  constructor({
    rowsCachedMax = ROWS_CACHED_MAX,
    onRowsDropped = () => {},
    now = () => 0,
  }: SharedKlinesOptions = {}) {
    this.#rowsCachedMax = rowsCachedMax;
    this.#onRowsDropped = onRowsDropped;
    this.#now = now;
  }

  /** Milliseconds spent on building and copying rows so far, series by series. */
  get builtMs(): number {
    return this.#builtMs;
  }

  /** The series whose shared rows were handed out for the symbol that is screened now. */
  get handedOut(): readonly HandedOut[] {
    return this.#handedOut;
  }

  /**
   * Turns to another snapshot, mostly but not necessarily a later one. Throws a `TypeError` where
   * its parts don't fit together, and stays with the one before.
   */
  open(snapshot: KlineSnapshot): void {
    const isKnown =
      snapshot.writer === this.#writer && snapshot.directoryVersion === this.#directoryVersion;
    const directory = isKnown ? undefined : decodeDirectory(snapshot.directory);
    assertFits(snapshot, directory ?? [...this.#readers.values()].map(({series}) => series));
    if (directory) this.#adopt(snapshot, directory);
    const moment = new Float64Array(snapshot.moment);
    let offset = 0;
    for (const reader of this.#readers.values()) {
      const end = moment[offset + MOMENT_CLOSED_END]!;
      const first = end - moment[offset + MOMENT_CLOSED_VISIBLE]!;
      const open = moment.subarray(offset + MOMENT_OPEN_CANDLE, offset + MOMENT_NUMBERS);
      const rowsBefore = reader.rowCount;
      reader.turnTo({first, end, open});
      this.#rowCount += reader.rowCount - rowsBefore;
      offset += MOMENT_NUMBERS;
    }
    this.#verbatim = new Map(
      snapshot.verbatim.map(series => [seriesKey(series.symbol, series.interval), series]),
    );
    this.#handedOut = [];
    this.#openCount++;
  }

  /** Notes that the candles of the next symbol are asked for from now on. */
  beginSymbol(): void {
    this.#handedOut = [];
  }

  /**
   * The visible candles of a series, oldest first, the open one last; undefined where the snapshot
   * has no such series. The array is the caller's own; its rows are shared and frozen unless
   * `ownRows` is set. Throws `SnapshotOverrunError`.
   */
  candles(
    symbol: string,
    interval: string,
    {ownRows = false, keepsList = false}: CandleUse = {},
  ): Kline[] | undefined {
    const reader = this.#byInterval.get(interval)?.get(symbol);
    if (reader === undefined) {
      return this.#timed(() => this.#verbatimRows(seriesKey(symbol, interval)));
    }
    // Mostly the rows are there, and to ask the clock twice would take as long as to hand them out.
    const rows = reader.hasRows ? this.#rowsOf(reader) : this.#timed(() => this.#rowsOf(reader));
    if (ownRows) return this.#timed(() => rows.map(copyRow));
    const list = rows.slice();
    this.#handedOut.push({reader, keptList: keepsList ? list : undefined});
    return list;
  }

  #timed<T>(build: () => T): T {
    const start = this.#now();
    try {
      return build();
    } finally {
      this.#builtMs += this.#now() - start;
    }
  }

  #verbatimRows(key: string): Kline[] | undefined {
    const series = this.#verbatim.get(key);
    return series && (decodeRows(series.rows) as Kline[]);
  }

  #rowsOf(reader: SeriesReader): readonly Kline[] {
    const rowsBefore = reader.rowCount;
    const rows = reader.rows();
    this.#rowCount += reader.rowCount - rowsBefore;
    if (reader.askedIn !== this.#openCount) {
      reader.askedIn = this.#openCount;
      this.#recent.delete(reader);
      this.#recent.add(reader);
    }
    if (this.#rowCount > this.#rowsCachedMax) this.#dropRows(reader);
    return rows;
  }

  #dropRows(inUse: SeriesReader): void {
    const rowsBefore = this.#rowCount;
    for (const reader of this.#recent) {
      if (this.#rowCount <= this.#rowsCachedMax) break;
      // The symbol that is screened now keeps its own, however many: filters hold them.
      if (reader === inUse || this.#handedOut.some(handed => handed.reader === reader)) continue;
      this.#rowCount -= reader.rowCount;
      reader.dropRows();
      reader.askedIn = 0;
      this.#recent.delete(reader);
    }
    if (this.#rowCount < rowsBefore) this.#onRowsDropped(rowsBefore - this.#rowCount);
  }

  /** Takes over the directory's series, with the rows of those that were in the one before. */
  #adopt({writer, directoryVersion, segments}: KlineSnapshot, list: DirectorySeries[]): void {
    const isSameWriter = writer === this.#writer;
    const readers = list.map((series): [string, SeriesReader] => {
      const key = seriesKey(series.symbol, series.interval);
      const before = isSameWriter ? this.#readers.get(key) : undefined;
      if (before?.series.id === series.id) return [key, before];
      return [key, new SeriesReader(series, segments[series.segment]!)];
    });
    this.#readers = new Map(readers);
    this.#byInterval = new Map();
    for (const reader of this.#readers.values()) {
      const {symbol, interval} = reader.series;
      const bySymbol = this.#byInterval.get(interval) ?? new Map<string, SeriesReader>();
      this.#byInterval.set(interval, bySymbol.set(symbol, reader));
    }
    this.#writer = writer;
    this.#directoryVersion = directoryVersion;
    this.#forgetAbsent();
  }

  #forgetAbsent(): void {
    const present = new Set(this.#readers.values());
    for (const reader of this.#recent) {
      if (present.has(reader)) continue;
      this.#recent.delete(reader);
      this.#rowCount -= reader.rowCount;
    }
  }
}

/** A literal: `slice()` of a frozen array takes a slow path. */
function copyRow(row: Kline): Kline {
  return [
    row[0],
    row[1],
    row[2],
    row[3],
    row[4],
    row[5],
    row[6],
    row[7],
    row[8],
    row[9],
    row[10],
    row[11],
  ];
}

function assertFits({segments, moment}: KlineSnapshot, list: readonly DirectorySeries[]): void {
  const needed = list.reduce((count, {segment}) => Math.max(count, segment + 1), 0);
  if (segments.length < needed) {
    throw new TypeError(
      `Expected \`segments\` to hold ${needed} segments, got \`${segments.length}\``,
    );
  }
  const bytes = list.length * MOMENT_NUMBERS * Float64Array.BYTES_PER_ELEMENT;
  if (moment.byteLength !== bytes) {
    throw new TypeError(`Expected \`moment\` to hold ${bytes} bytes, got \`${moment.byteLength}\``);
  }
}

function seriesKey(symbol: string, interval: string): string {
  return `${interval} ${symbol}`;
}
