import {LATENCY_BUCKETS_MS} from './buckets.js';
import type {Declarations} from './declarations.js';

/** The queues of the state synchroniser, one series each of `sync_queue_depth`. */
export const SYNC_QUEUES = ['signals', 'metrics', 'events'] as const;

/**
 * Why a row was given up: the outbox or the memory before it was full, or the database takes the row under no condition.
 * The `reason` label of `sync_rows_dropped_total`.
 */
export const SYNC_DROP_REASONS = ['outbox_full', 'memory_full', 'refused'] as const;

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
  syncRowsWritten: {
    type: 'counter',
    name: 'sync_rows_written_total',
    help: 'Rows that the database has confirmed, by queue; one that was sent twice counts once.',
    labelNames: ['queue_type'],
  },
  syncRowsDropped: {
    type: 'counter',
    name: 'sync_rows_dropped_total',
    help: 'Rows that were given up, by queue and reason.',
    labelNames: ['queue_type', 'reason'],
  },
  syncUncommittedRows: {
    type: 'gauge',
    name: 'sync_uncommitted_rows',
    help: 'Rows that the local file has not committed yet, and that the end of the process would lose.',
  },
  syncOutboxBytes: {
    type: 'gauge',
    name: 'sync_outbox_bytes',
    help: 'Bytes that rows take in the outbox, which has a limit.',
  },
  syncOutboxLimit: {
    type: 'gauge',
    name: 'sync_outbox_limit_bytes',
    help: 'Bytes that rows may take in the outbox; a full one drops rows.',
  },
  syncOutboxErrors: {
    type: 'counter',
    name: 'sync_outbox_errors_total',
    help: 'Commits to the outbox that failed and are repeated.',
  },
} as const satisfies Declarations;
