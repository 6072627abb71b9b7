import type {Kline, KlineInterval, MarketData} from '../../src/market/kline.js';
import type {SharedKlines} from '../../src/screener/shared-klines.js';
import {candleAt} from './candles.js';

export type Klines = MarketData['klines'];

/** For what must not complain. */
export function unexpected(error: Error): never {
  throw error;
}

/** Candles that close at `from + 1`, `from + 2` and so on. */
export function rowsOf(count: number, from = 0): Kline[] {
  return Array.from({length: count}, (_, i) => candleAt(from + i, from + i + 1));
}

/** The Maps of a caller who has one series: A, 5m. */
export function klinesOf(rows: Kline[]): Klines {
  return new Map([['A', new Map([['5m' as const, rows]])]]);
}

/** What a reader sees of each series, every text as the number that it parses to. */
export function seenBy(shared: SharedKlines, klines: Klines): unknown[] {
  return keysOf(klines).map(([symbol, interval]) =>
    shared.candles(symbol, interval)?.map(row => row.map(Number)),
  );
}

/** What the Maps hold, as {@link seenBy} gives it. */
export function toldBy(klines: Klines): unknown[] {
  return keysOf(klines).map(([symbol, interval]) =>
    klines
      .get(symbol)
      ?.get(interval)
      ?.map(row => row.map(Number)),
  );
}

function keysOf(klines: Klines): [string, KlineInterval][] {
  return [...klines].flatMap(([symbol, intervals]) =>
    [...intervals.keys()].map((interval): [string, KlineInterval] => [symbol, interval]),
  );
}

/** Index of the candle that comes behind these. */
export function nextOf(rows: readonly Kline[]): number {
  const first = candleAt(0)[0];
  return rows.length === 0 ? 0 : (rows.at(-1)![0] - first) / 300_000 + 1;
}
