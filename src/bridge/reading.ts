import type {Exemplar} from '../metrics/exemplar.js';
import type {FamilyOptions, FamilyType} from '../metrics/family.js';

/** What is asked of a registry of prom-client, of whichever copy of the package. */
export interface MetricRegistry {
  getMetricsAsArray(): readonly object[];
  getSingleMetric(name: string): object | undefined;
}

/** One label set as its ledger cells would hold it: a value, or a histogram's single buckets and its sum. */
export interface SeriesReading {
  /** Unlike that of any other label set of the family. */
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly numbers: readonly number[];
  /** By the place in `numbers` of what they are of. */
  readonly exemplars: ReadonlyMap<number, Exemplar>;
}

/** A metric of prom-client at one moment. */
export interface FamilyReading {
  readonly type: FamilyType;
  readonly options: FamilyOptions;
  /** True where quantiles were left out. */
  readonly isSummary: boolean;
  readonly series: ReadonlyMap<string, SeriesReading>;
}

/** What `get()` of a metric resolves with, and what else its object tells. */
export interface MetricData {
  /** The family's own name, whatever `get()` calls it. */
  readonly name: string;
  /** Undefined where the object isn't a metric's own, such as one of an aggregated registry. */
  readonly labelNames: readonly string[] | undefined;
  readonly buckets: readonly number[] | undefined;
  readonly defaultLabels: Readonly<Record<string, unknown>>;
  /** Undecoded. */
  readonly data: unknown;
}

interface RawSample {
  readonly value: unknown;
  readonly metricName?: string;
  readonly labels?: Readonly<Record<string, unknown>>;
  readonly exemplar?: RawExemplar | null;
}

interface RawExemplar {
  readonly labelSet: Readonly<Record<string, unknown>>;
  readonly value: unknown;
  readonly timestamp?: unknown;
}

/** Labels that a sample has beside its family's. */
const SAMPLE_LABELS: readonly string[] = ['le', 'quantile'];

/**
 * Reads what a metric of prom-client says. A summary whose observations can't be heard becomes a histogram without bounds,
 * which has the `_sum` and `_count` that can be merged; quantiles can't.
 * @throws TypeError for what isn't a metric.
 */
export function readFamily({name, labelNames, buckets, defaultLabels, data}: MetricData) {
  const {help, type, aggregator, values} = data as Record<string, unknown>;
  if (!Array.isArray(values))
    throw new TypeError(`Expected values of ${name}, got ${typeof values}`);
  const samples: RawSample[] = values;
  const isSummary = type === 'summary';
  const familyType = (isSummary ? 'histogram' : type) as FamilyType;
  if (familyType !== 'counter' && familyType !== 'gauge' && familyType !== 'histogram') {
    throw new TypeError(`Expected a known type of ${name}, got ${typeof type}`);
  }
  const names = new Set([...(labelNames ?? ownLabels(samples)), ...Object.keys(defaultLabels)]);
  const bounds = isSummary ? [] : (buckets ?? boundsOf(samples)).filter(Number.isFinite);
  const options = {name, help, labelNames: [...names], aggregator, buckets: bounds};
  const groups = groupSamples(samples, {names: [...names], defaultLabels});
  const series = new Map<string, SeriesReading>();
  for (const [key, {labels, samples}] of groups) {
    const numbers =
      familyType === 'histogram' ? cellsOf(samples, bounds) : [Number(samples.at(-1)?.value)];
    series.set(key, {key, labels, numbers, exemplars: exemplarsOf(samples, bounds)});
  }
  const reading: FamilyReading = {
    type: familyType,
    options: options as FamilyOptions,
    isSummary,
    series,
  };
  return reading;
}

function ownLabels(samples: readonly RawSample[]): string[] {
  return samples
    .flatMap(({labels}) => Object.keys(labels ?? {}))
    .filter(name => !SAMPLE_LABELS.includes(name));
}

function boundsOf(samples: readonly RawSample[]): number[] {
  const bounds = samples.flatMap(({labels}) => (labels?.le === undefined ? [] : [labels.le]));
  return [...new Set(bounds.map(Number))].sort((a, b) => a - b);
}

/** A label set as it is recorded. A label that is left out, or undefined, is no label. */
export function labelTexts(
  names: readonly string[],
  own: Readonly<Record<string, unknown>> | undefined,
  defaults: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const name of names) {
    const value = own?.[name] ?? defaults[name];
    if (value !== undefined && typeof value !== 'function') labels[name] = String(value);
  }
  return labels;
}

/** The samples of each label set. */
function groupSamples(
  samples: readonly RawSample[],
  {names, defaultLabels}: {names: readonly string[]; defaultLabels: MetricData['defaultLabels']},
) {
  const groups = new Map<string, {labels: Record<string, string>; samples: RawSample[]}>();
  for (const sample of samples) {
    const labels = labelTexts(names, sample.labels, defaultLabels);
    const key = JSON.stringify(names.map(name => labels[name] ?? null));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, {labels, samples: [sample]});
    else group.samples.push(sample);
  }
  return groups;
}

function exemplarsOf(
  samples: readonly RawSample[],
  bounds: readonly number[],
): Map<number, Exemplar> {
  const exemplars = new Map<number, Exemplar>();
  for (const {exemplar, labels} of samples) {
    // Without a time is what prom-client leaves behind where it has refused the labels.
    if (typeof exemplar?.timestamp !== 'number') continue;
    const bucket = bounds.indexOf(Number(labels?.le));
    const place = labels?.le === undefined ? 0 : bucket < 0 ? bounds.length : bucket;
    exemplars.set(place, {
      labels: Object.entries(exemplar.labelSet).map(([name, text]) => [name, String(text)]),
      value: Number(exemplar.value),
      timestampSeconds: exemplar.timestamp,
    });
  }
  return exemplars;
}

/** Turns cumulative buckets into single ones, then what lies above the last bound, then the sum. */
function cellsOf(samples: readonly RawSample[], bounds: readonly number[]): number[] {
  const cumulative = new Map<number, number>();
  let sum = Number.NaN;
  let count = Number.NaN;
  for (const {metricName = '', labels, value} of samples) {
    if (metricName.endsWith('_bucket')) cumulative.set(Number(labels?.le), Number(value));
    else if (metricName.endsWith('_sum')) sum = Number(value);
    else if (metricName.endsWith('_count')) count = Number(value);
  }
  const upTo = [0, ...bounds.map(bound => cumulative.get(bound) ?? Number.NaN), count];
  const single = upTo.slice(1).map((value, i) => value - upTo[i]!);
  return [...single, sum];
}
