import {format} from 'node:util';
import {DEFAULT_BUCKETS} from '../metrics/family.js';
import {boundsOf, countObservation, isObservation} from '../metrics/histogram.js';
import type {Cells} from '../metrics/ledger.js';
import {isRefused} from '../metrics/thread-family.js';
import type {
  CollectFunction,
  LabelValues,
  MetricConfiguration,
  MetricObjectWithValues,
  MetricValueWithName,
  ObserveDataWithExemplar,
} from '../prom-client.js';
import {CountedSeries, NO_CELLS} from './counted-series.js';
import {
  type AnyLabels,
  checkLabels,
  isLabels,
  labelsOf,
  type RecordLabels,
  shownLabels,
} from './label-arguments.js';
import {type ExemplarLabels, newExemplar} from './local-exemplar.js';
import {Metric, ownProperty} from './metric.js';
import type {Recount} from './recount.js';
import {startStopwatch} from './stopwatch.js';

/** Configuration of a {@link Histogram}. */
export interface HistogramConfiguration<T extends string> extends MetricConfiguration<T> {
  /** Upper bounds, ascending. Default prom-client's, in seconds. */
  buckets?: number[];
  collect?: CollectFunction<Histogram<T>>;
}

/** What `observe()` takes of a histogram with `enableExemplars`; without labels the series without labels. */
export interface HistogramRecord<T extends string> {
  labels?: RecordLabels<T>;
  value: number;
  /** Default: the value's bucket keeps the exemplar that it has. */
  exemplarLabels?: ExemplarLabels;
}

class LocalHistogram extends CountedSeries {
  readonly #bounds: Float64Array;

  constructor(cells: Cells, labels: AnyLabels, bounds: Float64Array) {
    super(cells, labels, {cellCount: bounds.length + 2, countCells: bounds.length + 1});
    this.#bounds = bounds;
  }

  /** The fast path of `observe()`; false where it doesn't lead there, and nothing was counted. */
  tryObserve(value: number): boolean {
    const {open, index} = this;
    if (index >= open.length) return false;
    countObservation(open, index, this.#bounds, value);
    return true;
  }

  observe(value: number): void {
    if (this.recounting === undefined) {
      countObservation(this.cells.array, this.index, this.#bounds, value);
    } else this.#observeAgain(this.recounting, value);
  }

  #observeAgain(recount: Recount, value: number): void {
    const bucket = this.#bounds.findIndex(bound => value <= bound);
    recount.add(bucket < 0 ? this.#bounds.length : bucket, 1);
    recount.addToSum(this.#bounds.length + 1, value);
  }
}

/** Stands for a series that isn't known yet. */
const UNKNOWN = new LocalHistogram(NO_CELLS, {}, new Float64Array(0));

/** What a handle asks of its metric. */
interface HandleOwner<T extends string> {
  /** The series as it is now: it may have been removed, and made anew. */
  readonly find: () => LocalHistogram;
  readonly startTimer: Histogram.Internal<T>['startTimer'];
}

/** One series of a histogram; see `CounterHandle`. */
class HistogramHandle<T extends string> implements Histogram.Internal<T> {
  readonly startTimer: Histogram.Internal<T>['startTimer'];
  readonly #find: () => LocalHistogram;
  #series = UNKNOWN;

  constructor({find, startTimer}: HandleOwner<T>) {
    this.#find = find;
    this.startTimer = startTimer;
  }

  record(value: number): void {
    if (!isObservation(value) || !this.#series.tryObserve(value)) this.recordSlowly(value);
  }

  recordSlowly(value: unknown): void {
    checkObservation(value);
    let series = this.#series;
    if (!series.isShown) {
      series = this.#find();
      if (!isRefused(series)) this.#series = series;
    }
    series.observe(value);
  }

  get observe(): Histogram.Internal<T>['observe'] {
    return this.record.bind(this);
  }

  /** Whoever spies on a handle puts a function of his own there, as on prom-client's. */
  set observe(replacement: Histogram.Internal<T>['observe']) {
    ownProperty(this, 'observe', replacement);
  }
}

/** prom-client's Histogram, recording into this worker's ledger. */
export class Histogram<T extends string = string> extends Metric<T, LocalHistogram> {
  readonly buckets: readonly number[];

  constructor(configuration: HistogramConfiguration<T>) {
    const buckets = configuration?.buckets ?? DEFAULT_BUCKETS;
    const bounds = Array.isArray(buckets) ? buckets.filter(bound => bound !== Infinity) : [];
    const searched = boundsOf(bounds);
    super(
      configuration,
      {
        type: 'histogram',
        make: (cells, _, labels) => new LocalHistogram(cells, labels, searched),
      },
      {buckets},
    );
    this.buckets = bounds;
    // On the object, as prom-client does: whoever has no exemplars pays nothing for them.
    if (this.enableExemplars) this.observe = this.#observeWithExemplar as typeof this.observe;
  }

  /**
   * Observes a value in the series of a label set, or in the series without labels. With `enableExemplars` it takes one
   * object, and keeps an exemplar of the value's bucket where `exemplarLabels` are given.
   * @throws TypeError for what is no finite number, NaN too; Error for an unknown label; RangeError for exemplar labels
   * over 128 characters, after it has counted.
   */
  observe(value: number): void;
  observe(labels: RecordLabels<T>, value: number): void;
  observe(data: ObserveDataWithExemplar<T>): void;
  observe(data: HistogramRecord<T>): void;
  observe(first?: unknown, second?: unknown): void {
    if (isLabels(first)) this.#observe(first, second);
    else if (first || first === 0) this.#observe({}, first);
    else this.#observe({}, second);
  }

  /**
   * Returns a function that observes the seconds since this call, and returns them. Its labels join those given here; so
   * do its exemplar's, which are left aside without `enableExemplars`.
   */
  startTimer(
    labels?: RecordLabels<T>,
    exemplarLabels?: ExemplarLabels,
  ): (labels?: LabelValues<T>, exemplarLabels?: ExemplarLabels) => number {
    const seconds = startStopwatch();
    return (endLabels, endExemplarLabels) => {
      const value = seconds();
      const series = this.#observe({...labels, ...endLabels}, value);
      if (this.enableExemplars) {
        this.#keepExemplar(series, value, {...exemplarLabels, ...endExemplarLabels});
      }
      return value;
    };
  }

  /**
   * Empties what this thread's `get()` shows. What the hub has counted stays, and goes on growing. Within `collect`, what is
   * observed next is all that something elsewhere has observed: the hub adds what goes beyond the last time.
   */
  reset(): void {
    this.family.hideAll();
  }

  /**
   * Makes the series of a label set stand at 0, in this thread's `get()` also one that has counted before.
   * @throws Error for an unknown label.
   */
  zero(labels: RecordLabels<T>): void {
    this.family.restart(this.series(labels ?? {}));
  }

  /** The histogram as prom-client shows it, with what this thread has observed. */
  get(): Promise<MetricObjectWithValues<MetricValueWithName<T>>> {
    return this.read(() => this.family.shown.flatMap(series => this.#valuesOf(series)));
  }

  /**
   * A handle of one series, an address in the ledger once it has recorded. It keeps the label set as it is now, and
   * records no exemplars.
   * @throws Error for an unknown label, or a list of another length than the label names.
   */
  labels(...values: string[]): Histogram.Internal<T>;
  labels(labels: RecordLabels<T>): Histogram.Internal<T>;
  labels(...args: unknown[]): Histogram.Internal<T> {
    const labels = labelsOf(this.labelNames, args);
    checkLabels(this.labelNames, labels);
    return new HistogramHandle<T>({
      find: () => this.series(labels),
      startTimer: () => this.startTimer(labels as RecordLabels<T>),
    });
  }

  #observe(labels: AnyLabels, value: unknown): LocalHistogram {
    if (!isObservation(value)) this.#refuse(labels, value);
    const series = this.series(labels);
    series.observe(value);
    return series;
  }

  #refuse(labels: AnyLabels, value: unknown): never {
    checkLabels(this.labelNames, labels);
    throw new TypeError(`Value is not a valid number: ${format(value)}`);
  }

  #observeWithExemplar({
    labels = {},
    value,
    exemplarLabels = {},
  }: Partial<HistogramRecord<T>> = {}): void {
    const hasLabels = isLabels(labels) || (!labels && labels !== 0);
    const observed = hasLabels ? value : labels;
    const series = this.#observe(isLabels(labels) ? labels : {}, observed);
    this.#keepExemplar(series, observed as number, exemplarLabels);
  }

  #keepExemplar(series: LocalHistogram, value: number, labels: ExemplarLabels): void {
    if (Object.keys(labels).length === 0) return;
    const bucket = this.buckets.findIndex(bound => value <= bound);
    const offset = bucket < 0 ? this.buckets.length : bucket;
    this.family.keepExemplar(series, offset, newExemplar(labels, value));
  }

  #valuesOf(series: LocalHistogram): MetricValueWithName<T>[] {
    const {name, buckets} = this;
    const cells = series.read();
    const labels = shownLabels<T>(series.labels);
    let count = 0;
    const values: object[] = [...buckets, '+Inf'].map((le, i) => {
      count += cells[i]!;
      // As prom-client: the last bucket has none in another way than the others.
      const none = this.enableExemplars && le === '+Inf' ? undefined : null;
      const exemplar = this.family.exemplarAt(series, i) ?? none;
      return {value: count, metricName: `${name}_bucket`, exemplar, labels: {le, ...labels}};
    });
    values.push(
      {value: cells.at(-1), metricName: `${name}_sum`, exemplar: undefined, labels: {...labels}},
      {value: count, metricName: `${name}_count`, exemplar: undefined, labels: {...labels}},
    );
    return values as MetricValueWithName<T>[];
  }
}

export namespace Histogram {
  /** What {@link Histogram.labels} returns; its methods need no receiver. */
  export interface Internal<T extends string> {
    observe(value: number): void;
    /** Returns a function that observes the seconds since this call, and returns them. */
    startTimer(): (labels?: LabelValues<T>) => number;
  }

  /** The part of the configuration that only histograms have. */
  export interface Config {
    buckets?: number[];
  }
}

function checkObservation(value: unknown): asserts value is number {
  if (!isObservation(value)) throw new TypeError(`Value is not a valid number: ${format(value)}`);
}
