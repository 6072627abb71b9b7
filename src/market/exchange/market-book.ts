import type {MarketEvent} from '../feed.js';
import {INTERVAL_MS, type Kline, type KlineInterval} from '../kline.js';
import type {SeriesHistory} from '../simulated-market.js';
import {type DayStatistics, DayWatch} from './day-statistics.js';
import {EXCHANGE_SYMBOLS_MAX} from './exchange-limits.js';
import {SeriesBook} from './series-book.js';

/**
 * A market for an exchange to serve: `SimulatedMarket`, or `RecordedMarket`. Candles of a series come in ascending order;
 * a closed one comes once, after its last change.
 */
export interface ExchangeMarket {
  /** Everything before this moment has happened, epoch ms. */
  readonly timeMs: number;
  /** What had closed before it began: every series that it will ever tell of. */
  history(): SeriesHistory[];
  /** What happens up to `toMs`, inclusive, in the order of time. */
  advance(toMs: number): MarketEvent[];
}

/** Whether a symbol may be traded; those of Binance's `exchangeInfo`. */
export type SymbolStatus = 'TRADING' | 'HALT' | 'BREAK';

/** What happened to a series, for its stream to tell. */
export interface SeriesChange {
  book: SeriesBook;
  kline: Kline;
  closed: boolean;
  timeMs: number;
  /** Of the symbol's newest trade. */
  lastTradeId: number;
}

/** A symbol of an exchange. */
export interface SymbolBook {
  readonly symbol: string;
  status: SymbolStatus;
  readonly series: Map<KlineInterval, SeriesBook>;
  readonly day: DayWatch;
  /** The series that the ticker and the trades' numbers follow. */
  readonly finest: SeriesBook;
  /** Number of the newest trade; grows with the finest series' trades. */
  lastTradeId: number;
}

/** Trades before the first: the candles of any history have fewer, so no trade's number is negative. */
const FIRST_TRADE_ID = 1_000_000_000;

/** Everything that happened on the exchange's market, in memory. */
export class MarketBook {
  readonly #symbols = new Map<string, SymbolBook>();

  /** Throws a `TypeError` for no symbol, or more than {@link EXCHANGE_SYMBOLS_MAX}. */
  constructor(history: readonly SeriesHistory[]) {
    for (const [symbol, series] of groupBySymbol(history)) {
      this.#symbols.set(symbol, createSymbol(symbol, series));
    }
    const count = this.#symbols.size;
    if (count >= 1 && count <= EXCHANGE_SYMBOLS_MAX) return;
    throw new TypeError(`Expected 1 to ${EXCHANGE_SYMBOLS_MAX} symbols, got ${count}`);
  }

  get symbols(): Iterable<SymbolBook> {
    return this.#symbols.values();
  }

  symbol(name: string): SymbolBook | undefined {
    return this.#symbols.get(name);
  }

  statistics(symbol: SymbolBook, nowMs: number): DayStatistics | undefined {
    return symbol.day.statistics(nowMs);
  }

  /** Candles that left full books. */
  get forgottenCount(): number {
    let count = 0;
    for (const {series} of this.#symbols.values()) {
      for (const book of series.values()) count += book.forgottenCount;
    }
    return count;
  }

  /** Takes what happened on the market; tickers are made of the candles. Undefined for what is no candle. */
  record(event: MarketEvent): SeriesChange | undefined {
    if (event.kind === 'ticker') return undefined;
    const symbol = this.#symbols.get(event.symbol);
    const book = symbol?.series.get(event.interval);
    if (!symbol || !book) {
      throw new TypeError(`Expected a series of the history, got \`${event.symbol}\``);
    }
    const {kline, closed, timeMs} = event;
    if (book === symbol.finest) symbol.lastTradeId += newTrades(book.newest, kline);
    book.record(kline, closed);
    return {book, kline, closed, timeMs, lastTradeId: symbol.lastTradeId};
  }
}

/** Trades of a candle that the one before, or its own earlier state, had not. */
function newTrades(before: Kline | undefined, kline: Kline): number {
  const known = before?.[0] === kline[0] ? before[8] : 0;
  return Math.max(0, kline[8] - known);
}

function groupBySymbol(history: readonly SeriesHistory[]): Map<string, SeriesHistory[]> {
  const groups = new Map<string, SeriesHistory[]>();
  for (const series of history) {
    const group = groups.get(series.symbol) ?? [];
    group.push(series);
    groups.set(series.symbol, group);
  }
  return groups;
}

function createSymbol(symbol: string, history: readonly SeriesHistory[]): SymbolBook {
  const finestFirst = history.toSorted((a, b) => INTERVAL_MS[a.interval] - INTERVAL_MS[b.interval]);
  const books = finestFirst.map(({interval, klines}) => {
    const book = new SeriesBook(symbol, interval);
    for (const kline of klines) book.record(kline, true);
    return book;
  });
  const finest = books[0]!;
  return {
    symbol,
    status: 'TRADING',
    series: new Map(books.map(book => [book.interval, book])),
    day: new DayWatch(finest),
    finest,
    lastTradeId: finest.closed.reduce((id, kline) => id + kline[8], FIRST_TRADE_ID),
  };
}
