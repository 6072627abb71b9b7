import type {Kline, KlineInterval, Ticker} from '../../market/kline.js';
import type {SharedKlines} from '../shared-klines.js';
import type {BadResults, FilterThrows, Screened, SymbolMatch, TaskMarket} from '../task.js';
import type {UseNotes} from '../use-notes.js';
import {harden} from './hardening.js';
import {shortText} from './short-text.js';
import {type Verdict, verdictOf} from './verdict.js';

/*
 * Runs inside the filters' realm, so that candles, tickers and errors are the realm's own: an object of Node's realm in a
 * filter's hands would lead it to Node's `Function`, and so to `process`. Whatever comes from outside is private here, or
 * a text, or a number.
 */

/** UTF-16 code units of what a filter threw; the rest is cut off. Beyond `WHOLE_TEXT_LENGTH_MAX` its length is told instead. */
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

/** A filter, ready to run. */
export interface CompiledFilter {
  readonly filter: FilterFunction;
  /** Whether it needs rows that it may write to; see row-writes.ts. */
  needsOwnRows: boolean;
  /** False where it changes none of the lists that it is given; see guard/list-changes.ts. */
  readonly mayChangeLists: boolean;
  /** Whether its code says `return` anywhere. */
  readonly hasReturn: boolean;
  /** What the pool has been told that it uses; see use-notes.ts. */
  readonly usesTold: Set<number>;
}

/** What a run needs besides the market. */
export interface FilterRun {
  readonly compiled: CompiledFilter;
  readonly intervals: readonly KlineInterval[];
  readonly market: TaskMarket;
  /**
   * Told of milliseconds that went into what the filter is no cause of: reading the market and building rows, which whoever
   * is first in a worker does for all. Never called below a filter.
   */
  readonly excuse: (ms: number) => void;
}

/** What a filter is asked about. */
interface Asked {
  readonly symbol: string;
  readonly compiled: CompiledFilter;
  readonly intervals: readonly KlineInterval[];
  readonly ticker: Ticker;
  readonly timeframes: Timeframes;
  readonly excuse: (ms: number) => void;
}

/** Options of {@link FilterRunner}. */
export interface FilterRunnerOptions {
  /** Hardened: what filters get as `helpers`. */
  readonly helpers: object;
  /** Of this realm's own. */
  readonly klines: SharedKlines;
  /** Of this realm's own, and what `helpers` write to. */
  readonly uses: UseNotes;
  /** Milliseconds of a clock that never steps back. */
  readonly now: () => number;
}

/** Runs filters over the market, symbol by symbol. */
export class FilterRunner {
  readonly #helpers: object;
  readonly #klines: SharedKlines;
  readonly #uses: UseNotes;
  readonly #now: () => number;
  /** The tickers and symbols of screening `#screening`; lists and objects in their fields are frozen. */
  #tickers = new Map<string, Ticker>();
  #symbols: readonly string[] = [];
  #screening = -1;

  constructor({helpers, klines, uses, now}: FilterRunnerOptions) {
    this.#helpers = helpers;
    this.#klines = klines;
    this.#uses = uses;
    this.#now = now;
  }

  /**
   * Runs a filter over all symbols that have a ticker and candles of its intervals.
   * @throws SnapshotOverrunError
   */
  run({compiled, intervals, market, excuse}: FilterRun): Screened {
    const openedAt = this.#now();
    if (this.#open(market)) excuse(this.#now() - openedAt);
    const matches: SymbolMatch[] = [];
    let symbolCount = 0;
    let executionTimeMs = 0;
    let throws: FilterThrows | undefined;
    let badResults: BadResults | undefined;
    const notedIndex = this.#screening % this.#symbols.length;
    this.#uses.clear();
    for (let symbolIndex = 0; symbolIndex < this.#symbols.length; symbolIndex++) {
      const symbol = this.#symbols[symbolIndex]!;
      const ticker = this.#tickers.get(symbol);
      this.#klines.beginSymbol();
      const wanted = {symbol, intervals, excuse, compiled};
      const timeframes = this.#timeframesOf(wanted, compiled.needsOwnRows);
      if (ticker === undefined || timeframes === undefined) continue;
      symbolCount++;
      if (symbolIndex === notedIndex) this.#uses.begin(timeframes);
      const start = this.#now();
      try {
        const verdict = this.#ask({compiled, intervals, symbol, ticker, timeframes, excuse});
        if (typeof verdict === 'string') {
          const {symbolCount: before = 0, firstResult = verdict} = badResults ?? {};
          badResults = {symbolCount: before + 1, firstResult};
        } else if (verdict !== undefined) {
          matches.push({symbolIndex, price: Number.parseFloat(ticker.c), conditions: verdict});
        }
      } catch (error) {
        const {symbolCount: before = 0, firstMessage = thrownText(error)} = throws ?? {};
        throws = {symbolCount: before + 1, firstMessage};
      } finally {
        executionTimeMs += this.#now() - start;
        this.#uses.end();
      }
    }
    return {
      matches,
      symbolCount,
      executionTimeMs,
      ...(throws && {throws}),
      ...(badResults && {badResults}),
      uses: this.#uses.noted,
    };
  }

  /**
   * Asks a filter about one symbol. One that fails may have tried to change a shared row: it is asked again with rows of
   * its own, and gets these from now on. Also where that fails too: else it would run twice a symbol at every screening,
   * and have half its time. The ticker is a copy each time: what a filter does to it reaches no other trader.
   */
  #ask(asked: Asked): Verdict {
    const {compiled, ticker, timeframes} = asked;
    // Called by itself: as a method it would have `compiled`, an object of Node's realm, for its `this`.
    const {filter, hasReturn} = compiled;
    try {
      return verdictOf(filter({...ticker}, timeframes, this.#helpers, []), hasReturn);
    } catch (error) {
      if (compiled.needsOwnRows || !isTypeError(error)) throw error;
      const own = this.#timeframesOf(asked, true)!;
      compiled.needsOwnRows = true;
      return verdictOf(filter({...ticker}, own, this.#helpers, []), hasReturn);
    }
  }

  /** False where it is open already. */
  #open({screening, symbols, tickers, klines}: TaskMarket): boolean {
    if (screening === this.#screening) return false;
    this.#symbols = JSON.parse(symbols) as string[];
    const entries = JSON.parse(tickers) as [symbol: string, ticker: Ticker][];
    for (const [, ticker] of entries) {
      for (const field of Object.values(ticker)) hardenField(field);
    }
    this.#tickers = new Map(entries);
    this.#klines.open(klines);
    this.#screening = screening;
    return true;
  }

  /** The candles of a symbol; undefined where there are none in any of the intervals. */
  #timeframesOf(
    {symbol, intervals, excuse, compiled}: Omit<Asked, 'ticker' | 'timeframes'>,
    ownRows: boolean,
  ): Timeframes | undefined {
    const timeframes: Timeframes = {};
    const use = {ownRows, keepsList: !compiled.mayChangeLists};
    const builtMsBefore = this.#klines.builtMs;
    let isEmpty = true;
    for (const interval of intervals) {
      const candles = this.#klines.candles(symbol, interval, use);
      if (candles === undefined || candles.length === 0) continue;
      timeframes[interval] = candles;
      isEmpty = false;
    }
    const builtMs = this.#klines.builtMs - builtMsBefore;
    // After each symbol, as the limit is looked at meanwhile.
    if (builtMs > 0) excuse(builtMs);
    return isEmpty ? undefined : timeframes;
  }
}

/** Most fields are texts, which need nothing. */
function hardenField(field: unknown): void {
  if (typeof field === 'object') harden(field);
}

/** By name, as it stands on a prototype that is frozen. */
function isTypeError(error: unknown): boolean {
  return typeof error === 'object' && (error as Error | null)?.name === 'TypeError';
}

/** What was thrown, short; whatever it is, saying it throws nothing. */
function thrownText(thrown: unknown): string {
  try {
    return shortText(thrown, THROWN_LENGTH_MAX);
  } catch {
    return typeof thrown;
  }
}
