/**
 * The only importer of prom-client. Its own metric classes stay here: in a worker they would record where no hub looks.
 *
 * Its parts are loaded one by one, as they lie in the version that package.json pins, and are the very objects that
 * `import 'prom-client'` gives. The whole takes several times as long (bench/start): its default metrics load OpenTelemetry's
 * API, so these wait until somebody collects them. By `require`: an `import` of CommonJS reads each file once more, to find
 * its names, and takes three times as long.
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

import {createRequire} from 'node:module';
import type * as client from 'prom-client';

const load = createRequire(import.meta.url);

const registry = load('prom-client/lib/registry.js') as typeof client.Registry & {
  readonly globalRegistry: typeof client.register;
  readonly PROMETHEUS_CONTENT_TYPE: client.PrometheusContentType;
  readonly OPENMETRICS_CONTENT_TYPE: client.OpenMetricsContentType;
};

export const Registry: typeof client.Registry = registry;
export type Registry<T extends client.RegistryContentType = client.PrometheusContentType> =
  client.Registry<T>;

export const AggregatorRegistry = load(
  'prom-client/lib/cluster.js',
) as typeof client.AggregatorRegistry;
export type AggregatorRegistry<T extends client.RegistryContentType> = client.AggregatorRegistry<T>;

export const Pushgateway = load('prom-client/lib/pushgateway.js') as typeof client.Pushgateway;
export type Pushgateway<T extends client.RegistryContentType> = client.Pushgateway<T>;

export const register: typeof client.register = registry.globalRegistry;

export const prometheusContentType: client.PrometheusContentType = registry.PROMETHEUS_CONTENT_TYPE;
export const openMetricsContentType: client.OpenMetricsContentType =
  registry.OPENMETRICS_CONTENT_TYPE;

/** The content type of the global registry as it was loaded; `register.contentType` tells the present one. */
export const contentType: string = register.contentType;

export const {linearBuckets, exponentialBuckets} = load(
  'prom-client/lib/bucketGenerators.js',
) as Pick<typeof client, 'linearBuckets' | 'exponentialBuckets'>;

export const {validateMetricName} = load('prom-client/lib/validation.js') as Pick<
  typeof client,
  'validateMetricName'
>;

/** Makes one metric of those of several registries, as `getMetricsAsJSON()` gives them; `omit` makes none. */
export type AggregateMetrics = (metrics: readonly object[]) => object | undefined;

// prom-client exports them, and its types don't say so.
export const {aggregators} = load('prom-client/lib/metricAggregators.js') as {
  aggregators: Readonly<Record<client.Aggregator, AggregateMetrics>>;
};

function wholeClient(): typeof client {
  return load('prom-client') as typeof client;
}

/** prom-client's own, which is loaded when it is first asked for. */
export const collectDefaultMetrics: typeof client.collectDefaultMetrics = Object.defineProperty(
  (configuration?: client.DefaultMetricsCollectorConfiguration<client.RegistryContentType>) =>
    wholeClient().collectDefaultMetrics(configuration),
  'metricsList',
  {enumerable: true, get: () => wholeClient().collectDefaultMetrics.metricsList},
) as typeof client.collectDefaultMetrics;
