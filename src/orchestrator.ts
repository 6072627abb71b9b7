import type {KlineSnapshot} from './market/kline-layout.js';
import type {KlineStore} from './market/kline-store.js';
import type {Metrics} from './metrics/catalogue.js';
import type {ScreenerPool} from './pool/screener-pool.js';
import {type CloudTrader, intervalsOf, type TraderResult} from './screener/trader.js';
import type {AnalysisRequest} from './signals/analyser.js';
import type {AnalysisOrder, LeftSignal, Signal, SignalSink} from './signals/signal.js';
import {SnapshotCutter} from './signals/snapshot-cutter.js';
import type {Priority} from './signals/waiting-list.js';
import {TraderTroubles} from './trader-troubles.js';

/** Milliseconds after its match for which a signal that an earlier run left is still analysed; an older one has failed. */
export const RESUME_AGE_MS_MAX = 3_600_000;

/** Options of {@link Orchestrator}. */
export interface OrchestratorOptions {
  readonly pool: ScreenerPool;
  readonly store: KlineStore;
  readonly metrics: Metrics<'traderSignals'>;
  /** Those to screen now; asked at each screening. */
  readonly traders: () => readonly CloudTrader[];
  /** Epoch milliseconds: the wall clock, or the market's own in a replay. */
  readonly clock: () => number;
  /** The id of a signal that is being made. */
  readonly idOf: (made: Omit<Signal, 'id'>) => string;
  /** Where the market comes from; stands in each signal. */
  readonly source: string;
  /** Keeps the signals of each screening, of one without any too. Default none. */
  readonly sink?: SignalSink | undefined;
  /** Takes each signal, in the turn in which it is counted. */
  readonly analyse: (request: AnalysisRequest, priority: Priority) => void;
  /** Takes each signal that an earlier run left. Default: none is taken up. */
  readonly resume?: (request: AnalysisRequest, priority: Priority, isExpired: boolean) => void;
  /** Told in a line what keeps a trader from matching what it might, once until that changes. */
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
  readonly #troubles: TraderTroubles;
  readonly #cutter = new SnapshotCutter();

  constructor(options: OrchestratorOptions) {
    this.#options = options;
    this.#troubles = new TraderTroubles(options.onTraderTrouble);
  }

  /**
   * One screening. Resolves when the hub has merged what it counted and the sink has its signals; no signal is counted or
   * analysed before that.
   */
  async screen(): Promise<Tally> {
    const {pool, store, clock, sink} = this.#options;
    const traders = this.#options.traders();
    const timestamp = clock();
    const klines = store.snapshot();
    const results = await pool.executeFilters(traders, {
      symbols: [...store.tickers.keys()],
      tickers: store.tickers,
      klines,
      timestamp,
    });
    const signals = [...results.values()].flatMap(result => this.#signalsOf(result, timestamp));
    const byId = new Map(traders.map(trader => [trader.id, trader]));
    const orders = signals.map(({traderId}) => orderOf(byId.get(traderId)!));
    await sink?.recordSignals(signals, orders);
    const tally = {...newTally(), screenings: 1};
    for (const result of results.values()) this.#add(tally, result);
    this.#analyse(signals, orders, klines);
    this.#troubles.tell(results, byId, store.tickers.size > 0);
    for (const key of Object.keys(tally) as (keyof Tally)[]) this.total[key] += tally[key];
    return tally;
  }

  /**
   * Takes up signals that earlier runs left without an analysis, by the candles that had closed at their match. To be called
   * once the market has these. One of another market, or older than {@link RESUME_AGE_MS_MAX}, has failed.
   */
  resume(left: readonly LeftSignal[]): void {
    const {store, clock, source, resume} = this.#options;
    if (left.length === 0) return;
    const klines = store.snapshot();
    const oldestMs = clock() - RESUME_AGE_MS_MAX;
    for (const {signal, intervals, priority} of left) {
      const closedByMs = signal.madeAtMs;
      const candles = this.#cutter.cut(klines, {symbol: signal.symbol, intervals, closedByMs});
      const isExpired = signal.source !== source || signal.madeAtMs < oldestMs;
      const request = {signal, intervals, klines: candles, closedByMs};
      resume?.(request, priority, isExpired);
    }
  }

  #signalsOf({traderId, traderName, matches}: TraderResult, madeAtMs: number): Signal[] {
    const {idOf, source} = this.#options;
    return matches.map(({symbol, price, matchedConditions}) => {
      const made = {traderId, traderName, symbol, price, matchedConditions, madeAtMs, source};
      return {id: idOf(made), ...made};
    });
  }

  #analyse(
    signals: readonly Signal[],
    orders: readonly AnalysisOrder[],
    klines: KlineSnapshot,
  ): void {
    for (const [i, signal] of signals.entries()) {
      const {intervals, priority} = orders[i]!;
      const candles = this.#cutter.cut(klines, {symbol: signal.symbol, intervals});
      this.#options.analyse({signal, intervals, klines: candles}, priority);
    }
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
}

function orderOf(trader: CloudTrader): AnalysisOrder {
  return {intervals: intervalsOf(trader), priority: trader.analysisPriority ?? 'normal'};
}
