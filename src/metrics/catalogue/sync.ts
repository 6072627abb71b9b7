import {LATENCY_BUCKETS_MS} from './buckets.js';
import type {Declarations} from './declarations.js';

/** The queues of the state synchroniser, one series each of `sync_queue_depth`. */
export const SYNC_QUEUES = ['signals', 'metrics', 'events'] as const;

/** The writing to the database. */
export const SYNC_FAMILIES = {
  syncQueueDepth: {
    type: 'gauge',
    name: 'sync_queue_depth',
    help: 'Rows that wait to be written to the database, by queue.',
    labelNames: ['queue_type'],
  },
  syncBatchWrites: {
    type: 'counter',
    name: 'sync_batch_writes_total',
    help: 'Batches written to the database.',
  },
  syncWriteErrors: {
    type: 'counter',
    name: 'sync_write_errors_total',
    help: 'Batches that the database refused or did not answer.',
  },
  syncWriteDuration: {
    type: 'histogram',
    name: 'sync_write_duration_ms',
    help: 'Time of one batch write, in milliseconds.',
    buckets: LATENCY_BUCKETS_MS,
  },
} as const satisfies Declarations;
