import {KLINE_INTERVALS} from '../kline.js';
import type {DayStatistics} from './day-statistics.js';
import type {ExchangeLimits} from './exchange-limits.js';
import type {MarketBook, SymbolBook, SymbolStatus} from './market-book.js';
import {missing, outOfRange, RestError, RestParameters} from './rest-parameters.js';

/** Candles of one answer; a higher `limit` means this one. */
export const KLINE_LIMIT_MAX = 1_000;
const KLINE_LIMIT_DEFAULT = 500;

/** What an answer is made of. */
export interface RestContext {
  book: MarketBook;
  limits: ExchangeLimits;
  /** The exchange's time, epoch ms, as it tells it: with its skew. */
  serverTimeMs: number;
  nowMs: number;
}

/** A request that a route can answer. */
export interface RestPlan {
  /** What it costs: rest-api.md, July 2026. */
  weight: number;
  /** The answer's body, to be told as JSON. Throws {@link RestError}. */
  answer(): unknown;
}

type Route = (parameters: RestParameters, context: RestContext) => RestPlan;

const STATUSES: readonly SymbolStatus[] = ['TRADING', 'HALT', 'BREAK'];

/** Longest first: a symbol ends with the asset that its price is told in. */
const QUOTE_ASSETS = ['FDUSD', 'USDT', 'USDC', 'BUSD', 'TUSD', 'BTC', 'ETH', 'BNB', 'EUR', 'TRY'];

const ROUTES: Readonly<Record<string, Route>> = Object.freeze({
  '/api/v3/ping': () => ({weight: 1, answer: () => ({})}),
  '/api/v3/time': (_, {serverTimeMs}) => ({
    weight: 1,
    answer: () => ({serverTime: serverTimeMs}),
  }),
  '/api/v3/klines': planKlines,
  '/api/v3/ticker/24hr': planTickers,
  '/api/v3/exchangeInfo': planInfo,
});

/** The plan for a URL; undefined where nothing is served there. Never throws: what is wrong shows in `answer()`. */
export function planRequest(url: URL, context: RestContext): RestPlan | undefined {
  const route = Object.hasOwn(ROUTES, url.pathname) ? ROUTES[url.pathname] : undefined;
  if (route === undefined) return undefined;
  const parameters = new RestParameters(url.searchParams);
  try {
    const plan = route(parameters, context);
    parameters.finish();
    return plan;
  } catch (error) {
    const answer = () => {
      throw error;
    };
    return {weight: 1, answer};
  }
}

function planKlines(parameters: RestParameters, {book}: RestContext): RestPlan {
  const name = parameters.symbol('symbol');
  const interval = parameters.text('interval');
  const startTime = parameters.integer('startTime');
  const endTime = parameters.integer('endTime');
  const limit = Math.min(KLINE_LIMIT_MAX, parameters.integer('limit', 1) ?? KLINE_LIMIT_DEFAULT);
  const timeZone = parameters.text('timeZone') ?? '0';
  // Days of other zones would be other candles, which this exchange doesn't make.
  if (!/^[+-]?0{1,2}(:00)?$/.test(timeZone)) throw outOfRange('timeZone');
  if (name === undefined) throw missing('symbol');
  if (!interval) throw missing('interval');
  const answer = () => {
    const symbol = existing(book, name);
    const known = KLINE_INTERVALS.find(candidate => candidate === interval);
    const series = known && symbol.series.get(known);
    if (series === undefined) throw new RestError(-1120, 'Invalid interval.');
    return series.query({startTime, endTime, limit});
  };
  return {weight: 2, answer};
}

function planTickers(parameters: RestParameters, context: RestContext): RestPlan {
  const name = parameters.symbol('symbol');
  const names = parameters.symbols('symbols');
  const type = parameters.oneOf('type', ['FULL', 'MINI']) ?? 'FULL';
  const status = parameters.oneOf('symbolStatus', STATUSES);
  if (name !== undefined && names !== undefined) throw exclusive();
  const row = (symbol: SymbolBook) => tickerRow(symbol, context, type);
  const chosen = () => select(context.book, {names, status});
  if (name !== undefined) {
    const single = () => row(withStatus(existing(context.book, name), status));
    return {weight: 2, answer: single};
  }
  return {weight: tickerWeight(names?.length), answer: () => chosen().map(row)};
}

function planInfo(parameters: RestParameters, context: RestContext): RestPlan {
  const name = parameters.symbol('symbol');
  const names = parameters.symbols('symbols');
  const status = parameters.oneOf('symbolStatus', STATUSES);
  parameters.text('permissions');
  if (name !== undefined && names !== undefined) throw exclusive();
  const answer = () => {
    const asked = name === undefined ? names : [name];
    return {
      timezone: 'UTC',
      serverTime: context.serverTimeMs,
      rateLimits: rateLimits(context.limits),
      exchangeFilters: [],
      symbols: select(context.book, {names: asked, status}).map(infoRow),
    };
  };
  return {weight: 20, answer};
}

function existing(book: MarketBook, name: string): SymbolBook {
  const symbol = book.symbol(name);
  if (symbol === undefined) throw new RestError(-1121, 'Invalid symbol.');
  return symbol;
}

function withStatus(symbol: SymbolBook, status: SymbolStatus | undefined): SymbolBook {
  if (status !== undefined && symbol.status !== status)
    throw new RestError(-1121, 'Invalid symbol.');
  return symbol;
}

function exclusive(): RestError {
  return new RestError(-1128, 'Combination of optional parameters invalid.');
}

function select(
  book: MarketBook,
  {names, status}: {names: readonly string[] | undefined; status: SymbolStatus | undefined},
): SymbolBook[] {
  const symbols = names ? names.map(name => existing(book, name)) : [...book.symbols];
  return symbols.filter(symbol => status === undefined || symbol.status === status);
}

/** By the number of symbols asked for; undefined: all. */
function tickerWeight(count: number | undefined): number {
  if (count === undefined || count > 100) return 80;
  return count > 20 ? 40 : 2;
}

function tickerRow(symbol: SymbolBook, {nowMs}: RestContext, type: 'FULL' | 'MINI'): unknown {
  const day = symbol.day.statistics(nowMs);
  if (day === undefined) throw new RestError(-1121, 'Invalid symbol.');
  const lastId = symbol.lastTradeId;
  const mini = {
    symbol: day.symbol,
    openPrice: day.open,
    highPrice: day.high,
    lowPrice: day.low,
    lastPrice: day.last,
    volume: day.volume,
    quoteVolume: day.quoteVolume,
    openTime: day.openTime,
    closeTime: day.closeTime,
    firstId: Math.max(0, lastId - day.tradeCount + 1),
    lastId,
    count: day.tradeCount,
  };
  return type === 'MINI' ? mini : {...mini, ...fullFields(day)};
}

function fullFields(day: DayStatistics): Record<string, string> {
  return {
    priceChange: day.change,
    priceChangePercent: day.changePercent,
    weightedAvgPrice: day.weightedAverage,
    prevClosePrice: day.open,
    lastQty: day.lastQuantity,
    bidPrice: day.bid,
    bidQty: day.lastQuantity,
    askPrice: day.ask,
    askQty: day.lastQuantity,
  };
}

function rateLimits({weightPerMinuteMax}: ExchangeLimits): unknown[] {
  const weight = {rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1};
  // Told for clients that read it; only the weight is enforced.
  const raw = {rateLimitType: 'RAW_REQUESTS', interval: 'MINUTE', intervalNum: 5, limit: 61_000};
  return [{...weight, limit: weightPerMinuteMax}, raw];
}

function infoRow({symbol, status}: SymbolBook): unknown {
  const quoteAsset = QUOTE_ASSETS.find(asset => symbol.endsWith(asset) && symbol !== asset) ?? '';
  const baseAsset = symbol.slice(0, symbol.length - quoteAsset.length);
  return {
    symbol,
    status,
    baseAsset,
    baseAssetPrecision: 8,
    quoteAsset,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ['LIMIT', 'MARKET'],
    icebergAllowed: false,
    ocoAllowed: false,
    quoteOrderQtyMarketAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [],
    permissions: ['SPOT'],
  };
}
