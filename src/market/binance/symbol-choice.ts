import type {Ticker} from '../kline.js';
import type {ExchangeSymbol} from './rest-answers.js';

/** The symbols that trade against `quoteAsset`, those of the largest 24-hour quote volume, `count` at most, largest first. */
export function chooseSymbols(
  symbols: readonly ExchangeSymbol[],
  tickers: readonly Ticker[],
  {quoteAsset, count}: {quoteAsset: string; count: number},
): Ticker[] {
  const trading = new Set(
    symbols
      .filter(entry => entry.status === 'TRADING' && entry.quoteAsset === quoteAsset)
      .map(({symbol}) => symbol),
  );
  return tickers
    .filter(({s}) => trading.has(s))
    .sort((a, b) => Number(b.q) - Number(a.q) || (a.s < b.s ? -1 : 1))
    .slice(0, count);
}
