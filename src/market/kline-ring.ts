import {
  CANDLE_NUMBERS,
  RING_CLOSED_COUNT,
  type RingPlace,
  ringColumns,
  ringHeader,
} from './kline-layout.js';
import type {KlineSegments} from './kline-segments.js';

/** The only writer of one series' ring. */
export class KlineRing {
  readonly #header: Int32Array;
  readonly #columns: Float64Array;
  /** Always what the header says; kept here to spare an atomic load. */
  #closedCount = 0;

  /** @param place Newly allocated: empty. */
  constructor(
    segments: KlineSegments,
    readonly place: RingPlace,
  ) {
    const segment = segments.segmentOf(place);
    this.#header = ringHeader(segment, place);
    this.#columns = ringColumns(segment, place);
  }

  /** Candles appended so far; the next one gets this index. */
  get closedCount(): number {
    return this.#closedCount;
  }

  /** A copy of the candle of that index, which must be one of the last `capacity`. */
  candle(index: number): Float64Array {
    const {capacity} = this.place;
    const slot = index % capacity;
    return Float64Array.from(
      {length: CANDLE_NUMBERS},
      (_, field) => this.#columns[field * capacity + slot]!,
    );
  }

  /** The candle first, the count behind it: a reader that sees the count may read the candle. */
  append(candle: Float64Array): void {
    const {capacity} = this.place;
    const slot = this.#closedCount % capacity;
    for (let field = 0; field < CANDLE_NUMBERS; field++) {
      this.#columns[field * capacity + slot] = candle[field]!;
    }
    this.#closedCount++;
    Atomics.store(this.#header, RING_CLOSED_COUNT, this.#closedCount);
  }
}
