import type {Declarations} from './declarations.js';

/** What becomes of a signal. */
export const SIGNAL_FAMILIES = {
  signalsPendingAnalysis: {
    type: 'gauge',
    name: 'signals_pending_analysis',
    help: 'Signals that wait for their analysis or are being analysed now.',
  },
  signalsPendingLimit: {
    type: 'gauge',
    name: 'signals_pending_limit',
    help: 'Signals that may wait for their analysis or be analysed at once; further ones fail.',
  },
  signalsAnalyzed: {
    type: 'counter',
    name: 'signals_analyzed_total',
    help: 'Signals whose analysis succeeded.',
  },
  signalsFailed: {
    type: 'counter',
    name: 'signals_failed_total',
    help: 'Signals whose analysis failed for good.',
  },
  signalsResumed: {
    type: 'counter',
    name: 'signals_resumed_total',
    help: 'Signals without an analysis that an earlier run of the machine left, taken up again.',
  },
  analysisFailures: {
    type: 'counter',
    name: 'analysis_failures_total',
    help: 'Signals whose analysis failed for good, by reason.',
    labelNames: ['reason'],
  },
  analysisRetries: {
    type: 'counter',
    name: 'analysis_retries_total',
    help: 'Analyses that were repeated after a failed try.',
  },
} as const satisfies Declarations;
