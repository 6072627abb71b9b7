import {EXECUTION_BUCKETS_MS} from './buckets.js';
import type {Declarations} from './declarations.js';

/** Why a task is refused. */
export const REFUSAL_REASONS = ['queue_full'] as const;

/** The screener's pool: its workers, its queue, its tasks. A task is a trader to screen, whatever is posted to a worker. */
export const POOL_FAMILIES = {
  screenerWorkersActive: {
    type: 'gauge',
    name: 'screener_workers_active',
    help: 'Worker threads that run a screening task now.',
  },
  screenerWorkersIdle: {
    type: 'gauge',
    name: 'screener_workers_idle',
    help: 'Worker threads that wait for a screening task now.',
  },
  screenerQueueDepth: {
    type: 'gauge',
    name: 'screener_queue_depth',
    help: 'Screening tasks that wait for a worker now.',
  },
  screenerTasksRefused: {
    type: 'counter',
    name: 'screener_tasks_refused_total',
    help: 'Screening tasks that were not taken, by reason; their results say so.',
    labelNames: ['reason'],
  },
  screenerTasksRerun: {
    type: 'counter',
    name: 'screener_tasks_rerun_total',
    help: 'Traders given to another worker because theirs died of something else.',
  },
  screenerFiltersCompiled: {
    type: 'counter',
    name: 'screener_filters_compiled_total',
    help: 'Filters that workers compiled: each once a worker, as long as it keeps them.',
  },
  screenerRowsDropped: {
    type: 'counter',
    name: 'screener_rows_dropped_total',
    help: 'Rows of candles that workers dropped at their limit, and build again when asked for.',
  },
  screenerResultsUncached: {
    type: 'counter',
    name: 'screener_results_uncached_total',
    help: 'Results of helpers that workers did not keep, because they keep enough of that series.',
  },
  screenerSeriesVerbatim: {
    type: 'gauge',
    name: 'screener_series_verbatim',
    help: 'Series of the last screening that went to workers as texts, as numbers could not tell them.',
  },
  screenerTaskDuration: {
    type: 'histogram',
    name: 'screener_task_duration_ms',
    help: 'Time of one trader in its worker, in milliseconds, by worker slot.',
    labelNames: ['worker_id'],
    buckets: EXECUTION_BUCKETS_MS,
  },
} as const satisfies Declarations;
