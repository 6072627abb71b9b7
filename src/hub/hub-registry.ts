import type {MetricRegistry} from '../bridge/reading.js';
import {type Aggregator, checkLabelName} from '../metrics/family.js';
import type {Totals} from '../metrics/totals.js';
import {
  AggregatorRegistry,
  type PrometheusContentType,
  Registry,
  type RegistryContentType,
} from '../prom-client.js';
import {type SampleJson, samplesOf} from './family-json.js';
import type {Page, PageFormat} from './hub-pages.js';

/** What the registry asks of the hub that it presents. */
export interface RegistryHost {
  readonly totals: Totals;
  /** The page of this moment, after all that is registered was read. */
  collectPage(format: PageFormat): Promise<Page>;
  /** Brings the totals up to this moment, as for a page. */
  collectTotals(): Promise<void>;
}

/** A family as prom-client's `getMetricsAsJSON()` has it. */
export interface FamilyJson {
  name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: Aggregator;
  readonly values: readonly SampleJson[];
}

/** A family of all threads as an object like a metric of prom-client: `get()` says what holds at that moment. */
export interface LiveMetric extends Omit<FamilyJson, 'values'> {
  get(): Promise<FamilyJson>;
}

/** What `setContentType()` takes: the pages that the hub renders for `metrics()`. */
const FORMATS: ReadonlyMap<string, PageFormat> = new Map([
  [Registry.PROMETHEUS_CONTENT_TYPE, 'text'],
  [Registry.OPENMETRICS_CONTENT_TYPE, 'openmetrics'],
]);

type Json = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;
type MetricArray = ReturnType<Registry['getMetricsAsArray']>;
type SingleMetric = NonNullable<ReturnType<Registry['getSingleMetric']>>;

/**
 * The hub as a registry of prom-client. What the main thread registers here is read for each answer and merged with the
 * workers' families of the same name. Every answer tells all threads; `registerMetric()`, `resetMetrics()`, `clear()` and
 * `removeSingleMetric()` act on what the main thread registered, and no total steps back: what it has counted in a series
 * that another thread had too stays, and a metric that was reset counts on from there.
 */
export class HubRegistry extends AggregatorRegistry<PrometheusContentType> {
  readonly #host: RegistryHost;

  constructor(host: RegistryHost) {
    super();
    this.#host = host;
  }

  /** What the main thread itself has registered. */
  get registered(): MetricRegistry {
    return {
      getMetricsAsArray: () => super.getMetricsAsArray(),
      getSingleMetric: name => super.getSingleMetric(name),
    };
  }

  /** The page as a text in `contentType`; that of `/metrics` at this moment. */
  override async metrics(): Promise<string> {
    const {body} = await this.#host.collectPage(FORMATS.get(this.contentType) ?? 'text');
    return new TextDecoder().decode(body);
  }

  /** As `metrics()`: nobody is asked anything, so there is nothing to wait for. */
  override clusterMetrics(): Promise<string> {
    return this.metrics();
  }

  /** Every family of the page with its samples. */
  override async getMetricsAsJSON(): Promise<Json> {
    await this.#host.collectTotals();
    return this.#liveMetrics().map(metric => this.#json(metric)) as unknown as Json;
  }

  /** Every family as a {@link LiveMetric}, for `Registry.merge()`. One that comes later isn't in this list. */
  override getMetricsAsArray(): MetricArray {
    return this.#liveMetrics() as unknown as MetricArray;
  }

  /**
   * The metric that the main thread registered under a name, to record in; else the family of that name as a
   * {@link LiveMetric}; undefined where there is neither.
   */
  override getSingleMetric<T extends string>(name: string) {
    const metric = super.getSingleMetric<T>(name) ?? this.#liveMetric(name);
    return metric as ReturnType<typeof Registry.prototype.getSingleMetric<T>>;
  }

  /**
   * One family of all threads as a text.
   * @throws TypeError, as a rejection, for a name that isn't known.
   */
  override async getSingleMetricAsString(name: string): Promise<string> {
    const metric = this.#liveMetric(name);
    if (metric === undefined) throw new TypeError(`Expected a known metric, got \`${name}\``);
    // Not by its name: as OpenMetrics prom-client would write a counter's `_total` twice.
    const single = new Registry();
    single.setContentType(this.contentType);
    single.registerMetric(metric as unknown as SingleMetric);
    const text = await single.metrics();
    return text.replace(/\n(# EOF\n)?$/, '');
  }

  /**
   * Sets labels that every sample of every answer has, `/metrics` included; a sample's own label wins.
   * @throws TypeError for what can't be a label's name.
   */
  override setDefaultLabels(labels: object): void {
    const texts = Object.entries(labels).map(([name, value]) => [name, String(value)] as const);
    for (const [name] of texts) checkLabelName(name, 'the default labels');
    super.setDefaultLabels(labels);
    this.#host.totals.setDefaultLabels(Object.fromEntries(texts));
  }

  /** @throws Error for a type that the hub doesn't render. */
  override setContentType(contentType: RegistryContentType): void {
    if (!FORMATS.has(contentType)) {
      throw new Error(`Content type ${contentType} is unsupported`);
    }
    super.setContentType(contentType as PrometheusContentType);
  }

  /** Takes out what the main thread registered, and the default labels. What other threads counted stays. */
  override clear(): void {
    super.clear();
    this.#host.totals.setDefaultLabels({});
  }

  #liveMetrics(): LiveMetric[] {
    const registered = super.getMetricsAsArray().map(({name}) => name);
    const names = new Set([...this.#host.totals.families.keys(), ...registered]);
    return [...names].flatMap(name => this.#liveMetric(name) ?? []);
  }

  /** A new object each time: who renders it as OpenMetrics renames a counter in it. */
  #liveMetric(name: string): LiveMetric | undefined {
    const known = this.#host.totals.families.get(name)?.spec ?? super.getSingleMetric(name);
    if (known === undefined) return undefined;
    const {help, type, aggregator} = known as unknown as LiveMetric;
    if (aggregator === 'omit') return undefined;
    const metric = {name, help, type, aggregator};
    const get = async () => {
      await this.#host.collectTotals();
      return {...this.#json({...metric, name}), name: live.name};
    };
    const live = Object.assign(metric, {get});
    return live;
  }

  #json({name, help, type, aggregator}: Omit<FamilyJson, 'values'>): FamilyJson {
    const {totals} = this.#host;
    const family = totals.families.get(name);
    const values = family === undefined ? [] : samplesOf(totals, family);
    return {name, help, type: family?.spec.type ?? type, aggregator, values};
  }
}
