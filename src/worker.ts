/**
 * Public API inside a worker thread.
 * @module
 */
export type {FlushMark, WorkerPort} from './channel/worker-port.js';
export {bindCatalogue, type FamilyKey, type Metrics} from './metrics/catalogue.js';
export type {Counter, CounterSeries} from './metrics/counter.js';
export type {Aggregator, FamilyOptions} from './metrics/family.js';
export type {Gauge, GaugeSeries} from './metrics/gauge.js';
export type {Histogram, HistogramSeries} from './metrics/histogram.js';
export type {Recorder} from './metrics/recorder.js';
export {type Labels, OWN_SLOT} from './metrics/series.js';

export {type Bridge, type BridgeOptions, bridge, PROCESS_METRICS} from './worker/bridge.js';
export {type ConnectOptions, connect, FLUSH_INTERVAL_MS} from './worker/connect.js';
