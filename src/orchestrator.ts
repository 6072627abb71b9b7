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
  /** Told of a trader that can't be screened, once a reason. */
  readonly onTraderError: (traderName: string, error: string) => void;
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
    errors: 0,
  };
}

/** Screens all traders over the market of this moment, and makes a signal of each new match. */
export class Orchestrator {
  readonly #options: OrchestratorOptions;
  /** Over all screenings so far. */
  readonly total = newTally();
  /** The error that was told last, by trader id. */
  readonly #toldErrors = new Map<string, string>();

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
    for (const key of Object.keys(tally) as (keyof Tally)[]) this.total[key] += tally[key];
    return tally;
  }

  #add(tally: Tally, {traderId, traderName, matches, continuingMatches = 0, error}: TraderResult) {
    tally.newMatches += matches.length;
    tally.continuingMatches += continuingMatches;
    tally.matches += matches.length + continuingMatches;
    tally.signals += matches.length;
    this.#options.metrics.traderSignals.inc(
      {trader_id: traderId, trader_name: traderName},
      matches.length,
    );
    if (error === undefined) {
      this.#toldErrors.delete(traderId);
      return;
    }
    tally.errors++;
    if (this.#toldErrors.get(traderId) === error) return;
    this.#toldErrors.set(traderId, error);
    this.#options.onTraderError(traderName, error);
  }
}
