import type {Kline} from './kline.js';
import {
  CANDLE_NUMBERS,
  MOMENT_CLOSED_END,
  MOMENT_CLOSED_VISIBLE,
  MOMENT_OPEN_CANDLE,
} from './kline-layout.js';
import {encodeRow, isNoted, noteRow} from './kline-numbers.js';
import type {KlineRing} from './kline-ring.js';

/** Further candles that a new ring has room for, in parts of the series' length: so that it moves seldom. */
const ROOM_TO_GROW = 1 / 4;

/** Index beyond which a series moves to a new ring, where indices start at 0 again: they are Int32. */
const INDEX_MAX = 2 ** 30;

/** The newest closed rows, whose fields are compared whatever a caller has promised: closing prices may come late. */
export const NEWEST_ROWS = 2;

/** Where rows are taken for unchanged, one of so many is compared all the same, another one at each update. */
export const WATCH_ROWS = 32;

/** How rows are compared with those seen at the update before. */
export interface RowComparison {
  /** True to take a closed row that is the same array for unchanged, as far as it isn't among the {@link NEWEST_ROWS}. */
  readonly byIdentity: boolean;
  /** Counts the updates: which of {@link WATCH_ROWS} rows are compared by their fields nevertheless. */
  readonly updateCount: number;
  /** Told of a row that was the same array and had other fields. */
  readonly onWritten: (series: MirroredSeries, row: Kline) => void;
}

/** Makes a ring of at least that capacity; the one before is given back. */
export type RingSource = (capacity: number, before: KlineRing | undefined) => KlineRing;

/**
 * One series of a caller's Maps, written to a ring: all candles but the last as closed ones, the
 * last as the open one, which travels in the snapshot.
 *
 * A caller may change any candle at any time, by replacing its row or writing into it. So every
 * field of every row is compared with what was seen last: 12 comparisons a candle, nothing parsed.
 * Comparing just the newest, or the rows' identities, would miss an older candle's correction: the latter
 * is done for callers alone who promise that rows are replaced and not written into.
 */
export class MirroredSeries {
  /** Undefined before the first `update()`. */
  #ring: KlineRing | undefined;
  /** Index of the first visible closed candle; the last is the ring's newest. */
  #first = 0;
  /** The closed rows' fields, {@link CANDLE_NUMBERS} a slot of the ring. */
  #seen: unknown[] = [];
  /** The closed rows themselves, a slot of the ring each. */
  #seenRows: (Kline | undefined)[] = [];
  /** The last candle; its open time is NaN while there is none. */
  readonly #open = new Float64Array(CANDLE_NUMBERS).fill(Number.NaN);
  /** Scratch for one candle. */
  readonly #candle = new Float64Array(CANDLE_NUMBERS);

  constructor(
    readonly symbol: string,
    readonly interval: string,
    readonly newRing: RingSource,
  ) {}

  get ring(): KlineRing {
    return this.#ring!;
  }

  /**
   * Makes the ring tell what `rows` holds, writing only what has changed. False where numbers can't
   * tell it (see {@link encodeRow}); the next call then starts anew.
   * The last row is always read.
   */
  update(rows: readonly Kline[], comparison: RowComparison): boolean {
    const closedCount = Math.max(0, rows.length - 1);
    let known = this.#ring === undefined ? -1 : this.#align(rows, closedCount, comparison);
    if (known < 0 || !this.#hasRoom(closedCount, closedCount - known)) {
      this.#restart(closedCount);
      known = 0;
    }
    for (let i = known; i < closedCount; i++) {
      if (!this.#append(rows[i]!)) return this.#fail();
    }
    this.#open[0] = Number.NaN;
    return rows.length === 0 || encodeRow(rows.at(-1), this.#open) || this.#fail();
  }

  /** Writes this series' part of a snapshot's moment. */
  writeMoment(moment: Float64Array, offset: number): void {
    const end = this.ring.closedCount;
    moment[offset + MOMENT_CLOSED_END] = end;
    moment[offset + MOMENT_CLOSED_VISIBLE] = end - this.#first;
    moment.set(this.#open, offset + MOMENT_OPEN_CANDLE);
  }

  /**
   * Moves `#first` to the candle that `rows` begins with now, and returns how many closed rows the
   * ring holds as they are; -1 where it holds others, too.
   */
  #align(rows: readonly Kline[], closedCount: number, comparison: RowComparison): number {
    const seenCount = this.ring.closedCount - this.#first;
    if (seenCount === 0) return 0;
    const shift = this.#shiftTo(rows[0], seenCount);
    const known = seenCount - shift;
    if (known > closedCount) return -1;
    this.#first += shift;
    const isKnown = comparison.byIdentity
      ? this.#areSameRows(rows, known, comparison)
      : this.#haveSameFields(rows, known);
    return isKnown ? known : -1;
  }

  /** Whether the first `count` rows have the fields that were seen. This is what a caller's Maps cost: a loop with nothing else in it. */
  #haveSameFields(rows: readonly Kline[], count: number): boolean {
    const {capacity} = this.ring.place;
    const seen = this.#seen;
    let slot = this.#first % capacity;
    for (let i = 0; i < count; i++) {
      if (!isNoted(rows[i]!, seen, slot * CANDLE_NUMBERS)) return false;
      slot = slot + 1 === capacity ? 0 : slot + 1;
    }
    return true;
  }

  /** Whether the first `count` rows are the arrays that were seen, or have their fields. Looks into some that are, too. */
  #areSameRows(
    rows: readonly Kline[],
    count: number,
    {updateCount, onWritten}: RowComparison,
  ): boolean {
    const {capacity} = this.ring.place;
    const seenRows = this.#seenRows;
    const trustedEnd = count - NEWEST_ROWS;
    let slot = this.#first % capacity;
    // By the candle's index, which stays when older ones leave.
    let watched = WATCH_ROWS - 1 - ((this.#first + updateCount) % WATCH_ROWS);
    for (let i = 0; i < count; i++) {
      // By `Object.is()`, which needs not load the rows.
      const isSame = Object.is(rows[i], seenRows[slot]);
      if (!isSame || i === watched || i >= trustedEnd) {
        if (i === watched) watched += WATCH_ROWS;
        if (!isNoted(rows[i]!, this.#seen, slot * CANDLE_NUMBERS)) {
          if (isSame && i < trustedEnd) onWritten(this, rows[i]!);
          return false;
        }
        // One that was replaced by its like is what has been looked at now, and the one before it no more.
        seenRows[slot] = rows[i];
      }
      slot = slot + 1 === capacity ? 0 : slot + 1;
    }
    return true;
  }

  /** How many of the seen closed candles are older than `row`, by open time; all where none is its like. */
  #shiftTo(row: Kline | undefined, seenCount: number): number {
    const {capacity} = this.ring.place;
    const openTime = row?.[0];
    for (let shift = 0; shift < seenCount; shift++) {
      const slot = (this.#first + shift) % capacity;
      if (this.#seen[slot * CANDLE_NUMBERS] === openTime) return shift;
    }
    return seenCount;
  }

  /** One slot is left: the reader takes the one behind the newest for being written. */
  #hasRoom(closedCount: number, newCount: number): boolean {
    const {closedCount: end, place} = this.ring;
    return closedCount < place.capacity && end + newCount < INDEX_MAX;
  }

  /**
   * Forgets all candles. The ring goes on at new indices, so that no reader takes a changed candle
   * for the one that it knows.
   */
  #restart(closedCount: number): void {
    if (this.#ring === undefined || !this.#hasRoom(closedCount, closedCount)) {
      const capacity = Math.ceil((closedCount + 1) * (1 + ROOM_TO_GROW));
      this.#ring = this.newRing(capacity, this.#ring);
      const {capacity: slotCount} = this.#ring.place;
      this.#seen = new Array(slotCount * CANDLE_NUMBERS).fill(undefined);
      this.#seenRows = new Array(slotCount).fill(undefined);
    }
    this.#first = this.#ring.closedCount;
  }

  #append(row: Kline): boolean {
    if (!encodeRow(row, this.#candle)) return false;
    const slot = this.ring.closedCount % this.ring.place.capacity;
    noteRow(row, this.#seen, slot * CANDLE_NUMBERS);
    this.#seenRows[slot] = row;
    this.ring.append(this.#candle);
    return true;
  }

  #fail(): false {
    this.#first = this.ring.closedCount;
    this.#open[0] = Number.NaN;
    return false;
  }
}
