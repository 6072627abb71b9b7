import {INTERVAL_MS, type Kline, type KlineInterval} from './kline.js';
import {
  CANDLE_NUMBERS,
  MOMENT_CLOSED_END,
  MOMENT_CLOSED_VISIBLE,
  MOMENT_OPEN_CANDLE,
} from './kline-layout.js';
import type {KlineRing} from './kline-ring.js';
import {SeriesGaps} from './series-gaps.js';

/** Position of a {@link Kline}'s `ignore`: whatever a feed says there, it is stored as 0. */
const IGNORE_FIELD = 11;

/**
 * What became of a candle:
 * - `appended`: it is closed and joined the ring;
 * - `opened`: it is the new open candle;
 * - `updated`: it replaces the open candle of the same open time;
 * - `late`: a closed candle of this or a later open time is known already; ignored;
 * - `wanted`: it is closed, belongs before the newest one, and fills a gap or replaces a candle that was finalised without its
 *   closing frame. Not taken: closed rows never change, so the store renews the series with it.
 */
export type SeriesResult = 'appended' | 'opened' | 'updated' | 'late' | 'wanted';

/**
 * The candles of one symbol and interval, on the main thread's side: the only writer of its ring.
 */
export class KlineSeries {
  /** The ring that workers read; see kline-layout.ts. */
  readonly ring: KlineRing;
  /**
   * Candles that no one ever saw, counted once each when the candle behind the gap first appears.
   */
  missingCandles = 0;
  /** When a candle was last taken, epoch ms of the store's clock. */
  lastUpdateMs = 0;
  /** Candles that a repair should bring. */
  gaps: SeriesGaps;

  readonly #intervalMs: number;
  readonly #candlesMax: number;
  /** The open candle; its open time is NaN while none is open. */
  readonly #open = new Float64Array(CANDLE_NUMBERS).fill(Number.NaN);
  /** Open time of the newest candle, open or closed; NaN before the first. Only grows. */
  #newestOpenTime = Number.NaN;

  constructor(
    readonly symbol: string,
    readonly interval: KlineInterval,
    {candlesMax, ring}: {candlesMax: number; ring: KlineRing},
  ) {
    this.#intervalMs = INTERVAL_MS[interval];
    this.gaps = new SeriesGaps(this.#intervalMs);
    this.#candlesMax = candlesMax;
    this.ring = ring;
  }

  /** Candles that a snapshot taken now shows, the open one included. */
  get candleCount(): number {
    return this.#closedVisible + (this.#isOpen ? 1 : 0);
  }

  /** Open time of the newest candle, open or closed; NaN before the first. */
  get newestOpenTime(): number {
    return this.#newestOpenTime;
  }

  /** Numbers of the open candle, a copy; undefined while none is open. */
  get openCandle(): Float64Array | undefined {
    return this.#isOpen ? this.#open.slice() : undefined;
  }

  /** Numbers of the closed candles that a snapshot taken now shows, copies, oldest first. */
  closedCandles(): Float64Array[] {
    const count = this.#closedVisible;
    const first = this.ring.closedCount - count;
    return Array.from({length: count}, (_, position) => this.ring.candle(first + position));
  }

  /** Takes a valid candle's numbers (see {@link decodeCandle}) and copies them. */
  record(candle: Float64Array, closed: boolean): SeriesResult {
    const openTime = candle[0]!;
    const known = openTime === this.#newestOpenTime;
    if (openTime < this.#newestOpenTime || (known && !this.#isOpen)) {
      return closed && this.gaps.has(openTime) ? 'wanted' : 'late';
    }
    if (!known) this.#advance(openTime);
    if (closed) {
      this.#append(candle);
      return 'appended';
    }
    this.#open.set(candle);
    return known ? 'updated' : 'opened';
  }

  /** Writes this series' part of a snapshot's moment. */
  writeMoment(moment: Float64Array, offset: number): void {
    moment[offset + MOMENT_CLOSED_END] = this.ring.closedCount;
    moment[offset + MOMENT_CLOSED_VISIBLE] = this.#closedVisible;
    moment.set(this.#open, offset + MOMENT_OPEN_CANDLE);
  }

  get #isOpen(): boolean {
    return !Number.isNaN(this.#open[0]!);
  }

  get #closedVisible(): number {
    return Math.min(this.ring.closedCount, this.#candlesMax - (this.#isOpen ? 1 : 0));
  }

  /**
   * Moves on to a later candle. One still open lost its closing frame: it is finalised as it
   * stands, until a repair brings its last state.
   */
  #advance(openTime: number): void {
    const newest = this.#newestOpenTime;
    if (this.#isOpen) {
      this.#append(this.#open);
      this.gaps.want(newest, newest);
    }
    if (!Number.isNaN(newest)) {
      this.missingCandles += (openTime - newest) / this.#intervalMs - 1;
      this.gaps.want(newest + this.#intervalMs, openTime - this.#intervalMs);
    }
    this.#newestOpenTime = openTime;
  }

  #append(candle: Float64Array): void {
    this.ring.append(candle);
    this.#open[0] = Number.NaN;
  }
}

/**
 * Decodes `kline` into `candle` ({@link CANDLE_NUMBERS} long). False, with `candle` spoiled, unless
 * all numbers are finite and none negative, the high is not below the low, the open time is a
 * multiple of the interval and the close time not before it.
 */
export function decodeCandle(kline: Kline, intervalMs: number, candle: Float64Array): boolean {
  if (!Array.isArray(kline)) return false;
  // Binance has no use for the last field, and some sources leave it out.
  candle[IGNORE_FIELD] = 0;
  for (let field = 0; field < IGNORE_FIELD; field += 1) {
    const number = decodeNumber(kline[field]);
    if (!(number >= 0 && number < Infinity)) return false;
    candle[field] = number;
  }
  if (candle[2]! < candle[3]!) return false;
  return candle[0]! % intervalMs === 0 && candle[6]! >= candle[0]!;
}

/** NaN for whatever is no number: `Number` alone takes '', ' ', null and [] for 0. */
function decodeNumber(field: unknown): number {
  if (typeof field === 'number') return field;
  return typeof field === 'string' && field.trim() !== '' ? Number(field) : Number.NaN;
}
