import type {Kline, KlineInterval, Ticker} from '../../market/kline.js';
import {SharedKlines} from '../shared-klines.js';
import type {FilterThrows, Screened, TaskMarket} from '../task.js';
import type {TraderMatch} from '../trader.js';
import {harden} from './hardening.js';
import {verdictOf} from './verdict.js';

/*
 * Runs inside the filters' realm, so that candles, tickers and errors are the realm's own: an object of Node's realm in a
 * filter's hands would lead it to Node's `Function`, and so to `process`. Whatever comes from outside is private here, or
 * a text, or a number.
 */

/** UTF-16 code units of what a filter threw; the rest is cut off. */
const THROWN_LENGTH_MAX = 200;

/** Candles by interval, as a filter sees them. */
export type Timeframes = Partial<Record<KlineInterval, Kline[]>>;

/** A compiled filter: it throws and returns whatever the user's code does. */
export type FilterFunction = (
  ticker: Ticker,
  timeframes: Timeframes,
  helpers: object,
  hvnNodes: unknown[],
) => unknown;

/** What a run needs besides the market. */
export interface FilterRun {
  readonly filter: FilterFunction;
  readonly intervals: readonly KlineInterval[];
  readonly market: TaskMarket;
}

/** Runs filters over the market, symbol by symbol. */
export class FilterRunner {
  /** Hardened: what filters get as `helpers`. */
  readonly #helpers: object;
  /** Milliseconds of a clock that never steps back. */
  readonly #now: () => number;
  readonly #klines = new SharedKlines();
  /** The tickers of screening `#screening`; lists and objects in their fields are frozen. */
  #tickers = new Map<string, Ticker>();
  #screening = -1;

  constructor(helpers: object, now: () => number) {
    this.#helpers = helpers;
    this.#now = now;
  }

  /**
   * Runs a filter over all symbols that have a ticker and candles of its intervals.
   * @throws SnapshotOverrunError
   */
  run({filter, intervals, market}: FilterRun): Screened {
    this.#open(market);
    const matches: TraderMatch[] = [];
    let symbolCount = 0;
    let executionTimeMs = 0;
    let throws: FilterThrows | undefined;
    for (const symbol of market.symbols) {
      const ticker = this.#tickers.get(symbol);
      const timeframes = this.#timeframesOf(symbol, intervals);
      if (ticker === undefined || timeframes === undefined) continue;
      symbolCount++;
      const start = this.#now();
      try {
        // A copy: what a filter does to its ticker reaches no other trader. The candles come as copies already.
        const conditions = verdictOf(filter({...ticker}, timeframes, this.#helpers, []));
        if (conditions !== undefined) matches.push(matchOf(ticker, conditions, market.timestamp));
      } catch (error) {
        const {symbolCount: before = 0, firstMessage = thrownText(error)} = throws ?? {};
        throws = {symbolCount: before + 1, firstMessage};
      }
      executionTimeMs += this.#now() - start;
    }
    return {matches, symbolCount, executionTimeMs, ...(throws && {throws})};
  }

  #open({screening, tickers, klines}: TaskMarket): void {
    if (screening === this.#screening) return;
    const list = JSON.parse(tickers) as Ticker[];
    for (const ticker of list) for (const field of Object.values(ticker)) hardenField(field);
    this.#tickers = new Map(list.map(ticker => [ticker.s, ticker]));
    this.#klines.open(klines);
    this.#screening = screening;
  }

  /** The candles of a symbol; undefined where there are none in any of the intervals. */
  #timeframesOf(symbol: string, intervals: readonly KlineInterval[]): Timeframes | undefined {
    const timeframes: Timeframes = {};
    let isEmpty = true;
    for (const interval of intervals) {
      const candles = this.#klines.candles(symbol, interval);
      if (candles === undefined || candles.length === 0) continue;
      timeframes[interval] = candles;
      isEmpty = false;
    }
    return isEmpty ? undefined : timeframes;
  }
}

/** Most fields are texts, which need nothing. */
function hardenField(field: unknown): void {
  if (typeof field === 'object') harden(field);
}

function matchOf(ticker: Ticker, matchedConditions: string[], timestamp: number): TraderMatch {
  return {symbol: ticker.s, price: Number.parseFloat(ticker.c), matchedConditions, timestamp};
}

/** What was thrown, short; whatever it is, saying it throws nothing. */
function thrownText(thrown: unknown): string {
  try {
    return String(thrown).slice(0, THROWN_LENGTH_MAX);
  } catch {
    return typeof thrown;
  }
}
