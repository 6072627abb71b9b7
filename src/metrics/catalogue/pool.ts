import {EXECUTION_BUCKETS_MS} from './buckets.js';
import type {Declarations} from './declarations.js';

/** The screener's pool: its workers, its queue, its tasks. */
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
  screenerTaskDuration: {
    type: 'histogram',
    name: 'screener_task_duration_ms',
    help: 'Time of one screening task in its worker, in milliseconds, by worker slot.',
    labelNames: ['worker_id'],
    buckets: EXECUTION_BUCKETS_MS,
  },
} as const satisfies Declarations;
