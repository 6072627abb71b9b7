/**
 * Public API of the main thread.
 * @module
 */
export {MergeWaitError, type MergeWaitErrorCode} from './channel/merge-waits.js';
export type {FlushMark} from './channel/worker-port.js';
export {ListenError, type ListenErrorCode} from './http/listen-error.js';
export {type ListenOptions, listen, type MetricsServer} from './http/server.js';
export type {Page, PageFormat} from './hub/hub-pages.js';
export {type Attachment, MetricsHub, type MetricsHubOptions} from './hub/metrics-hub.js';
export type {InstrumentOptions} from './hub/pool-families.js';
export type {InstrumentablePool} from './hub/pool-instruments.js';
export type {ThreadMetricsOptions} from './hub/thread-metrics.js';
export type {Kline, KlineInterval, MarketData, Ticker} from './market/kline.js';
export type {KlineSnapshot} from './market/kline-layout.js';
export {KlineStore, type KlineStoreOptions} from './market/kline-store.js';
export {bindCatalogue, CATALOGUE, type FamilyKey, type Metrics} from './metrics/catalogue.js';
export type {Counter, CounterSeries} from './metrics/counter.js';
export type {Aggregator, FamilyOptions} from './metrics/family.js';
export type {Gauge, GaugeSeries} from './metrics/gauge.js';
export type {Histogram, HistogramSeries} from './metrics/histogram.js';
export type {Recorder} from './metrics/recorder.js';
export type {Labels} from './metrics/series.js';
export type {Summary, SummarySeries} from './metrics/summary.js';
export {HelpersError} from './pool/helpers-error.js';
export type {ScreenerPoolOptions} from './pool/pool-options.js';
export {type PoolStats, ScreenerPool, type ScreeningMarket} from './pool/screener-pool.js';
export type {CloudTrader, TraderMatch, TraderResult} from './screener/trader.js';
