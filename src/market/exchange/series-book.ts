import type {Kline, KlineInterval} from '../kline.js';
import {CANDLES_PER_SERIES_MAX} from './exchange-limits.js';

/** What `GET /api/v3/klines` asks of a series; times are compared with open times, both ends inclusive. */
export interface KlineQuery {
  /** Epoch ms. */
  startTime?: number | undefined;
  /** Epoch ms. */
  endTime?: number | undefined;
  /** Candles at most. Default: all. */
  limit?: number | undefined;
}

/** Every candle of one series that the exchange knows: what its clients should come to know. */
export class SeriesBook {
  readonly symbol: string;
  readonly interval: KlineInterval;
  /** The name of the series' stream. */
  readonly stream: string;
  /** Candles that left because the book was full. */
  forgottenCount = 0;
  /** Ascending; rows are replaced, never changed. */
  readonly #closed: Kline[] = [];
  /** Opened later than all of `#closed`. */
  #open: Kline | undefined;

  constructor(symbol: string, interval: KlineInterval) {
    this.symbol = symbol;
    this.interval = interval;
    this.stream = `${symbol.toLowerCase()}@kline_${interval}`;
  }

  /** The candle in the making; undefined between two, as after the end of an outage's last candle. */
  get open(): Kline | undefined {
    return this.#open;
  }

  /** The newest candle, open or closed. */
  get newest(): Kline | undefined {
    return this.#open ?? this.#closed.at(-1);
  }

  /** Closed candles, ascending. */
  get closed(): readonly Kline[] {
    return this.#closed;
  }

  /** Takes the newest candle as it stands now. */
  record(kline: Kline, closed: boolean): void {
    this.#open = closed ? undefined : kline;
    if (!closed) return;
    this.#closed.push(kline);
    if (this.#closed.length <= CANDLES_PER_SERIES_MAX) return;
    this.#closed.shift();
    this.forgottenCount += 1;
  }

  /**
   * The candles asked for, ascending, the open one last: the oldest from `startTime` on, or the newest up to `endTime`, as
   * rest-api.md has it.
   */
  query({startTime, endTime, limit = Number.POSITIVE_INFINITY}: KlineQuery = {}): Kline[] {
    const all = this.#open ? [...this.#closed, this.#open] : this.#closed;
    const from = startTime === undefined ? 0 : firstFrom(all, startTime);
    const to = endTime === undefined ? all.length : firstFrom(all, endTime + 1);
    if (startTime !== undefined) return all.slice(from, Math.min(to, from + limit));
    return all.slice(Math.max(0, to - limit), to);
  }
}

/** Index of the first candle that opens at `timeMs` or later. */
function firstFrom(klines: readonly Kline[], timeMs: number): number {
  let low = 0;
  let high = klines.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (klines[middle]![0] < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
