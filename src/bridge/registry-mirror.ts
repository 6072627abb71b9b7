import {CATALOGUE, COLLECT_FAILURES, type CollectFailure} from '../metrics/catalogue.js';
import type {Recorder} from '../metrics/recorder.js';
import {type MayLeave, MirroredFamily, type StoreReading} from './mirrored-family.js';
import {type MetricRegistry, readFamily} from './reading.js';
import {isTappable, TappedSummary} from './tapped-summary.js';

/**
 * Milliseconds that a reading waits for functions given as `collect`. Metrics whose function takes longer keep their
 * last known values, which is counted in `hub_collect_failures_total{reason="timeout"}`; they are read when it is done.
 */
export const COLLECT_WAIT_MS_MAX = 2_000;

/** Warnings of different kinds that are remembered as said; further ones are left out, the counter still tells. */
const WARNINGS_MAX = 100;

/** Options of {@link RegistryMirror}. */
export interface RegistryMirrorOptions {
  readonly registry: MetricRegistry;
  /** What the metrics are written into. */
  readonly recorder: Recorder;
  /** Milliseconds; default {@link COLLECT_WAIT_MS_MAX}. */
  readonly collectWaitMsMax?: number;
  /** Tells metrics that aren't read. Default: none. */
  readonly isLeftOut?: (name: string, metric: object) => boolean;
  /** Whether counts leave with their metric when it is taken out of the registry. Default: they stay. */
  readonly mayLeave?: MayLeave;
  /** Told what an operator should know, one line each, each kind once. */
  readonly onWarning: (line: string) => void;
}

/**
 * Writes what a registry of prom-client holds into a ledger, metric by metric: one that fails or hangs keeps its last
 * known values and harms no other. Not by `getMetricsAsJSON()`, which fails as a whole, and writes a registry's default
 * labels into the metrics themselves.
 */
export class RegistryMirror {
  readonly #options: RegistryMirrorOptions;
  readonly #failures: Record<CollectFailure, {inc(): void}>;
  /** Metrics of the last reading. What can't be declared has no family. */
  readonly #families = new Map<object, MirroredFamily | TappedSummary | undefined>();
  /** By family: the default labels with which it was declared. Its label names are fixed from then on. */
  readonly #defaultNames = new Map<string, readonly string[]>();
  /** Metrics whose `get()` hasn't resolved. They aren't asked again before. */
  readonly #pending = new Set<object>();
  /** Kinds of warnings that were said; at most {@link WARNINGS_MAX}. */
  readonly #warned = new Set<string>();
  /** The reading under way, or the last one. */
  #running: Promise<void> = Promise.resolve();
  /** The reading that begins after it. */
  #next: Promise<void> | undefined;

  constructor(options: RegistryMirrorOptions) {
    this.#options = options;
    const failures = options.recorder.counter(CATALOGUE.hubCollectFailures);
    const series = COLLECT_FAILURES.map(reason => [reason, failures.labels({reason})]);
    this.#failures = Object.fromEntries(series);
  }

  /** True where nothing is registered and nothing has to leave. */
  get isIdle(): boolean {
    return this.#families.size === 0 && this.#options.registry.getMetricsAsArray().length === 0;
  }

  /**
   * Reads every metric and writes what it says. Resolves in bounded time, and never rejects. A reading begins after each
   * call; calls that come while one is under way share the next.
   */
  collect(): Promise<void> {
    const begin = () => {
      this.#next = undefined;
      this.#running = this.#readAll();
      return this.#running;
    };
    this.#next ??= this.#running.then(begin);
    return this.#next;
  }

  async #readAll(): Promise<void> {
    const {registry, collectWaitMsMax = COLLECT_WAIT_MS_MAX} = this.#options;
    const metrics = registry
      .getMetricsAsArray()
      .filter(metric => this.#options.isLeftOut?.(this.#nameOf(metric), metric) !== true);
    this.#leaveGone(new Set(metrics));
    const readings = metrics
      .filter(metric => !this.#pending.has(metric))
      .map(metric => this.#read(metric));
    await within(collectWaitMsMax, Promise.all(readings));
    for (const metric of this.#pending) {
      const name = this.#nameOf(metric);
      this.#fail(
        'timeout',
        name,
        `Expected \`collect\` of ${name} to end, got no end; its values are the last known`,
      );
    }
  }

  #leaveGone(present: ReadonlySet<object>): void {
    for (const [metric, family] of this.#families) {
      if (present.has(metric)) continue;
      this.#families.delete(metric);
      this.#pending.delete(metric);
      family?.leave(this.#options.mayLeave ?? (() => false));
    }
  }

  async #read(metric: object): Promise<void> {
    const name = this.#nameOf(metric);
    if (!this.#families.has(metric)) this.#families.set(metric, undefined);
    this.#pending.add(metric);
    try {
      const asked = await ask(metric as PromMetric);
      // Whoever was taken out meanwhile has left, or would come back for ever.
      if (this.#families.has(metric)) this.#tryWrite(metric, name, asked);
    } catch (error) {
      const got = String(error).split('\n', 1)[0];
      this.#fail('error', name, `Expected \`collect\` of ${name} to succeed, got ${got}`);
    } finally {
      this.#pending.delete(metric);
    }
  }

  #tryWrite(metric: object, name: string, asked: Asked): void {
    try {
      this.#write(metric, name, asked);
    } catch (error) {
      // It contradicts what is known of that name, or isn't a metric at all.
      this.#options.recorder.drop('family_conflict');
      this.#warn(`family ${name}`, `${(error as Error).message}; its samples are dropped`);
    }
  }

  #write(metric: object, name: string, {data, ...store}: Asked): void {
    const defaultLabels = this.#defaultLabelsOf(name);
    const known = this.#families.get(metric);
    if (known instanceof TappedSummary) {
      known.catchUp();
      return;
    }
    if (known === undefined && isTappable(metric)) {
      const {recorder} = this.#options;
      const options = {name, recorder, defaultLabels};
      this.#families.set(metric, new TappedSummary(metric, options));
      this.#keepDefaultNames(name, defaultLabels);
      return;
    }
    const {labelNames, upperBounds} = metric as Record<string, unknown>;
    const reading = readFamily({
      name,
      labelNames: labelNames as readonly string[] | undefined,
      buckets: upperBounds as readonly number[] | undefined,
      defaultLabels,
      data,
    });
    const isUnknown = labelNames === undefined && reading.series.size === 0;
    if (isUnknown) return;
    const cells = this.#options.recorder.familyCells(reading.type, reading.options);
    const family = known ?? new MirroredFamily(cells, this.#options.recorder);
    this.#families.set(metric, family);
    this.#keepDefaultNames(name, defaultLabels);
    family.write(reading, store);
    if (!reading.isSummary) return;
    this.#warn(
      `summary ${name}`,
      `The quantiles of ${name} can't be merged: its _sum and _count are shown`,
    );
  }

  /** A counter that was rendered as OpenMetrics has lost its `_total`, but is still registered by it. */
  #nameOf(metric: object): string {
    const {registry} = this.#options;
    const {name} = metric as {name: string};
    const isRenamed = registry.getSingleMetric(name) !== metric;
    return isRenamed && registry.getSingleMetric(`${name}_total`) === metric
      ? `${name}_total`
      : name;
  }

  /** The registry's default labels, as far as the family of a name was declared with them. */
  #defaultLabelsOf(name: string): Readonly<Record<string, unknown>> {
    // prom-client 15 keeps them here and tells them nowhere.
    const {_defaultLabels: labels} = this.#options.registry as {
      _defaultLabels?: Readonly<Record<string, unknown>>;
    };
    const names = this.#defaultNames.get(name);
    if (names === undefined) return {...labels};
    const late = Object.keys(labels ?? {}).filter(label => !names.includes(label));
    if (late.length > 0) {
      this.#warn(
        'default labels',
        `Expected default labels before the first reading of ${name}, got ${late.join(', ')} later: left off`,
      );
    }
    return Object.fromEntries(names.map(label => [label, labels?.[label]]));
  }

  #keepDefaultNames(name: string, labels: Readonly<Record<string, unknown>>): void {
    if (!this.#defaultNames.has(name)) this.#defaultNames.set(name, Object.keys(labels));
  }

  #fail(reason: CollectFailure, name: string, line: string): void {
    this.#failures[reason].inc();
    this.#warn(`${reason} ${name}`, line);
  }

  #warn(kind: string, line: string): void {
    if (this.#warned.has(kind) || this.#warned.size >= WARNINGS_MAX) return;
    this.#warned.add(kind);
    try {
      this.#options.onWarning(line);
    } catch {
      // Whom a line can't be told harms no reading.
    }
  }
}

/** What is asked of a metric of prom-client. */
interface PromMetric {
  get(): unknown;
  readonly collect?: unknown;
  readonly hashMap?: unknown;
}

/** What a metric's `get()` resolved with. */
interface Asked extends StoreReading {
  readonly data: unknown;
}

/** Only a metric's own `collect` can reset it while it is read; who else does so then is taken for it. */
async function ask(metric: PromMetric): Promise<Asked> {
  const before = metric.hashMap;
  const answer = metric.get();
  const store = metric.hashMap;
  const data = await answer;
  if (!metric.collect) return {data, store, isAbsolute: false};
  return {data, store: metric.hashMap, isAbsolute: metric.hashMap !== before};
}

/** Resolves with the work, or when it has taken too long. The timer keeps the process alive: somebody waits for it. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, end]);
  clearTimeout(timer);
}
