import {EXEMPLARS_DROPPED} from '../exemplar.js';
import {SAMPLES_DROPPED} from '../recorder.js';
import {WORK_BUCKETS_SECONDS} from './buckets.js';
import type {Declarations} from './declarations.js';

/** Why a message of a worker was refused (`bad_hello`: a malformed or repeated one); the `reason` label of `hub_messages_dropped_total`. */
export const MESSAGE_DROP_REASONS = ['undecodable', 'protocol_version', 'bad_hello'] as const;

/** Why a metric of prom-client keeps the values of the last reading; the `reason` label of `hub_collect_failures_total`. */
export const COLLECT_FAILURES = ['timeout', 'error'] as const;

/** One of {@link COLLECT_FAILURES}. */
export type CollectFailure = (typeof COLLECT_FAILURES)[number];

/** What the hub measures of itself. */
export const HUB_FAMILIES = {
  hubSamplesDropped: {type: 'counter', ...SAMPLES_DROPPED},
  hubMessagesDropped: {
    type: 'counter',
    name: 'hub_messages_dropped_total',
    help: 'Messages of workers that the hub refused, by reason.',
    labelNames: ['reason'],
  },
  hubExemplarsDropped: {type: 'counter', ...EXEMPLARS_DROPPED},
  hubInfo: {
    type: 'gauge',
    name: 'hub_info',
    help: 'Always 1; the labels say which versions run.',
    labelNames: ['version', 'node_version'],
  },
  hubWorkers: {
    type: 'gauge',
    name: 'hub_workers',
    help: 'Worker threads attached to the hub now.',
  },
  hubSeries: {
    type: 'gauge',
    name: 'hub_series',
    help: 'Series that the hub knows now; a histogram counts once.',
  },
  hubDeltas: {
    type: 'counter',
    name: 'hub_deltas_total',
    help: 'Deltas that the hub has merged.',
  },
  hubDeltaBytes: {
    type: 'counter',
    name: 'hub_delta_bytes_total',
    help: 'Bytes of the deltas that the hub has merged.',
  },
  hubMergeDuration: {
    type: 'histogram',
    name: 'hub_merge_duration_seconds',
    help: 'Main-thread time to merge one delta.',
    buckets: WORK_BUCKETS_SECONDS,
  },
  hubSettlements: {
    type: 'counter',
    name: 'hub_settlements_total',
    help: 'Workers whose ledger the hub has read for the last time, because they ended or died.',
  },
  hubSettledCells: {
    type: 'counter',
    name: 'hub_settled_cells_total',
    help: 'Ledger cells that held more than was flushed when their worker ended.',
  },
  hubScrapeDuration: {
    type: 'histogram',
    name: 'hub_scrape_duration_seconds',
    help: 'Main-thread time to make one page ready.',
    buckets: WORK_BUCKETS_SECONDS,
  },
  hubPageBytes: {
    type: 'gauge',
    name: 'hub_page_bytes',
    help: 'Bytes of the last page that was served.',
  },
  hubCollectFailures: {
    type: 'counter',
    name: 'hub_collect_failures_total',
    help: 'Times that a metric of prom-client could not be read anew, by reason.',
    labelNames: ['reason'],
  },
  hubWaitsRefused: {
    type: 'counter',
    name: 'hub_waits_refused_total',
    help: 'Calls of merged() that were refused, as too many waited.',
  },
  hubPageOversize: {
    type: 'counter',
    name: 'hub_page_oversize_total',
    help: 'Pages larger than 16 MB before compression, which scrapers may drop.',
  },
} as const satisfies Declarations;
