import type {FlushMark} from '../channel/worker-port.js';
import type {KlineInterval, Ticker} from '../market/kline.js';
import type {FamilyKey, Metrics} from '../metrics/catalogue.js';
import {OWN_SLOT} from '../metrics/series.js';
import {compileFilter, type Filter, type Timeframes} from './filter.js';
import {mayWriteRows} from './row-writes.js';
import type {CandleUse, SharedKlines} from './shared-klines.js';
import type {
  FilterThrows,
  RosterEntry,
  ScreeningReply,
  ScreeningTask,
  TaskMarket,
  TaskTrader,
} from './task.js';
import type {TraderMatch} from './trader.js';

/** The families that a screening worker records. */
export const SCREENER_FAMILIES = [
  'traderScreenings',
  'traderMatches',
  'traderExecutionTime',
  'screenerTaskDuration',
] as const satisfies readonly FamilyKey[];

/** UTF-16 code units of what a filter threw; the rest is cut off. */
const THROWN_LENGTH_MAX = 200;

/** What a screener needs from its thread. */
export interface ScreenerOptions {
  readonly metrics: Metrics<(typeof SCREENER_FAMILIES)[number]>;
  /** The candles as this thread reads them. */
  readonly klines: SharedKlines;
  /** What filters get as `helpers`. */
  readonly helpers: object;
  /** Posts what was recorded; called at the end of each task. */
  readonly flush: () => FlushMark;
  /** Milliseconds of a clock that never steps back. */
  readonly now: () => number;
}

/** A trader that this worker has screened. */
interface KnownTrader {
  readonly name: string;
  readonly epoch: number | undefined;
  readonly code: string;
  /** The compiled filter, or why it doesn't parse. */
  readonly filter: Filter | string;
  /** Whether it needs rows that it may write to. */
  readonly use: {ownRows: boolean};
}

/** What a filter is asked of. */
interface Asked {
  readonly symbol: string;
  readonly intervals: readonly KlineInterval[];
  readonly use: KnownTrader['use'];
}

/** Runs traders' filters over the market in one worker thread. */
export class Screener {
  readonly #options: ScreenerOptions;
  /** By trader id. Holds no trader that the last task's roster doesn't. */
  readonly #known = new Map<string, KnownTrader>();
  /** The tickers of screening `#screening`. */
  #tickers = new Map<string, Ticker>();
  #screening = -1;

  constructor(options: ScreenerOptions) {
    this.#options = options;
  }

  /** Screens one trader and flushes what that recorded. */
  screen({trader, market, roster, begun}: ScreeningTask): ScreeningReply {
    const {metrics, flush, now} = this.#options;
    new Float64Array(begun)[0] = performance.timeOrigin + performance.now();
    const start = now();
    this.#forgetAbsent(roster);
    this.#openMarket(market);
    const filter = this.#filterOf(trader, roster);
    const reply =
      typeof filter === 'string'
        ? {matches: [], symbolCount: 0, executionTimeMs: 0, error: filter}
        : this.#run(filter, trader, market);
    const labels = {trader_id: trader.id, trader_name: trader.name};
    metrics.traderScreenings.inc(labels);
    metrics.traderMatches.inc(labels, reply.matches.length);
    metrics.traderExecutionTime.observe(labels, reply.executionTimeMs);
    metrics.screenerTaskDuration.observe({worker_id: OWN_SLOT}, now() - start);
    // Flush before returning: an idle piscina worker runs no timers.
    return {...reply, mark: flush()};
  }

  #run(filter: Filter, {id, intervals}: TaskTrader, market: TaskMarket) {
    const {now} = this.#options;
    const use = this.#known.get(id)?.use ?? {ownRows: true};
    const matches: TraderMatch[] = [];
    let symbolCount = 0;
    let executionTimeMs = 0;
    let throws: FilterThrows | undefined;
    for (const symbol of market.symbols) {
      const ticker = this.#tickers.get(symbol);
      const timeframes = this.#timeframesOf(symbol, intervals, use);
      if (ticker === undefined || timeframes === undefined) continue;
      symbolCount++;
      const start = now();
      try {
        // A copy: what a filter does to its ticker reaches no other trader. Nor can it harm the candles.
        const conditions = this.#ask(filter, {...ticker}, timeframes, {symbol, intervals, use});
        if (conditions !== undefined) matches.push(matchOf(ticker, conditions, market.timestamp));
      } catch (error) {
        const {symbolCount: before = 0, firstMessage = thrownText(error)} = throws ?? {};
        throws = {symbolCount: before + 1, firstMessage};
      }
      executionTimeMs += now() - start;
    }
    return {matches, symbolCount, executionTimeMs, ...(throws && {throws})};
  }

  /**
   * Runs a filter on one symbol. One that fails may have tried to change a shared row: if it
   * succeeds on rows of its own, it gets these from now on.
   */
  #ask(filter: Filter, ticker: Ticker, timeframes: Timeframes, {symbol, intervals, use}: Asked) {
    try {
      return filter(ticker, timeframes);
    } catch (error) {
      if (use.ownRows || !isTypeError(error)) throw error;
      const own = this.#timeframesOf(symbol, intervals, {ownRows: true});
      const verdict = filter({...this.#tickers.get(symbol)!}, own!);
      use.ownRows = true;
      return verdict;
    }
  }

  /** The candles of a symbol; undefined where there are none in any of the intervals. */
  #timeframesOf(
    symbol: string,
    intervals: readonly KlineInterval[],
    use: CandleUse,
  ): Timeframes | undefined {
    const timeframes: Timeframes = {};
    let isEmpty = true;
    this.#options.klines.beginSymbol();
    for (const interval of intervals) {
      const candles = this.#options.klines.candles(symbol, interval, use);
      if (candles === undefined || candles.length === 0) continue;
      timeframes[interval] = candles;
      isEmpty = false;
    }
    return isEmpty ? undefined : timeframes;
  }

  #openMarket({screening, tickers, klines}: TaskMarket): void {
    if (screening === this.#screening) return;
    const list = JSON.parse(tickers) as Ticker[];
    this.#tickers = new Map(list.map(ticker => [ticker.s, ticker]));
    this.#options.klines.open(klines);
    this.#screening = screening;
  }

  #filterOf({id, name, code}: TaskTrader, roster: readonly RosterEntry[]): Filter | string {
    const known = this.#known.get(id);
    if (known !== undefined && known.code === code) return known.filter;
    const epoch = roster.find(entry => entry[0] === id)?.[1];
    const filter = this.#compile(code);
    this.#known.set(id, {name, epoch, code, filter, use: {ownRows: mayWriteRows(code)}});
    return filter;
  }

  #compile(code: string): Filter | string {
    try {
      return compileFilter(code, this.#options.helpers);
    } catch (error) {
      return `Filter does not parse: ${String(error)}`;
    }
  }

  /** Lets go of traders that were removed, renamed or replaced, and of their series in this thread. */
  #forgetAbsent(roster: readonly RosterEntry[]): void {
    const epochs = new Map(roster);
    const {metrics} = this.#options;
    for (const [id, {name, epoch}] of this.#known) {
      if (epochs.get(id) === epoch) continue;
      this.#known.delete(id);
      const labels = {trader_id: id, trader_name: name};
      metrics.traderScreenings.remove(labels);
      metrics.traderMatches.remove(labels);
      metrics.traderExecutionTime.remove(labels);
    }
  }
}

/** By name: a filter may live in a realm of its own, with classes of its own. */
function isTypeError(error: unknown): boolean {
  return typeof error === 'object' && (error as Error | null)?.name === 'TypeError';
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
