import {EXECUTION_BUCKETS_MS} from './buckets.js';
import type {Declarations} from './declarations.js';

const TRADER = ['trader_id', 'trader_name'] as const;

/** How a trader's filter can end the worker that it runs in. */
export const RUNAWAY_REASONS = ['timeout', 'out_of_memory', 'worker_died'] as const;

/** One of {@link RUNAWAY_REASONS}. */
export type RunawayReason = (typeof RUNAWAY_REASONS)[number];

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
  traderQuarantined: {
    type: 'gauge',
    name: 'trader_quarantined',
    help: 'Whether a trader is kept from screenings (1, else 0): its filter ended three workers in a row.',
    labelNames: TRADER,
  },
} as const satisfies Declarations;
