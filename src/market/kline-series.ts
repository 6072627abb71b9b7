import {INTERVAL_MS, type Kline, type KlineInterval} from './kline.js';
import {
  CANDLE_NUMBERS,
  MOMENT_CLOSED_END,
  MOMENT_CLOSED_VISIBLE,
  MOMENT_OPEN_CANDLE,
} from './kline-layout.js';
import type {KlineRing} from './kline-ring.js';

/** Position of a {@link Kline}'s `ignore`: whatever a feed says there, it is stored as 0. */
const IGNORE_FIELD = 11;

/**
 * What became of a candle:
 * - `appended`: it is closed and joined the ring;
 * - `opened`: it is the new open candle;
 * - `updated`: it replaces the open candle of the same open time;
 * - `late`: a closed candle of this or a later open time is known already; ignored.
 */
export type SeriesResult = 'appended' | 'opened' | 'updated' | 'late';

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
    this.#candlesMax = candlesMax;
    this.ring = ring;
  }

  /** Candles that a snapshot taken now shows, the open one included. */
  get candleCount(): number {
    return this.#closedVisible + (this.#isOpen ? 1 : 0);
  }

  /** Takes a valid candle's numbers (see {@link decodeCandle}) and copies them. */
  record(candle: Float64Array, closed: boolean): SeriesResult {
    const openTime = candle[0]!;
    if (openTime < this.#newestOpenTime) return 'late';
    const known = openTime === this.#newestOpenTime;
    if (known && !this.#isOpen) return 'late';
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
   * stands.
   */
  #advance(openTime: number): void {
    if (this.#isOpen) this.#append(this.#open);
    if (!Number.isNaN(this.#newestOpenTime)) {
      this.missingCandles += (openTime - this.#newestOpenTime) / this.#intervalMs - 1;
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
 * all numbers are finite, the open time is a multiple of the interval and the close time not before
 * it.
 */
export function decodeCandle(kline: Kline, intervalMs: number, candle: Float64Array): boolean {
  if (!Array.isArray(kline)) return false;
  // Binance has no use for the last field, and some sources leave it out.
  candle[IGNORE_FIELD] = 0;
  for (let field = 0; field < IGNORE_FIELD; field += 1) {
    const number = decodeNumber(kline[field]);
    if (!Number.isFinite(number)) return false;
    candle[field] = number;
  }
  return candle[0]! % intervalMs === 0 && candle[6]! >= candle[0]!;
}

/** NaN for whatever is no number: `Number` alone takes '', ' ', null and [] for 0. */
function decodeNumber(field: unknown): number {
  if (typeof field === 'number') return field;
  return typeof field === 'string' && field.trim() !== '' ? Number(field) : Number.NaN;
}
