/**
 * What prom-client exports, for a worker: metrics that record into the ledger, and the rest as it is.
 * @module
 */
import type {Counter} from './counter.js';
import type {Gauge} from './gauge.js';
import type {Histogram} from './histogram.js';
import type {Summary} from './summary.js';

export * from '../prom-client.js';
export {Counter, type CounterConfiguration, type CounterRecord} from './counter.js';
export {Gauge, type GaugeConfiguration} from './gauge.js';
export {Histogram, type HistogramConfiguration, type HistogramRecord} from './histogram.js';
export type {RecordLabels} from './label-arguments.js';
export type {ExemplarLabels} from './local-exemplar.js';
export {Summary, type SummaryConfiguration} from './summary.js';

/** A metric of any type. */
export type Metric<T extends string = string> = Counter<T> | Gauge<T> | Histogram<T> | Summary<T>;
