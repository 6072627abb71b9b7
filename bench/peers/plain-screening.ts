import type {Kline, KlineInterval, MarketData} from '../../src/market/kline.js';
import type {CloudTrader} from '../../src/screener/trader.js';

/** A filter as `new Function` makes it. */
export type PlainFilter = (...args: unknown[]) => unknown;

/** Compiles a filter, with nothing around it. */
export function compilePlain({filter}: CloudTrader): PlainFilter {
  return new Function('ticker', 'timeframes', 'helpers', 'hvnNodes', filter.code) as PlainFilter;
}

/** Runs one filter over the market, with nothing around it; the symbols that match. */
export function screenPlainly(
  filter: PlainFilter,
  {filter: {requiredTimeframes = ['5m']}}: CloudTrader,
  {symbols, tickers, klines}: MarketData,
  helpers: object,
): string[] {
  return symbols.filter(symbol => {
    const timeframes: Partial<Record<KlineInterval, Kline[]>> = {};
    for (const interval of requiredTimeframes) {
      timeframes[interval] = klines.get(symbol)!.get(interval)!;
    }
    try {
      const found = filter(tickers.get(symbol), timeframes, helpers, []);
      return found === true || (found as {match?: unknown} | undefined)?.match === true;
    } catch {
      return false;
    }
  });
}
