import {SUMMARY_CELLS} from './summary-cells.js';

/** How one series of several live workers becomes one value, as in prom-client's `AggregatorRegistry`. */
export const AGGREGATORS = ['sum', 'first', 'min', 'max', 'average', 'omit'] as const;

/** One of {@link AGGREGATORS}. */
export type Aggregator = (typeof AGGREGATORS)[number];

/** The metric types of the text exposition format 0.0.4 that this hub knows. */
export const FAMILY_TYPES = ['counter', 'gauge', 'histogram', 'summary'] as const;

/** One of {@link FAMILY_TYPES}. */
export type FamilyType = (typeof FAMILY_TYPES)[number];

/** A family as it is declared: everything a page needs besides its samples. */
export interface FamilySpec {
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  readonly labelNames: readonly string[];
  /** All but gauges always add up; for them only `omit` means something else. */
  readonly aggregator: Aggregator;
  /** Finite upper bounds of a histogram, ascending, without `+Inf`; empty for the other types. */
  readonly buckets: readonly number[];
  /** Quantiles that a summary shows, ascending, 0 to 1; empty for the other types. */
  readonly quantiles: readonly number[];
  /** Seconds that a summary's quantiles remember; Infinity for all time, and for the other types. */
  readonly maxAgeSeconds: number;
  /** Steps in which that window moves on; 1 where there is none. */
  readonly ageBuckets: number;
  /** Whether a summary's series leave the page while nothing was observed in their window. */
  readonly pruneAgedBuckets: boolean;
}

/** What is written to declare a family; `aggregator` is `sum` unless said otherwise. */
export interface FamilyOptions<L extends string = string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly L[];
  readonly aggregator?: Aggregator;
  readonly buckets?: readonly number[];
  readonly quantiles?: readonly number[];
  /** Seconds that a summary's quantiles remember. Default: all time. `_sum` and `_count` are always of all time. */
  readonly maxAgeSeconds?: number;
  /** Steps in which that window moves on. Default {@link DEFAULT_AGE_BUCKETS}; without `maxAgeSeconds` it means nothing. */
  readonly ageBuckets?: number;
  /** Whether a summary's series leave the page while nothing was observed in their window. Default false. */
  readonly pruneAgedBuckets?: boolean;
}

/** prom-client's default buckets, in seconds. */
export const DEFAULT_BUCKETS: readonly number[] = Object.freeze([
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]);

/** prom-client's default percentiles. */
export const DEFAULT_QUANTILES: readonly number[] = Object.freeze([
  0.01, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999,
]);

/** Upper bounds a histogram. More than these throw at declaration: each is a cell a series a worker. */
export const BUCKETS_MAX = 512;

/** Quantiles a summary. More than these throw at declaration: each is a line a series on every page. */
export const QUANTILES_MAX = 64;

/** Steps of a summary's window: it covers `maxAgeSeconds`, or up to a fifth less. */
export const DEFAULT_AGE_BUCKETS = 5;

/**
 * Steps of a summary's window. More than these throw at declaration: each is a snapshot a series of the hub, of 10 bytes a
 * cell that has counted, 41 kB at most.
 */
export const AGE_BUCKETS_MAX = 100;

/** The label that the samples of a type have beside those of its family, which may not have it. */
export const RESERVED_LABELS: Readonly<Partial<Record<FamilyType, string>>> = Object.freeze({
  histogram: 'le',
  summary: 'quantile',
});

/** Labels a family. More than these throw at declaration. */
export const LABELS_MAX = 32;

/** UTF-16 code units a family's name or help. Longer ones throw at declaration, and are refused on the wire. */
export const FAMILY_TEXT_LENGTH_MAX = 8_192;

// https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Checks what was written and fills in the defaults.
 * @throws TypeError that names what was expected and what came.
 */
export function defineFamily(type: FamilyType, options: FamilyOptions): FamilySpec {
  const {name, help, labelNames = [], aggregator = 'sum'} = options;
  const buckets = type === 'histogram' ? (options.buckets ?? DEFAULT_BUCKETS) : [];
  const quantiles = type === 'summary' ? (options.quantiles ?? DEFAULT_QUANTILES) : [];
  if (typeof name !== 'string' || !METRIC_NAME.test(name)) {
    throw new TypeError(`Expected a metric name like \`jobs_total\`, got ${shown(name)}`);
  }
  checkLength(name, 'a metric name of');
  if (typeof help !== 'string' || help === '') {
    throw new TypeError(`Expected \`help\` of ${name} to be a text, got ${shown(help)}`);
  }
  checkLength(help, `\`help\` of ${name} to be`);
  if (!AGGREGATORS.includes(aggregator)) {
    throw new TypeError(
      `Expected \`aggregator\` of ${name} to be one of ${AGGREGATORS.join(', ')}, got ${shown(aggregator)}`,
    );
  }
  checkLabelNames(name, type, labelNames);
  checkBuckets(name, buckets);
  checkQuantiles(name, quantiles);
  const window = type === 'summary' ? windowOf(options) : NO_WINDOW;
  return Object.freeze({
    name,
    help,
    type,
    aggregator,
    labelNames: Object.freeze([...labelNames]),
    buckets: Object.freeze(buckets.filter(bound => bound !== Number.POSITIVE_INFINITY)),
    quantiles: Object.freeze([...quantiles]),
    ...window,
  });
}

/** True for a text that can be a label's name. */
export function isLabelName(name: unknown): name is string {
  return typeof name === 'string' && LABEL_NAME.test(name);
}

/** How a summary forgets. */
type Window = Pick<FamilySpec, 'maxAgeSeconds' | 'ageBuckets' | 'pruneAgedBuckets'>;

const NO_WINDOW: Window = Object.freeze({
  maxAgeSeconds: Infinity,
  ageBuckets: 1,
  pruneAgedBuckets: false,
});

/** @throws TypeError for what can't be a window. */
function windowOf(options: FamilyOptions): Window {
  const {name, maxAgeSeconds = Infinity, ageBuckets = DEFAULT_AGE_BUCKETS} = options;
  if (!(typeof maxAgeSeconds === 'number' && maxAgeSeconds > 0)) {
    throw new TypeError(
      `Expected \`maxAgeSeconds\` of ${name} to be a number above 0, got ${shown(maxAgeSeconds)}`,
    );
  }
  if (!(Number.isInteger(ageBuckets) && ageBuckets >= 1 && ageBuckets <= AGE_BUCKETS_MAX)) {
    throw new TypeError(
      `Expected \`ageBuckets\` of ${name} to be an integer from 1 to ${AGE_BUCKETS_MAX}, got ${shown(ageBuckets)}`,
    );
  }
  const isSliding = maxAgeSeconds < Infinity;
  const pruneAgedBuckets = Boolean(options.pruneAgedBuckets);
  return {maxAgeSeconds, ageBuckets: isSliding ? ageBuckets : 1, pruneAgedBuckets};
}

/** @throws TypeError where a text is no name of a label. */
export function checkLabelName(label: string, of: string): void {
  if (!isLabelName(label)) {
    throw new TypeError(`Expected a label name like \`kind\` in ${of}, got ${shown(label)}`);
  }
}

function checkLength(text: string, what: string): void {
  if (text.length > FAMILY_TEXT_LENGTH_MAX) {
    throw new TypeError(
      `Expected ${what} at most ${FAMILY_TEXT_LENGTH_MAX} characters, got ${shown(text)}`,
    );
  }
}

function checkLabelNames(name: string, type: FamilyType, labelNames: readonly string[]): void {
  if (!Array.isArray(labelNames) || labelNames.length > LABELS_MAX) {
    throw new TypeError(
      `Expected \`labelNames\` of ${name} to be a list of at most ${LABELS_MAX} names, got ${shown(labelNames)}`,
    );
  }
  for (const label of labelNames) {
    checkLabelName(label, name);
    if (label === RESERVED_LABELS[type]) {
      throw new TypeError(
        `Expected labels of the ${type} ${name} without \`${label}\`, got \`${label}\``,
      );
    }
  }
  if (new Set(labelNames).size !== labelNames.length) {
    throw new TypeError(`Expected each label of ${name} once, got ${shown(labelNames.join(', '))}`);
  }
}

function checkBuckets(name: string, buckets: readonly number[]): void {
  // What comes by wire may be a list of any length.
  const bounds = Array.isArray(buckets) ? buckets.slice(0, BUCKETS_MAX + 1) : [Number.NaN];
  const ascending = bounds.every(
    (bound, i) =>
      typeof bound === 'number' && (i === 0 ? bound > -Infinity : bound > bounds[i - 1]!),
  );
  const finite = bounds.slice(0, -1).every(Number.isFinite);
  if (!ascending || !finite || bounds.length > BUCKETS_MAX) {
    const got = shown(Array.isArray(buckets) ? bounds.slice(0, 12).join(', ') : buckets);
    throw new TypeError(
      `Expected \`buckets\` of ${name} to be at most ${BUCKETS_MAX} ascending finite numbers, got ${got}`,
    );
  }
}

function checkQuantiles(name: string, quantiles: readonly number[]): void {
  const isList = Array.isArray(quantiles);
  const some = isList ? quantiles.slice(0, QUANTILES_MAX + 1) : [Number.NaN];
  const isAscending = some.every(
    (quantile, i) =>
      typeof quantile === 'number' &&
      quantile >= 0 &&
      quantile <= 1 &&
      (i === 0 || quantile > some[i - 1]!),
  );
  if (isAscending && some.length <= QUANTILES_MAX) return;
  const got = shown(isList ? some.slice(0, 12).join(', ') : quantiles);
  throw new TypeError(
    `Expected \`quantiles\` of ${name} to be at most ${QUANTILES_MAX} ascending numbers from 0 to 1, got ${got}`,
  );
}

/**
 * Ledger cells that one series takes: a histogram has one a bucket, one for `+Inf`, one for its sum; for a
 * summary see `summary-cells.ts`.
 */
export function cellCountOf(spec: FamilySpec): number {
  switch (spec.type) {
    case 'histogram':
      return spec.buckets.length + 2;
    case 'summary':
      return SUMMARY_CELLS;
    default:
      return 1;
  }
}

/** The names that a family's samples have, its own among them: no other family may have one of these. */
export function sampleNamesOf({name, type}: Pick<FamilySpec, 'name' | 'type'>): string[] {
  const ends = {
    counter: [],
    gauge: [],
    histogram: ['_bucket', '_sum', '_count'],
    summary: ['_sum', '_count'],
  };
  return [name, ...ends[type].map(end => name + end)];
}

const CONFLICTING = [
  'type',
  'labelNames',
  'buckets',
  'quantiles',
  'maxAgeSeconds',
  'ageBuckets',
  'pruneAgedBuckets',
] as const satisfies readonly (keyof FamilySpec)[];

/** What makes two declarations of one name contradict each other, or undefined where they agree. */
export function conflictBetween(known: FamilySpec, other: FamilySpec): string | undefined {
  const differing = CONFLICTING.find(field => String(known[field]) !== String(other[field]));
  if (differing === undefined) return undefined;
  return (
    `Expected ${known.name} with ${differing} \`${known[differing]}\` as first declared, ` +
    `got \`${other[differing]}\``
  );
}

/** A value as an error message shows it: short, on one line. */
export function shown(value: unknown): string {
  const json = String(JSON.stringify(value) ?? value);
  const text = typeof value === 'string' ? json.slice(1, -1) : json;
  return `\`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\``;
}

/** As {@link shown}, of what should be a number: of the text `'9464'` it is not clear otherwise what is wrong with it. */
export function shownNumber(value: unknown): string {
  if (typeof value === 'number') return `\`${value}\``;
  return typeof value === 'string' ? `the text ${shown(value)}` : shown(value);
}
