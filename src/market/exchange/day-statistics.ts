import {DAY_MS} from '../day-window.js';
import type {Kline} from '../kline.js';
import type {SeriesBook} from './series-book.js';

/**
 * What a symbol did in the last 24 hours, as its 24-hour ticker tells it. Prices keep their digits; sums and differences
 * have as many decimals as what they are made of, at most 8.
 */
export interface DayStatistics {
  symbol: string;
  open: string;
  high: string;
  low: string;
  last: string;
  volume: string;
  quoteVolume: string;
  tradeCount: number;
  change: string;
  /** Three decimals. */
  changePercent: string;
  /** Eight decimals. */
  weightedAverage: string;
  /** Volume of a mean trade of the newest candle. */
  lastQuantity: string;
  /** One step of the last decimal below and above the last price. */
  bid: string;
  ask: string;
  /** Epoch ms; they are 24 hours apart. */
  openTime: number;
  closeTime: number;
}

/** Sums over a run of candles. */
interface Totals {
  open: string;
  high: string;
  low: string;
  volume: number;
  quoteVolume: number;
  tradeCount: number;
}

/** The 24-hour statistics of a symbol, read from the book of its finest series. */
export class DayWatch {
  readonly #book: SeriesBook;
  /** Totals of the closed candles of the day that ends with the candle of `#knownFor`. */
  #known: Totals | undefined;
  /** Close time of the newest candle that `#known` was added up for. */
  #knownFor = Number.NaN;

  constructor(book: SeriesBook) {
    this.#book = book;
  }

  /** Undefined before the first candle. The window holds the candles that opened in the day before the newest one closes. */
  statistics(nowMs: number): DayStatistics | undefined {
    const newest = this.#book.newest;
    if (newest === undefined) return undefined;
    const open = this.#book.open;
    const closed = this.#closedTotals(newest);
    const totals = open ? merge(closed, totalsOf(open)) : closed;
    return totals && describe(this.#book.symbol, {totals, newest, nowMs});
  }

  /** Added up anew only when a candle has closed or opened. */
  #closedTotals(newest: Kline): Totals | undefined {
    const key = this.#book.open ? newest[6] : -newest[6];
    if (key === this.#knownFor) return this.#known;
    this.#knownFor = key;
    this.#known = undefined;
    const fromMs = newest[6] + 1 - DAY_MS;
    const {closed} = this.#book;
    let index = closed.length;
    while (index > 0 && closed[index - 1]![0] >= fromMs) index -= 1;
    // From the oldest on: `open` is that of the first.
    for (const kline of closed.slice(index)) this.#known = merge(this.#known, totalsOf(kline));
    return this.#known;
  }
}

function totalsOf(kline: Kline): Totals {
  const [, open, high, low, close, volume, , quoteVolume, tradeCount] = kline;
  const volumeNumber = Number(volume);
  return {
    open,
    high,
    low,
    volume: volumeNumber,
    // Some recordings lack the quote volume; the close times the volume is near it.
    quoteVolume: Number(quoteVolume) || Number(close) * volumeNumber,
    tradeCount,
  };
}

function merge(before: Totals | undefined, next: Totals): Totals {
  if (before === undefined) return next;
  return {
    open: before.open,
    high: Number(next.high) > Number(before.high) ? next.high : before.high,
    low: Number(next.low) < Number(before.low) ? next.low : before.low,
    volume: before.volume + next.volume,
    quoteVolume: before.quoteVolume + next.quoteVolume,
    tradeCount: before.tradeCount + next.tradeCount,
  };
}

function describe(
  symbol: string,
  {totals, newest, nowMs}: {totals: Totals; newest: Kline; nowMs: number},
): DayStatistics {
  const last = newest[4];
  const lastPrice = Number(last);
  const openPrice = Number(totals.open);
  const places = decimalsOf(last);
  const tick = 10 ** -places;
  const quantityPlaces = decimalsOf(newest[5]);
  const average = totals.volume > 0 ? totals.quoteVolume / totals.volume : lastPrice;
  return {
    symbol,
    open: totals.open,
    high: totals.high,
    low: totals.low,
    last,
    volume: totals.volume.toFixed(quantityPlaces),
    quoteVolume: totals.quoteVolume.toFixed(decimalsOf(newest[7])),
    tradeCount: totals.tradeCount,
    change: (lastPrice - openPrice).toFixed(places),
    changePercent: (openPrice > 0 ? (lastPrice / openPrice - 1) * 100 : 0).toFixed(3),
    weightedAverage: average.toFixed(8),
    lastQuantity: (Number(newest[5]) / Math.max(1, newest[8])).toFixed(quantityPlaces),
    bid: Math.max(0, lastPrice - tick).toFixed(places),
    ask: (lastPrice + tick).toFixed(places),
    openTime: nowMs - DAY_MS,
    closeTime: nowMs,
  };
}

function decimalsOf(decimal: string): number {
  const point = decimal.indexOf('.');
  return point < 0 ? 0 : Math.min(8, decimal.length - point - 1);
}
