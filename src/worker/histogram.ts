import {format} from 'node:util';
import {DEFAULT_BUCKETS} from '../metrics/family.js';
import {HistogramSeries} from '../metrics/histogram.js';
import type {Cells} from '../metrics/ledger.js';
import type {Refusals} from '../metrics/thread-family.js';
import type {
  CollectFunction,
  LabelValues,
  MetricConfiguration,
  MetricObjectWithValues,
  MetricValueWithName,
  ObserveDataWithExemplar,
} from '../prom-client.js';
import {
  type AnyLabels,
  checkLabels,
  isLabels,
  labelsOf,
  type RecordLabels,
  shownLabels,
} from './label-arguments.js';
import type {LocalSeries} from './local-family.js';
import {Metric} from './metric.js';
import {startStopwatch} from './stopwatch.js';

/** Configuration of a {@link Histogram}. */
export interface HistogramConfiguration<T extends string> extends MetricConfiguration<T> {
  /** Upper bounds, ascending. Default prom-client's, in seconds. */
  buckets?: number[];
  collect?: CollectFunction<Histogram<T>>;
}

class LocalHistogram extends HistogramSeries implements LocalSeries {
  readonly labels: AnyLabels;
  isShown = false;
  readonly #cells: Cells;
  /** The series' cells when `get()` last began at 0; one longer than the bounds, and the sum. */
  readonly #baseline: Float64Array;

  constructor(
    cells: Cells,
    refusals: Refusals,
    {labels, bounds}: {labels: AnyLabels; bounds: readonly number[]},
  ) {
    super(cells, refusals, bounds);
    this.#cells = cells;
    this.#baseline = new Float64Array(bounds.length + 2);
    this.labels = labels;
  }

  restart(): void {
    this.#baseline.set(this.#view());
  }

  /** What each bucket holds alone, that above the last bound, and the sum. */
  read(): Float64Array {
    return this.#view().map((value, i) => value - this.#baseline[i]!);
  }

  #view(): Float64Array {
    const {array, index} = this.#cells;
    return array.slice(index, index + this.#baseline.length);
  }
}

/** prom-client's Histogram, recording into this worker's ledger. */
export class Histogram<T extends string = string> extends Metric<T, LocalHistogram> {
  readonly buckets: readonly number[];

  constructor(configuration: HistogramConfiguration<T>) {
    const buckets = configuration?.buckets ?? DEFAULT_BUCKETS;
    const bounds = Array.isArray(buckets) ? buckets.filter(bound => bound !== Infinity) : [];
    super(
      configuration,
      {
        type: 'histogram',
        make: (cells, refusals, labels) => new LocalHistogram(cells, refusals, {labels, bounds}),
      },
      {buckets},
    );
    this.buckets = bounds;
  }

  /**
   * Observes a value in the series of a label set, or in the series without labels.
   * @throws TypeError for what is no finite number, NaN too; Error for an unknown label.
   */
  observe(value: number): void;
  observe(labels: RecordLabels<T>, value: number): void;
  observe(data: ObserveDataWithExemplar<T>): void;
  observe(first?: unknown, second?: unknown): void {
    if (isLabels(first)) this.#observe(first, second);
    else if (first || first === 0) this.#observe({}, first);
    else this.#observe({}, second);
  }

  /** Returns a function that observes the seconds since this call, and returns them. Its labels join those given here. */
  startTimer(labels?: RecordLabels<T>): (labels?: LabelValues<T>) => number {
    const seconds = startStopwatch();
    return endLabels => {
      const value = seconds();
      this.#observe({...labels, ...endLabels}, value);
      return value;
    };
  }

  /** Empties what this thread's `get()` shows. What the hub has counted stays, and goes on growing. */
  reset(): void {
    this.family.hideAll();
  }

  /**
   * Makes the series of a label set stand at 0, in this thread's `get()` also one that has counted before.
   * @throws Error for an unknown label.
   */
  zero(labels: RecordLabels<T>): void {
    this.series(labels ?? {}).restart();
  }

  /** The histogram as prom-client shows it, with what this thread has observed. */
  get(): Promise<MetricObjectWithValues<MetricValueWithName<T>>> {
    return this.read(() => this.family.shown.flatMap(series => this.#valuesOf(series)));
  }

  /**
   * A handle of one series, an address in the ledger once it has recorded. It keeps the label set as it is now.
   * @throws Error for an unknown label, or a list of another length than the label names.
   */
  labels(...values: string[]): Histogram.Internal<T>;
  labels(labels: RecordLabels<T>): Histogram.Internal<T>;
  labels(...args: unknown[]): Histogram.Internal<T> {
    const labels = labelsOf(this.labelNames, args);
    checkLabels(this.labelNames, labels);
    let series: LocalHistogram | undefined;
    return {
      observe: value => {
        checkObservation(value);
        if (!series?.isShown) series = this.series(labels);
        series.observe(value);
      },
      startTimer: () => this.startTimer(labels as RecordLabels<T>),
    };
  }

  #observe(labels: AnyLabels, value: unknown): void {
    if (!Number.isFinite(value)) checkLabels(this.labelNames, labels);
    checkObservation(value);
    this.series(labels).observe(value);
  }

  #valuesOf(series: LocalHistogram): MetricValueWithName<T>[] {
    const {name, buckets} = this;
    const cells = series.read();
    const labels = shownLabels<T>(series.labels);
    let count = 0;
    const values: object[] = [...buckets, '+Inf'].map((le, i) => {
      count += cells[i]!;
      return {value: count, metricName: `${name}_bucket`, exemplar: null, labels: {le, ...labels}};
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
  if (!Number.isFinite(value)) {
    throw new TypeError(`Value is not a valid number: ${format(value)}`);
  }
}
