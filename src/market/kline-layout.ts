import type {Kline} from './kline.js';

/**
 * How candles lie in shared memory: the one page that the writers (`KlineStore`, `KlineMirror`) and
 * the reader (`SharedKlines`) go by.
 *
 * Each series has a ring: a region of a segment, which holds many. A ring is a header, then
 * {@link CANDLE_NUMBERS} columns of `capacity` Float64. Closed candle `index` (0 for the first that
 * the series ever closed) lies in slot `index % capacity` of every column and never changes until
 * candle `index + capacity` takes that slot.
 *
 * Columns, because an indicator reads one field of all candles: a copy of at most two stretches of
 * memory. Few segments, because Node looks up every shared buffer of every message in a list: to
 * post a buffer a series cost 1.3 ms a message for 1,600 of them, and 7 ms for 4,000.
 */

/** Numbers a candle: a {@link Kline}'s 12 fields in their order. */
export const CANDLE_NUMBERS = 12;

/** Bytes before a ring's first column. Eight, so that the Float64 columns behind are aligned. */
const RING_HEADER_BYTES = 8;

/**
 * Int32 position in the header: how many candles the series has closed so far, which is also the
 * index that the next one gets. Stored with `Atomics` once the candle is complete.
 */
export const RING_CLOSED_COUNT = 0;

/** Int32 position in the header: the id of the series whose ring this is now. */
export const RING_OWNER = 1;

/** Float64 numbers that a snapshot's `moment` holds for each series, in the directory's order. */
export const MOMENT_NUMBERS = 2 + CANDLE_NUMBERS;

/** Position in a series' moment: index behind its newest closed candle. */
export const MOMENT_CLOSED_END = 0;

/** Position in a series' moment: how many closed candles are visible, the newest ones. */
export const MOMENT_CLOSED_VISIBLE = 1;

/**
 * Position in a series' moment: the open candle's {@link CANDLE_NUMBERS}; the first is NaN where
 * none is open.
 */
export const MOMENT_OPEN_CANDLE = 2;

/** Where a ring lies. */
export interface RingPlace {
  /** Position in the snapshot's `segments`. */
  segment: number;
  /** Bytes from the segment's start. */
  offset: number;
  /** Candles. */
  capacity: number;
}

/** A series as the directory names it. */
export interface DirectorySeries extends RingPlace {
  /**
   * Unique in the life of its writer, so that a removed and re-added series is not taken for the
   * old one. An Int32: it stands in the ring's header.
   */
  id: number;
  symbol: string;
  /** A `KlineInterval`, or whatever the caller's Maps call it. */
  interval: string;
}

/** A series that numbers alone can't tell: its rows as `encodeRows()` writes them. */
export interface VerbatimSeries {
  readonly symbol: string;
  readonly interval: string;
  readonly rows: string;
}

/**
 * One consistent moment of all series, to be posted to a worker. The buffers are shared, not
 * copied: posting it costs the same for one series as for thousands.
 */
export interface KlineSnapshot {
  /** Whose snapshot it is: ids and versions are unique among those of one writer. */
  readonly writer: number;
  /** JSON of the {@link DirectorySeries}. The same until a series appears, moves or leaves. */
  readonly directory: string;
  /** Changes with `directory`, so that a reader decodes it once. */
  readonly directoryVersion: number;
  /** Memory of the rings; a segment keeps its position for ever. */
  readonly segments: readonly SharedArrayBuffer[];
  /** {@link MOMENT_NUMBERS} Float64 a series, of this snapshot alone; nobody writes it any more. */
  readonly moment: SharedArrayBuffer;
  /** Mostly none. */
  readonly verbatim: readonly VerbatimSeries[];
}

/**
 * Candles that a ring has room for so that `candlesMax` of them stay readable until `slackCandles`
 * further ones have closed. The one beyond is the slot being written, which the reader counts as
 * lost already: between the moment when `RING_CLOSED_COUNT` names it next and its first store lies
 * at least one call of `record()`.
 */
export function ringCapacity(candlesMax: number, slackCandles: number): number {
  return candlesMax + slackCandles + 1;
}

/** Bytes that a ring takes; a multiple of eight. */
export function ringBytes(capacity: number): number {
  return RING_HEADER_BYTES + capacity * CANDLE_NUMBERS * Float64Array.BYTES_PER_ELEMENT;
}

/** The header of a ring. */
export function ringHeader(segment: SharedArrayBuffer, {offset}: RingPlace): Int32Array {
  return new Int32Array(segment, offset, RING_HEADER_BYTES / Int32Array.BYTES_PER_ELEMENT);
}

/** The columns of a ring, end to end. */
export function ringColumns(
  segment: SharedArrayBuffer,
  {offset, capacity}: RingPlace,
): Float64Array {
  return new Float64Array(segment, offset + RING_HEADER_BYTES, capacity * CANDLE_NUMBERS);
}

/**
 * The oldest index still safe to read once a series has closed `closedCount` candles; see {@link
 * ringCapacity}.
 */
export function oldestReadable(closedCount: number, capacity: number): number {
  return Math.max(0, closedCount + 1 - capacity);
}

/**
 * The candle whose first number is `numbers[start]` and whose further ones follow at every
 * `stride`. Its strings are the shortest decimals that parse to exactly the stored numbers, so
 * "0.40060000" comes back as "0.4006".
 */
export function readKline(numbers: Float64Array, start: number, stride: number): Kline {
  return [
    numbers[start]!,
    String(numbers[start + stride]),
    String(numbers[start + 2 * stride]),
    String(numbers[start + 3 * stride]),
    String(numbers[start + 4 * stride]),
    String(numbers[start + 5 * stride]),
    numbers[start + 6 * stride]!,
    String(numbers[start + 7 * stride]),
    numbers[start + 8 * stride]!,
    String(numbers[start + 9 * stride]),
    String(numbers[start + 10 * stride]),
    String(numbers[start + 11 * stride]),
  ];
}

/** Decodes a snapshot's directory. Throws a `TypeError` where it is none. */
export function decodeDirectory(json: string): DirectorySeries[] {
  const series: unknown = JSON.parse(json);
  if (!Array.isArray(series) || !series.every(isSeries)) {
    throw new TypeError(`Expected a directory of klines, got \`${json.slice(0, 80)}\``);
  }
  return series;
}

function isSeries(value: unknown): value is DirectorySeries {
  const fields = (value ?? {}) as Partial<Record<keyof DirectorySeries, unknown>>;
  return (
    [fields.id, fields.segment, fields.offset, fields.capacity].every(Number.isSafeInteger) &&
    typeof fields.symbol === 'string' &&
    typeof fields.interval === 'string'
  );
}
