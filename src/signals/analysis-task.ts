import {SnapshotOverrunError} from '../screener/shared-klines.js';
import type {AnalysisRequest} from './analyser.js';
import {analyseCandles} from './built-in-analysis.js';
import {readMatchCandles} from './match-candles.js';
import type {Verdict} from './signal.js';

/** What a worker makes of a signal: a verdict, or why there will never be one. */
export type AnalysisReply = {readonly verdict: Verdict} | {readonly refusal: string};

/** Analyses one signal by the candles of its trader's first interval that has any. */
export function runAnalysis(request: AnalysisRequest): AnalysisReply {
  try {
    const [candles = []] = readMatchCandles(request).values();
    return {verdict: analyseCandles(request.signal.price, candles)};
  } catch (error) {
    // An error loses its class and code on its way to the main thread.
    if (error instanceof SnapshotOverrunError) return {refusal: error.message};
    throw error;
  }
}
