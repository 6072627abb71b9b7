import type {KlineStore} from './market/kline-store.js';
import type {Metrics} from './metrics/catalogue.js';
import type {ScreenerPool} from './pool/screener-pool.js';
import type {CloudTrader, TraderResult} from './screener/trader.js';

/** Options of {@link Orchestrator}. */
export interface OrchestratorOptions {
  readonly pool: ScreenerPool;
  readonly store: KlineStore;
  readonly metrics: Metrics<'traderSignals'>;
  readonly traders: readonly CloudTrader[];
  /** Epoch milliseconds: the wall clock, or the market's own in a replay. */
  readonly clock: () => number;
  /** Told in a line what keeps a trader from matching anything, once until that changes. */
  readonly onTraderTrouble: (line: string) => void;
}

/** What a number of screenings found. */
export interface Tally {
  /** Rounds over all traders. */
  screenings: number;
  /** Symbols that matched, new and continuing, summed over traders. */
  matches: number;
  newMatches: number;
  continuingMatches: number;
  /** One for each new match. */
  signals: number;
  /** Traders screened. */
  traders: number;
  /** Traders that could not be screened. */
  errors: number;
}

/** A tally of nothing. */
export function newTally(): Tally {
  return {
    screenings: 0,
    matches: 0,
    newMatches: 0,
    continuingMatches: 0,
    signals: 0,
    traders: 0,
    errors: 0,
  };
}

/** Screens all traders over the market of this moment, and makes a signal of each new match. */
export class Orchestrator {
  readonly #options: OrchestratorOptions;
  /** Over all screenings so far. */
  readonly total = newTally();
  /** The trouble that was told last, by trader id: at most one line a trader of the last screening. */
  #told = new Map<string, string>();

  constructor(options: OrchestratorOptions) {
    this.#options = options;
  }

  /** One screening. Resolves when the hub has merged what it counted. */
  async screen(): Promise<Tally> {
    const {pool, store, traders, clock} = this.#options;
    const results = await pool.executeFilters(traders, {
      symbols: [...store.tickers.keys()],
      tickers: store.tickers,
      klines: store.snapshot(),
      timestamp: clock(),
    });
    const tally = {...newTally(), screenings: 1};
    for (const result of results.values()) this.#add(tally, result);
    this.#tell(results);
    for (const key of Object.keys(tally) as (keyof Tally)[]) this.total[key] += tally[key];
    return tally;
  }

  #add(tally: Tally, {traderId, traderName, matches, continuingMatches = 0, error}: TraderResult) {
    tally.traders++;
    tally.newMatches += matches.length;
    tally.continuingMatches += continuingMatches;
    tally.matches += matches.length + continuingMatches;
    tally.signals += matches.length;
    if (error !== undefined) tally.errors++;
    this.#options.metrics.traderSignals.inc(
      {trader_id: traderId, trader_name: traderName},
      matches.length,
    );
  }

  #tell(results: ReadonlyMap<string, TraderResult>): void {
    const told = new Map<string, string>();
    const hasMarket = this.#options.store.tickers.size > 0;
    for (const [id, result] of results) {
      const trouble = troubleOf(result, hasMarket);
      if (trouble === undefined) continue;
      told.set(id, trouble);
      if (this.#told.get(id) !== trouble) this.#options.onTraderTrouble(trouble);
    }
    this.#told = told;
  }
}

/** Why a trader's matches may be missing, in one line; undefined where nothing speaks against it. */
function troubleOf(result: TraderResult, hasMarket: boolean): string | undefined {
  const {traderName, error, throws, symbolCount} = result;
  if (error !== undefined) return `Trader ${traderName} can't be screened: ${error}`;
  if (throws !== undefined && throws.symbolCount === symbolCount) {
    return `The filter of trader ${traderName} fails on every symbol: ${throws.firstMessage}`;
  }
  if (symbolCount === 0 && hasMarket) {
    return `Trader ${traderName} sees no symbol: the market has no candles of its intervals yet`;
  }
  return undefined;
}
