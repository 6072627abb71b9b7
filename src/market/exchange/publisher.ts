import type {Kline} from '../kline.js';
import type {FrameFaults} from './frame-faults.js';
import type {MarketBook, SeriesChange, SymbolBook} from './market-book.js';
import type {SeriesBook} from './series-book.js';
import {klineJson, miniTickerJson, tickerJson} from './stream-payload.js';
import type {StreamServer} from './stream-server.js';

/** Between two frames of an open candle: web-socket-streams.md, "Kline/Candlestick Streams". */
export const KLINE_PUSH_MS = 2_000;

/** Between two tickers of a symbol: web-socket-streams.md. */
export const TICKER_PUSH_MS = 1_000;

const ALL_MINI_TICKERS = '!miniTicker@arr';

/** Decides what of the market's changes becomes an event of a stream. */
export class Publisher {
  readonly #book: MarketBook;
  readonly #streams: StreamServer;
  readonly #faults: FrameFaults;
  /** The open candle that was last pushed of each series, and when. */
  readonly #pushed = new Map<SeriesBook, {kline: Kline; timeMs: number}>();
  /** Symbols that traded since their last ticker. */
  readonly #traded = new Set<SymbolBook>();
  /** The same for the stream of all tickers. */
  readonly #tradedOfAll = new Set<SymbolBook>();
  /** When each symbol's last ticker was due. */
  readonly #tickedMs = new Map<SymbolBook, number>();
  #allTickedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: {book: MarketBook; streams: StreamServer; faults: FrameFaults}) {
    this.#book = parts.book;
    this.#streams = parts.streams;
    this.#faults = parts.faults;
  }

  /**
   * A closed candle is told always; an open one when it is new or has changed, and {@link KLINE_PUSH_MS} after the last time
   * at the soonest. So a candle without a trade is told twice, as the recordings have it.
   */
  publishKline(change: SeriesChange): void {
    const {book, kline, closed, timeMs} = change;
    this.#noteTrades(change);
    const pushed = this.#pushed.get(book);
    if (closed) this.#pushed.delete(book);
    else {
      if (pushed && isEqual(pushed.kline, kline)) return;
      if (pushed && timeMs - pushed.timeMs < KLINE_PUSH_MS) return;
      this.#pushed.set(book, {kline, timeMs});
    }
    const {stream, symbol, interval} = book;
    if (!this.#streams.isSubscribed(stream)) return;
    const json = klineJson(change, timeMs + this.#faults.skewMs);
    this.#streams.publish({type: 'kline', stream, symbol, interval, closed, json});
  }

  /** Tells the tickers of all that traded; to be called when a moment's candles are all told. */
  publishTickers(timeMs: number): void {
    for (const symbol of this.#traded) {
      const tickedMs = this.#tickedMs.get(symbol) ?? Number.NEGATIVE_INFINITY;
      if (timeMs - tickedMs < TICKER_PUSH_MS) continue;
      this.#tickedMs.set(symbol, timeMs);
      this.#traded.delete(symbol);
      this.#publishTicker(symbol, timeMs);
    }
    if (timeMs - this.#allTickedMs < TICKER_PUSH_MS || this.#tradedOfAll.size === 0) return;
    this.#allTickedMs = timeMs;
    this.#publishAll(timeMs);
    this.#tradedOfAll.clear();
  }

  #noteTrades({book, kline}: SeriesChange): void {
    const symbol = this.#book.symbol(book.symbol)!;
    if (book !== symbol.finest || !hasTraded(kline)) return;
    const pushed = this.#pushed.get(book);
    if (pushed && isEqual(pushed.kline, kline)) return;
    this.#traded.add(symbol);
    this.#tradedOfAll.add(symbol);
  }

  #publishTicker(symbol: SymbolBook, timeMs: number): void {
    const name = symbol.symbol.toLowerCase();
    const eventTime = timeMs + this.#faults.skewMs;
    const common = {symbol: symbol.symbol, interval: undefined, closed: false};
    const ticker = `${name}@ticker`;
    if (this.#streams.isSubscribed(ticker)) {
      const json = tickerJson(symbol.day.statistics(timeMs)!, {
        eventTime,
        lastTradeId: symbol.lastTradeId,
      });
      this.#streams.publish({...common, type: 'ticker', stream: ticker, json});
    }
    const mini = `${name}@miniTicker`;
    if (this.#streams.isSubscribed(mini)) {
      const json = miniTickerJson(symbol.day.statistics(timeMs)!, eventTime);
      this.#streams.publish({...common, type: 'miniTicker', stream: mini, json});
    }
  }

  #publishAll(timeMs: number): void {
    if (!this.#streams.isSubscribed(ALL_MINI_TICKERS)) return;
    const eventTime = timeMs + this.#faults.skewMs;
    const tickers = [...this.#tradedOfAll].map(symbol =>
      miniTickerJson(symbol.day.statistics(timeMs)!, eventTime),
    );
    this.#streams.publish({
      type: 'miniTickers',
      stream: ALL_MINI_TICKERS,
      symbol: undefined,
      interval: undefined,
      closed: false,
      json: `[${tickers.join(',')}]`,
    });
  }
}

/** Some recordings tell no number of trades, but the volume. */
function hasTraded(kline: Kline): boolean {
  return kline[8] > 0 || Number(kline[5]) > 0;
}

function isEqual(one: Kline, other: Kline): boolean {
  return one.every((value, field) => value === other[field]);
}
