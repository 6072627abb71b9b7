import type {KlineInterval} from '../market/kline.js';
import type {Priority} from './waiting-list.js';

/** What an analysis may advise: to buy, to sell, or to do nothing yet. */
export const DECISIONS = ['long', 'short', 'wait'] as const;

/** One of {@link DECISIONS}. */
export type Decision = (typeof DECISIONS)[number];

/** Why a signal was not analysed; the `reason` of its {@link AnalysisFailure}. */
export const FAILURE_REASONS = [
  /** As many signals waited as the queue holds, and none of a lower priority. */
  'queue_full',
  /** No try ended in time. */
  'timeout',
  /** The last try threw, or its endpoint could not be reached or answered with an error. */
  'error',
  /** The analyser answered with something that is no analysis, or said that a repeat is of no use. */
  'rejected',
  /** The machine stopped before the signal's turn came or its analysis ended. Its next run tries again. */
  'shutdown',
  /** An earlier run of the machine left the signal, too long ago, or in another market than this run's. */
  'expired',
] as const;

/** One of {@link FAILURE_REASONS}. */
export type FailureReason = (typeof FAILURE_REASONS)[number];

/** A new match of a trader: made once, at the match, and never changed. */
export interface Signal {
  /** UUIDv7, lower case: ascends with the machine's signals, and is the same everywhere. */
  readonly id: string;
  readonly traderId: string;
  readonly traderName: string;
  /** Upper case. */
  readonly symbol: string;
  /** Last price at the match, in the quote asset. */
  readonly price: number;
  /** What the filter says has matched; often empty. */
  readonly matchedConditions: readonly string[];
  /** Epoch milliseconds of the market's clock: in a replay, the time that is replayed. */
  readonly madeAtMs: number;
  /** Where the market came from, such as `simulated` or `replay`. */
  readonly source: string;
}

/** Prices around which the market turned, in the quote asset, nearest to the signal's price first. */
export interface KeyLevels {
  /** Below the price. */
  readonly support: readonly number[];
  /** Above the price. */
  readonly resistance: readonly number[];
}

/** What to do about a signal; prices in the quote asset, null or none where nothing is to be done. */
export interface TradePlan {
  readonly entryPrice: number | null;
  /** Where the trade was wrong: below the entry of a `long`, above that of a `short`. */
  readonly stopPrice: number | null;
  /** Where to take profits, nearest first. */
  readonly targetPrices: readonly number[];
  /** For people, in a line. */
  readonly note: string;
}

/** What an analyser makes of a signal. */
export interface Verdict {
  readonly decision: Decision;
  /** 0 to 1. */
  readonly confidence: number;
  readonly keyLevels: KeyLevels;
  readonly plan: TradePlan;
}

/** The analysis of a signal, of which it has at most one. */
export interface SignalAnalysis extends Verdict {
  /** UUIDv7 of its own. */
  readonly id: string;
  readonly signalId: string;
  /** Name of the analyser that made it. */
  readonly analyser: string;
  /** Epoch milliseconds of the market's clock. */
  readonly analysedAtMs: number;
}

/** That a signal will have no analysis. */
export interface AnalysisFailure {
  readonly signalId: string;
  readonly reason: FailureReason;
  /** What was thrown or answered, in a line. */
  readonly detail: string;
  /** Epoch milliseconds of the market's clock. */
  readonly failedAtMs: number;
}

/** How a signal is to be analysed. */
export interface AnalysisOrder {
  /** Intervals that the trader's filter looks at; the first is the one to go by. */
  readonly intervals: readonly KlineInterval[];
  readonly priority: Priority;
}

/** A signal that an earlier run of the machine made, and left without an analysis. */
export interface LeftSignal extends AnalysisOrder {
  readonly signal: Signal;
}

/** Keeps signals. */
export interface SignalSink {
  /**
   * Takes the signals of one screening, in the order of their ids, and in the same order how each is to be analysed.
   * Resolves when they are as safe as the sink makes them; what it must refuse it counts and tells by itself. Never rejects.
   */
  recordSignals(signals: readonly Signal[], orders: readonly AnalysisOrder[]): Promise<void>;
}

/** Keeps what became of signals: exactly one call for each signal that the analysis queue was given. Never throws. */
export interface AnalysisSink {
  recordAnalysis(analysis: SignalAnalysis): void;
  recordFailure(failure: AnalysisFailure): void;
}
