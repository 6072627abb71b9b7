import type {Counter} from './counter.js';
import type {FamilyOptions, FamilyType} from './family.js';
import type {Gauge} from './gauge.js';
import type {Histogram} from './histogram.js';
import {type Recorder, SAMPLES_DROPPED} from './recorder.js';

/** Filter and task times in milliseconds; 5000 is the limit that alerts watch. */
const EXECUTION_BUCKETS_MS = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 30_000,
] as const;

/** Network and database times in milliseconds. */
const LATENCY_BUCKETS_MS = [
  1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
] as const;

/** The hub's own work in seconds, from 10 microseconds. */
const WORK_BUCKETS_SECONDS = [
  0.000_01, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 1,
] as const;

const TRADER = ['trader_id', 'trader_name'] as const;
const SERIES = ['symbol', 'interval'] as const;

/** The states of the Binance stream, one series each of `binance_ws_connected`. */
export const STREAM_STATES = ['connected', 'connecting', 'reconnecting', 'disconnected'] as const;

/** The event types that `binance_ws_messages_total` knows before the first message. */
export const STREAM_MESSAGE_TYPES = ['ticker', 'kline', 'control', 'other'] as const;

/** The queues of the state synchroniser, one series each of `sync_queue_depth`. */
export const SYNC_QUEUES = ['signals', 'metrics', 'events'] as const;

/** Why a message of a worker was refused; the `reason` label of `hub_messages_dropped_total`. */
export const MESSAGE_DROP_REASONS = ['undecodable', 'protocol_version'] as const;

/**
 * Every family that hub and machine expose, declared once; dashboards, alerts and docs derive from it. The order is that
 * of the page: where a scraper limits series the last ones lose, so families with few series come first.
 */
export const CATALOGUE = {
  hubSamplesDropped: {type: 'counter', ...SAMPLES_DROPPED},
  hubMessagesDropped: {
    type: 'counter',
    name: 'hub_messages_dropped_total',
    help: 'Messages of workers that the hub refused, by reason.',
    labelNames: ['reason'],
  },
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
  hubPageOversize: {
    type: 'counter',
    name: 'hub_page_oversize_total',
    help: 'Pages larger than 16 MB before compression, which scrapers may drop.',
  },
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
  binanceWsConnected: {
    type: 'gauge',
    name: 'binance_ws_connected',
    help: 'State of the Binance stream: 1 for the present state, 0 for the others.',
    labelNames: ['status'],
    aggregator: 'max',
  },
  binanceWsReconnects: {
    type: 'counter',
    name: 'binance_ws_reconnects_total',
    help: 'Times the Binance stream was connected again after it was lost.',
  },
  binanceWsMessages: {
    type: 'counter',
    name: 'binance_ws_messages_total',
    help: 'Messages received from the Binance stream, by type.',
    labelNames: ['type'],
  },
  binanceWsLatency: {
    type: 'histogram',
    name: 'binance_ws_latency_ms',
    help: 'From the event time of a Binance message to its receipt, in milliseconds.',
    buckets: LATENCY_BUCKETS_MS,
  },
  signalsPendingAnalysis: {
    type: 'gauge',
    name: 'signals_pending_analysis',
    help: 'Signals that wait for their analysis or are being analysed now.',
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
  binanceTickerUpdates: {
    type: 'counter',
    name: 'binance_ticker_updates_total',
    help: 'Ticker updates received from Binance.',
    labelNames: ['symbol'],
  },
  klineParseErrors: {
    type: 'counter',
    name: 'kline_parse_errors_total',
    help: 'Candles that could not be read.',
    labelNames: ['symbol'],
  },
  klineLastUpdateTimestamp: {
    type: 'gauge',
    name: 'kline_last_update_timestamp',
    help: 'When a candle last changed, in milliseconds since 1970.',
    labelNames: SERIES,
    aggregator: 'max',
  },
  klineDataAge: {
    type: 'gauge',
    name: 'kline_data_age_seconds',
    help: 'Time since a candle last changed, at the moment of the scrape.',
    labelNames: SERIES,
    aggregator: 'min',
  },
  klineBufferSize: {
    type: 'gauge',
    name: 'kline_buffer_size',
    help: 'Candles held now.',
    labelNames: SERIES,
  },
  klineUpdates: {
    type: 'counter',
    name: 'kline_updates_total',
    help: 'Candle updates taken in, those of the history included.',
    labelNames: SERIES,
  },
  klineMissingData: {
    type: 'counter',
    name: 'kline_missing_data_total',
    help: 'Candles found missing in gaps.',
    labelNames: SERIES,
  },
} as const satisfies Record<string, FamilyOptions & {readonly type: FamilyType}>;

/** Name of a family in code. */
export type FamilyKey = keyof typeof CATALOGUE;

type Entry = (typeof CATALOGUE)[FamilyKey];
type LabelOf<E extends Entry> = E extends {readonly labelNames: readonly (infer L extends string)[]}
  ? L
  : never;
type MetricOf<E extends Entry> = E['type'] extends 'counter'
  ? Counter<LabelOf<E>>
  : E['type'] extends 'gauge'
    ? Gauge<LabelOf<E>>
    : Histogram<LabelOf<E>>;

/** Metrics by name in code, their labels checked by the compiler. */
export type Metrics<K extends FamilyKey = FamilyKey> = {
  readonly [Key in K]: MetricOf<(typeof CATALOGUE)[Key]>;
};

/** Every family's name in code, in the order of the page. */
export const FAMILY_KEYS = Object.freeze(Object.keys(CATALOGUE)) as readonly FamilyKey[];

/** Declares families of the catalogue with a thread's recorder: those that this thread records, all by default. */
export function bindCatalogue<K extends FamilyKey = FamilyKey>(
  recorder: Recorder,
  keys: readonly K[] = FAMILY_KEYS as readonly K[],
): Metrics<K> {
  const bound = keys.map(key => {
    const {type, ...options} = CATALOGUE[key] as FamilyOptions & {type: FamilyType};
    return [key, recorder[type](options)];
  });
  return Object.freeze(Object.fromEntries(bound));
}
