import {EXECUTION_BUCKETS_MS} from './buckets.js';
import type {Declarations} from './declarations.js';

const TRADER = ['trader_id', 'trader_name'] as const;

/** How a trader's filter can end the worker that it runs in. */
export const RUNAWAY_REASONS = ['timeout', 'out_of_memory', 'worker_died'] as const;

/** One of {@link RUNAWAY_REASONS}. */
export type RunawayReason = (typeof RUNAWAY_REASONS)[number];

/**
 * Why a screening of a trader found less than it might have: the filter doesn't parse (`parse`), or could not be run
 * (`failed`); it threw for a symbol at least (`throw`); for a symbol at least it returned neither a boolean nor
 * `{match: boolean}` (`bad_result`); no symbol had a ticker and candles of its intervals (`no_data`).
 */
export const TRADER_ERROR_REASONS = ['parse', 'failed', 'throw', 'bad_result', 'no_data'] as const;

/** One of {@link TRADER_ERROR_REASONS}. */
export type TraderErrorReason = (typeof TRADER_ERROR_REASONS)[number];

/** Each trader's screenings and what they found. */
export const TRADER_FAMILIES = {
  traderScreenings: {
    type: 'counter',
    name: 'trader_screenings_total',
    help: 'Screenings of a trader: its filter was run once over all its symbols.',
    labelNames: TRADER,
  },
  traderMatches: {
    type: 'counter',
    name: 'trader_matches_total',
    help: 'Symbols that matched a filter in a screening, new and continuing ones.',
    labelNames: TRADER,
  },
  traderSignals: {
    type: 'counter',
    name: 'trader_signals_total',
    help: 'Signals made: one for each new match.',
    labelNames: TRADER,
  },
  traderNewMatches: {
    type: 'gauge',
    name: 'trader_new_matches',
    help: 'Symbols that matched in the last screening but not in the one before.',
    labelNames: TRADER,
  },
  traderContinuingMatches: {
    type: 'gauge',
    name: 'trader_continuing_matches',
    help: 'Symbols that matched in the last screening and in the one before.',
    labelNames: TRADER,
  },
  traderSymbolsWatching: {
    type: 'gauge',
    name: 'trader_symbols_watching',
    help: 'Symbols that a filter looked at in the last screening.',
    labelNames: ['trader_id'],
  },
  traderExecutionTime: {
    type: 'histogram',
    name: 'trader_execution_time_ms',
    help: 'Runtime of a filter over all its symbols in one screening, in milliseconds.',
    labelNames: TRADER,
    buckets: EXECUTION_BUCKETS_MS,
  },
  traderRunaways: {
    type: 'counter',
    name: 'trader_runaways_total',
    help: 'Runs of a filter that ended its worker: too long, out of memory, or dead three times over.',
    labelNames: [...TRADER, 'reason'],
  },
  traderErrors: {
    type: 'counter',
    name: 'trader_errors_total',
    help: 'Screenings of a trader that found less than they might: the filter does not parse, could not be run, threw, returned something else than a verdict, or saw no data.',
    labelNames: [...TRADER, 'reason'],
  },
  traderQuarantined: {
    type: 'gauge',
    name: 'trader_quarantined',
    help: 'Whether a trader is kept from screenings (1, else 0): its filter ended three workers in a row.',
    labelNames: TRADER,
  },
} as const satisfies Declarations;
