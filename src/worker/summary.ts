import {format} from 'node:util';
import {DEFAULT_QUANTILES, shown} from '../metrics/family.js';
import type {Cells} from '../metrics/ledger.js';
import {SKETCH_CELLS, sketchCount, sketchQuantiles} from '../metrics/sketch.js';
import {SummarySeries} from '../metrics/summary.js';
import type {Refusals} from '../metrics/thread-family.js';
import type {
  CollectFunction,
  LabelValues,
  MetricConfiguration,
  MetricObjectWithValues,
  MetricValueWithName,
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

/** Configuration of a {@link Summary}. */
export interface SummaryConfiguration<T extends string> extends MetricConfiguration<T> {
  /** Quantiles that are shown, in ascending order whatever theirs is here; 0 to 1, at most 64. Default prom-client's. */
  percentiles?: number[];
  /** Refused: there is no sliding window yet. */
  maxAgeSeconds?: number;
  /** Refused: there is no sliding window yet. */
  ageBuckets?: number;
  /** Refused: there is no sliding window yet. */
  pruneAgedBuckets?: boolean;
  /** Ignored: there is nothing to compress. */
  compressCount?: number;
  collect?: CollectFunction<Summary<T>>;
}

/** Options that make a window slide in prom-client. */
const WINDOW_OPTIONS = ['maxAgeSeconds', 'ageBuckets', 'pruneAgedBuckets'] as const;

class LocalSummary extends SummarySeries implements LocalSeries {
  readonly labels: AnyLabels;
  isShown = false;
  readonly #cells: Cells;
  /** The series' cells when `get()` last began at 0; undefined where they were all 0, as long as nothing is reset. */
  #baseline: Float64Array | undefined;

  constructor(cells: Cells, refusals: Refusals, labels: AnyLabels) {
    super(cells, refusals);
    this.#cells = cells;
    this.labels = labels;
  }

  restart(): void {
    const view = this.#view();
    this.#baseline = view.some(value => value !== 0) ? view.slice() : undefined;
  }

  /** What each cell of the sketch counts, and the sum. */
  read(): Float64Array {
    const baseline = this.#baseline;
    const view = this.#view();
    return baseline === undefined ? view : view.map((value, i) => value - baseline[i]!);
  }

  #view(): Float64Array {
    const {array, index} = this.#cells;
    return array.subarray(index, index + SKETCH_CELLS + 1);
  }
}

/** prom-client's Summary, recording into this worker's ledger: without a sliding window, its quantiles within 1 %. */
export class Summary<T extends string = string> extends Metric<T, LocalSummary> {
  /** Ascending. */
  readonly percentiles: readonly number[];

  constructor(configuration: SummaryConfiguration<T>) {
    checkWindow(configuration);
    const percentiles = configuration?.percentiles ?? DEFAULT_QUANTILES;
    super(
      configuration,
      {
        type: 'summary',
        make: (cells, refusals, labels) => new LocalSummary(cells, refusals, labels),
      },
      // What is no list is refused as it came.
      {quantiles: Array.isArray(percentiles) ? percentiles.toSorted((a, b) => a - b) : percentiles},
    );
    this.percentiles = this.family.spec.quantiles;
  }

  /**
   * Observes a value in the series of a label set, or in the series without labels.
   * @throws TypeError for what is no finite number; Error for an unknown label.
   */
  observe(value: number): void;
  observe(labels: RecordLabels<T>, value: number): void;
  observe(first?: unknown, second?: unknown): void {
    this.#observe(first === 0 ? 0 : first || {}, second);
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

  /**
   * Makes every series of this thread's `get()` stand at 0; other than a histogram's they stay, as in prom-client. What the
   * hub has counted stays, and goes on growing.
   */
  reset(): void {
    for (const series of this.family.shown) series.restart();
  }

  /** The summary as prom-client shows it, with what this thread has observed. */
  get(): Promise<MetricObjectWithValues<MetricValueWithName<T>>> {
    return this.read(() => this.family.shown.flatMap(series => this.#valuesOf(series)));
  }

  /**
   * A handle of one series, an address in the ledger once it has recorded. It keeps the label set as it is now.
   * @throws Error for an unknown label, or a list of another length than the label names.
   */
  labels(...values: string[]): Summary.Internal<T>;
  labels(labels: RecordLabels<T>): Summary.Internal<T>;
  labels(...args: unknown[]): Summary.Internal<T> {
    const labels = labelsOf(this.labelNames, args);
    checkLabels(this.labelNames, labels);
    let series: LocalSummary | undefined;
    return {
      observe: value => {
        checkObservation(value === undefined ? labels : value);
        if (!series?.isShown) series = this.series(labels);
        series.observe(value);
      },
      startTimer: () => this.startTimer(labels as RecordLabels<T>),
    };
  }

  /** As prom-client reads its arguments: where no value comes, the labels are the value, an empty set too. */
  #observe(labels: unknown, value: unknown): void {
    const observed = value === undefined ? labels : value;
    // A text has members that are no labels; prom-client names them.
    if (!Number.isFinite(observed) || typeof labels === 'string') {
      checkLabels(this.labelNames, labels as AnyLabels);
    }
    checkObservation(observed);
    this.series(isLabels(labels) ? labels : {}).observe(observed);
  }

  #valuesOf(series: LocalSummary): MetricValueWithName<T>[] {
    const {name, percentiles} = this;
    const cells = series.read();
    const labels = shownLabels<T>(series.labels);
    const found = sketchQuantiles(cells, 0, percentiles);
    const values: object[] = percentiles.map((quantile, i) => {
      return {labels: {quantile, ...labels}, value: found[i] ?? 0};
    });
    values.push(
      {metricName: `${name}_sum`, labels: {...labels}, value: cells[SKETCH_CELLS]},
      {metricName: `${name}_count`, labels: {...labels}, value: sketchCount(cells, 0)},
    );
    return values as MetricValueWithName<T>[];
  }
}

export namespace Summary {
  /** What {@link Summary.labels} returns; its methods need no receiver. */
  export interface Internal<T extends string> {
    observe(value: number): void;
    /** Returns a function that observes the seconds since this call, and returns them. */
    startTimer(): (labels?: LabelValues<T>) => number;
  }

  /** The part of the configuration that only summaries have. */
  export interface Config {
    percentiles?: number[];
  }
}

/** @throws TypeError where a window is asked for, before anything is registered. */
function checkWindow<T extends string>(configuration: SummaryConfiguration<T> | undefined): void {
  const given = WINDOW_OPTIONS.find(option => configuration?.[option]);
  if (given === undefined) return;
  throw new TypeError(
    `Expected \`${given}\` of ${configuration?.name} to be left out, as summaries have no sliding window yet, ` +
      `got ${shown(configuration?.[given])}`,
  );
}

function checkObservation(value: unknown): asserts value is number {
  if (!Number.isFinite(value)) {
    throw new TypeError(`Value is not a valid number: ${format(value)}`);
  }
}
