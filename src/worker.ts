/**
 * Public API inside a worker thread.
 *
 * The build's last word on it are a few files instead of 60 modules, which Node opens one by one in every fresh worker
 * (`build-worker` in package.json; bench/start). What else is imported by itself of what is bundled here, by workers/screener.ts
 * or by tests, is an entry there, too: all of them share what they have in common, so that a thread has each module's state
 * once. After `tsc` alone the modules stand there again, and do the same.
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
