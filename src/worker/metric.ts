import {type FamilyOptions, type FamilyType, RESERVED_LABELS} from '../metrics/family.js';
import type {Cells} from '../metrics/ledger.js';
import type {Refusals, SeriesFactory} from '../metrics/thread-family.js';
import {
  type MetricConfiguration,
  type MetricObjectWithValues,
  type MetricValue,
  prometheusContentType,
  type Registry,
  register,
  validateMetricName,
} from '../prom-client.js';
import {openDefault} from './default-connection.js';
import {
  type AnyLabels,
  checkLabels,
  labelsOf,
  labelsOfWire,
  type RecordLabels,
  shownLabels,
} from './label-arguments.js';
import {LocalFamily, type LocalSeries} from './local-family.js';

// https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** A registry, whichever content type it is bound to. */
type AnyRegistry = Pick<Registry, 'registerMetric' | 'getSingleMetric' | 'contentType'>;

/** What a metric of one type adds to the base. */
export interface MetricKind<S extends LocalSeries> {
  readonly type: FamilyType;
  /** `now` tells the milliseconds of a clock that never steps back. */
  readonly make: (cells: Cells, refusals: Refusals, labels: AnyLabels, now: () => number) => S;
}

/** One for all copies of the package in a thread: each takes the others' metrics for what they are. */
const RECORDED: unique symbol = Symbol.for('threadtally.recorded');

/** Whether a metric records into a ledger, by this copy of the package or by another. */
export function isRecorded(metric: object): boolean {
  return (metric as {readonly [RECORDED]?: true})[RECORDED] === true;
}

/**
 * What the metrics of all types have in common: prom-client's configuration with its checks and errors, its registries,
 * and the family of this thread's ledger in which they record.
 */
export abstract class Metric<T extends string, S extends LocalSeries> {
  /** See {@link isRecorded}. */
  get [RECORDED](): true {
    return true;
  }

  readonly help: string;
  readonly type: FamilyType;
  readonly labelNames: readonly T[];
  readonly registers: readonly AnyRegistry[];
  readonly aggregator: NonNullable<FamilyOptions['aggregator']>;
  /** Whether counters and histograms take exemplars. Each registry must then be of OpenMetrics, as for prom-client. */
  readonly enableExemplars: boolean;
  /** Brings the values up to date; run before a timed flush and before `get()`. */
  readonly collect?: () => void | Promise<void>;
  protected readonly family: LocalFamily<S>;
  readonly #name: string;
  /** The name that a registry has set for the next `get()`. */
  #nextName: string | undefined;

  /**
   * Checks all before anything is registered or declared, so that what throws leaves no trace.
   * @throws Error, and TypeError for what is no object, as prom-client does; TypeError for what the hub can't take:
   * buckets that don't ascend, quantiles beyond 0 and 1, a family of that name which this thread has declared differently.
   */
  constructor(
    configuration: MetricConfiguration<T>,
    {type, make: makeSeries}: MetricKind<S>,
    options: Omit<FamilyOptions, 'name' | 'help' | 'labelNames' | 'aggregator'> = {},
  ) {
    checkConfiguration(configuration);
    const {name, help, labelNames = [], registers, aggregator = 'sum', collect} = configuration;
    this.enableExemplars = Boolean(configuration.enableExemplars);
    this.#name = name;
    this.help = help;
    this.type = type;
    this.labelNames = [...labelNames];
    this.registers = (registers ?? [register]) as readonly AnyRegistry[];
    this.aggregator = aggregator;
    if (collect) this.collect = collect;
    this.#checkRegistries();
    const reserved = RESERVED_LABELS[type];
    if (this.labelNames.some(label => label === reserved)) {
      throw new Error(`${reserved} is a reserved label keyword`);
    }
    const {port, collectors, now} = openDefault(`new ${type[0]?.toUpperCase()}${type.slice(1)}`);
    const make: SeriesFactory<S> = (cells, refusals, wire) =>
      makeSeries(cells, refusals, labelsOfWire(labelNames, wire), now);
    const family = {name, help, labelNames, aggregator, ...options};
    this.family = port.recorder.declare(type, family, {
      api: "prom-client's classes",
      make,
      metric: LocalFamily<S>,
      isLazy: this.#isTold(),
    });
    for (const registry of this.registers) registry.registerMetric(this.#asRegistered());
    if (!this.family.isHeld()) {
      if (this.#isTold()) this.family.hideAll();
      else this.restart();
    }
    this.family.hold(this);
    if (collect) collectors.add(this);
  }

  get name(): string {
    return this.#name;
  }

  /**
   * An OpenMetrics registry cuts `_total` off a counter's name before it asks for the values. That holds for this one
   * answer: for good, the next text page would show a renamed family.
   */
  set name(name: string) {
    this.#nextName = name;
  }

  /** True where one of the metric's registries has it, or it was made without any. */
  isRegistered(): boolean {
    const {registers} = this;
    return registers.length === 0 || registers.some(registry => this.#standsIn(registry));
  }

  /** Runs `collect`, where there is one, and returns what it does. */
  runCollect(): unknown {
    return this.collect && this.family.collect(() => this.collect?.());
  }

  /**
   * Takes a series out of this thread; it leaves the hub with the last worker that has it.
   * @throws Error for an unknown label, or a list of another length than the label names.
   */
  remove(...values: string[]): void;
  remove(labels: RecordLabels<T>): void;
  remove(...args: unknown[]): void {
    const labels = labelsOf(this.labelNames, args);
    checkLabels(this.labelNames, labels);
    this.family.remove(labels);
  }

  /** The metric with its values in this thread, as prom-client shows it. Rejects where `collect` fails. */
  protected async read<V extends MetricValue<T>>(
    values: () => V[],
  ): Promise<MetricObjectWithValues<V>> {
    const name = this.#nextName ?? this.#name;
    this.#nextName = undefined;
    await this.runCollect();
    // As prom-client shows a gauge that its `collect` hasn't set.
    if (this.#isTold() && this.labelNames.length === 0) this.family.only();
    const {help, type, aggregator} = this;
    // prom-client's own types call the type a number; it is a text.
    return {help, name, type, values: values(), aggregator} as unknown as MetricObjectWithValues<V>;
  }

  /** A gauge that only its `collect` tells stands nowhere before it ran: a 0 would spoil other workers' minimum. */
  #isTold(): boolean {
    return this.type === 'gauge' && this.collect !== undefined;
  }

  /** Makes what `get()` shows that of a new metric; what the hub has counted stays. */
  protected restart(): void {
    this.family.hideAll();
    if (this.labelNames.length === 0) this.family.only();
  }

  /** @throws Error for a label that the metric doesn't have. */
  protected series(labels: AnyLabels): S {
    try {
      return this.family.series(labels);
    } catch (error) {
      checkLabels(this.labelNames, labels);
      throw error;
    }
  }

  /** @throws prom-client's errors where a registry has another metric of that name, or can't show exemplars. */
  #checkRegistries(): void {
    for (const registry of this.registers) {
      if (this.enableExemplars && registry.contentType === prometheusContentType) {
        throw new TypeError('Exemplars are supported only on OpenMetrics registries');
      }
      if (registry.getSingleMetric(this.#name) !== undefined) {
        registry.registerMetric(this.#asRegistered());
      }
    }
  }

  #standsIn(registry: AnyRegistry): boolean {
    return (registry.getSingleMetric(this.#name) as unknown) === this;
  }

  #asRegistered(): Parameters<AnyRegistry['registerMetric']>[0] {
    return this as unknown as Parameters<AnyRegistry['registerMetric']>[0];
  }
}

/** A series of one value as `get()` shows it. */
export function shownValue<T extends string>(labels: AnyLabels, value: number): MetricValue<T> {
  return {value, labels: shownLabels<T>(labels)};
}

/** Puts a value where a class has an accessor: on the object itself, as an assignment does where there is none. */
export function ownProperty(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

/** The checks of prom-client in its order, with its errors. */
function checkConfiguration(configuration: unknown): void {
  if (typeof configuration !== 'object' || configuration === null) {
    throw new TypeError('constructor expected a config object');
  }
  const {name, help, labelNames, collect} = configuration as Partial<MetricConfiguration<string>>;
  if (!help) throw new Error('Missing mandatory help parameter');
  if (!name) throw new Error('Missing mandatory name parameter');
  if (!validateMetricName(name)) throw new Error('Invalid metric name');
  if (labelNames?.every(label => LABEL_NAME.test(label)) === false) {
    throw new Error('Invalid label name');
  }
  if (collect && typeof collect !== 'function') {
    throw new Error('Optional "collect" parameter must be a function');
  }
}
