/**
 * The only importer of prom-client. Its own metric classes stay here: in a worker they would record where no hub looks.
 * @module
 */

export type {
  Charset,
  CollectFunction,
  Collector,
  DefaultMetricsCollectorConfiguration,
  IncreaseDataWithExemplar,
  LabelValues,
  MetricConfiguration,
  MetricObject,
  MetricObjectWithValues,
  MetricType,
  MetricValue,
  MetricValueWithName,
  ObserveDataWithExemplar,
  OpenMetricsContentType,
  OpenMetricsMIME,
  OpenMetricsVersion,
  PrometheusContentType,
  PrometheusMetricsVersion,
  PrometheusMIME,
  RegistryContentType,
} from 'prom-client';

import client, {type Aggregator} from 'prom-client';

export {
  AggregatorRegistry,
  collectDefaultMetrics,
  exponentialBuckets,
  linearBuckets,
  openMetricsContentType,
  Pushgateway,
  prometheusContentType,
  Registry,
  register,
  validateMetricName,
} from 'prom-client';

/** Makes one metric of those of several registries, as `getMetricsAsJSON()` gives them; `omit` makes none. */
export type AggregateMetrics = (metrics: readonly object[]) => object | undefined;

// prom-client exports them, and its types don't say so.
export const {aggregators} = client as unknown as {
  aggregators: Readonly<Record<Aggregator, AggregateMetrics>>;
};

/** The content type of the global registry as it was loaded; `register.contentType` tells the present one. */
export const {contentType} = client as unknown as {contentType: string};
