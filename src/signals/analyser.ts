import type {KlineInterval} from '../market/kline.js';
import type {KlineSnapshot} from '../market/kline-layout.js';
import type {Signal, Verdict} from './signal.js';

/** What an analyser gets. */
export interface AnalysisRequest {
  readonly signal: Signal;
  /** Intervals that the trader's filter looks at; the first is the one to go by. */
  readonly intervals: readonly KlineInterval[];
  /**
   * The candles of these at the match, the newest of each: a copy, so that what is made of them doesn't depend on when, however
   * many candles have closed since.
   */
  readonly klines: KlineSnapshot;
  /**
   * Candles that closed later, in epoch milliseconds, are left out: `klines` is of a later moment than the match. Absent
   * where it is of the match.
   */
  readonly closedByMs?: number;
}

/**
 * Analyses one signal. It must end soon after the abort signal does: its place in the queue is given to another then. What
 * it throws counts as a failed try; an {@link AnalysisError} says what to do about it.
 */
export type Analyse = (request: AnalysisRequest, abort: AbortSignal) => Promise<Verdict>;

/** How a try failed. */
export type AnalysisErrorCode =
  /** There was no answer, or one that says to come again later. Repeated. */
  | 'analysis_unavailable'
  /** It took too long. Repeated. */
  | 'analysis_timeout'
  /** The answer is no analysis. Repeated: a language model may do better the next time. */
  | 'analysis_invalid'
  /** It would fail in the same way again. Not repeated. */
  | 'analysis_refused';

/** Options of {@link AnalysisError}. */
export interface AnalysisErrorOptions extends ErrorOptions {
  /** Milliseconds for which the analyser asks to be left alone, by this signal and by all others. */
  readonly retryAfterMs?: number | undefined;
}

/** A signal could not be analysed in this try. */
export class AnalysisError extends Error {
  override readonly name = 'AnalysisError';
  readonly code: AnalysisErrorCode;
  readonly retryAfterMs: number;

  constructor(
    code: AnalysisErrorCode,
    message: string,
    {retryAfterMs = 0, ...options}: AnalysisErrorOptions = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}
