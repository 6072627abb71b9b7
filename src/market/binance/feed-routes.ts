import type {KlineInterval} from '../kline.js';

/** Where a series' updates stand. */
export interface SeriesRoute {
  /** Event time and open time of the newest candle's newest update; epoch ms, -1 before the first. */
  eventMs: number;
  openMs: number;
  /** Volume of that update: within a candle it only grows. */
  volume: number;
}

/** A symbol that was asked for. */
export interface SymbolRoute {
  /** Event time of the newest ticker taken; epoch ms, -1 before the first. */
  tickerMs: number;
  readonly series: Map<KlineInterval, SeriesRoute>;
}

/**
 * An update whose event is older than the last by more is not late: the exchange's clock was set back. Connections that
 * overlap, and frames out of order, differ by less.
 */
export const EVENT_STEP_MS = 10_000;

/** Whether an event is the last one again, or one before it. */
export function isOutdated(eventMs: number, lastMs: number): boolean {
  return eventMs <= lastMs && lastMs - eventMs < EVENT_STEP_MS;
}

/** What was asked for, and where each part of it stands. */
export class FeedRoutes {
  readonly #symbols = new Map<string, SymbolRoute>();

  symbol(symbol: string): SymbolRoute | undefined {
    return this.#symbols.get(symbol);
  }

  get symbols(): IterableIterator<string> {
    return this.#symbols.keys();
  }

  *series(): Generator<{symbol: string; interval: KlineInterval}> {
    for (const [symbol, route] of this.#symbols) {
      for (const interval of route.series.keys()) yield {symbol, interval};
    }
  }

  /** Names of the streams that tell all this; Binance wants symbols in lower case there. */
  streams(): string[] {
    const names: string[] = [];
    for (const [symbol, route] of this.#symbols) {
      const name = symbol.toLowerCase();
      names.push(`${name}@ticker`);
      for (const interval of route.series.keys()) names.push(`${name}@kline_${interval}`);
    }
    return names;
  }

  /** Makes the routes those of each symbol with each interval; what stays keeps its place. Returns what changed. */
  set(symbols: readonly string[], intervals: readonly KlineInterval[]) {
    const wanted = new Set(symbols);
    const removedSymbols = [...this.#symbols.keys()].filter(symbol => !wanted.has(symbol));
    const addedSymbols = [...wanted].filter(symbol => !this.#symbols.has(symbol));
    for (const symbol of removedSymbols) this.#symbols.delete(symbol);
    for (const symbol of addedSymbols) {
      this.#symbols.set(symbol, {tickerMs: -1, series: new Map()});
    }
    const addedSeries: {symbol: string; interval: KlineInterval}[] = [];
    const removedSeries: {symbol: string; interval: KlineInterval}[] = [];
    for (const [symbol, {series}] of this.#symbols) {
      for (const interval of [...series.keys()]) {
        if (intervals.includes(interval)) continue;
        series.delete(interval);
        removedSeries.push({symbol, interval});
      }
      for (const interval of intervals) {
        if (series.has(interval)) continue;
        series.set(interval, {eventMs: -1, openMs: -1, volume: 0});
        addedSeries.push({symbol, interval});
      }
    }
    return {addedSymbols, removedSymbols, addedSeries, removedSeries};
  }
}
