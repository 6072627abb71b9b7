import {LATENCY_BUCKETS_MS} from './buckets.js';
import type {Declarations} from './declarations.js';

const SERIES = ['symbol', 'interval'] as const;

/** The states of the Binance stream, one series each of `binance_ws_connected`. */
export const STREAM_STATES = ['connected', 'connecting', 'reconnecting', 'disconnected'] as const;

/** The event types that `binance_ws_messages_total` knows before the first message. */
export const STREAM_MESSAGE_TYPES = ['ticker', 'kline', 'control', 'other'] as const;

/** What becomes of updates that the stream brings and the store doesn't take. */
export const IGNORED_REASONS = ['outdated', 'unasked'] as const;

/** How a REST request ended, as `binance_rest_requests_total` has it. */
export const REST_STATUSES = [
  '200',
  '403',
  '418',
  '429',
  '4xx',
  '5xx',
  'timeout',
  'network',
] as const;

/** The connection to the exchange. */
export const STREAM_FAMILIES = {
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
    help: 'From the event time of a Binance message to its receipt, in milliseconds; 0 where its clock is ahead of ours.',
    buckets: LATENCY_BUCKETS_MS,
  },
  binanceWsRenewals: {
    type: 'counter',
    name: 'binance_ws_renewals_total',
    help: 'Connections of the Binance stream that were replaced before their 24 hours ended.',
  },
  binanceWsPings: {
    type: 'counter',
    name: 'binance_ws_pings_total',
    help: 'Pings received from the Binance stream; each is answered.',
  },
  binanceUpdatesIgnored: {
    type: 'counter',
    name: 'binance_updates_ignored_total',
    help: 'Updates not taken: an equal or later one was known, or nobody had asked for the series.',
    labelNames: ['reason'],
  },
  binanceRestRequests: {
    type: 'counter',
    name: 'binance_rest_requests_total',
    help: 'Requests to the REST interface of Binance, by the status of the answer.',
    labelNames: ['status'],
  },
  binanceRestWeightUsed: {
    type: 'gauge',
    name: 'binance_rest_weight_used',
    help: 'Weight of the REST requests of the present minute.',
  },
  klineUpdatesDropped: {
    type: 'counter',
    name: 'kline_updates_dropped_total',
    help: 'Candles and tickers of symbols that the store has no room for.',
    labelNames: ['reason'],
  },
  klineRepairedData: {
    type: 'counter',
    name: 'kline_repaired_data_total',
    help: 'Candles filled in that were missing, or had lost their last update.',
  },
  klineRepairsPending: {
    type: 'gauge',
    name: 'kline_repairs_pending',
    help: 'Series whose history or gaps are being loaded, or wait for it.',
  },
} as const satisfies Declarations;

/** The candles of each symbol and interval. */
export const KLINE_FAMILIES = {
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
} as const satisfies Declarations;
