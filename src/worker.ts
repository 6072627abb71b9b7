/**
 * Public API inside a worker thread.
 * @module
 */
export type {ThreadPart} from './channel/own-thread.js';
export type {FlushMark, WorkerPort} from './channel/worker-port.js';
export {bindCatalogue, type FamilyKey, type Metrics} from './metrics/catalogue.js';
export type {Counter as CounterFamily, CounterSeries} from './metrics/counter.js';
export type {Aggregator, FamilyOptions} from './metrics/family.js';
export type {Gauge as GaugeFamily, GaugeSeries} from './metrics/gauge.js';
export type {Histogram as HistogramFamily, HistogramSeries} from './metrics/histogram.js';
export type {Recorder} from './metrics/recorder.js';
export {type Labels, OWN_SLOT} from './metrics/series.js';
export type {Summary as SummaryFamily, SummarySeries} from './metrics/summary.js';
export {attach} from './worker/attach.js';
export {type Bridge, type BridgeOptions, bridge, PROCESS_METRICS} from './worker/bridge.js';
export {type ConnectOptions, connect, FLUSH_INTERVAL_MS} from './worker/connect.js';
export {defaultConnection} from './worker/default-connection.js';
export * from './worker/prom-client-api.js';
// For `import client from 'threadtally/worker'`, as prom-client can be imported.
export * as default from './worker/prom-client-api.js';
