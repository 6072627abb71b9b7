import {format} from 'node:util';
import {DEFAULT_QUANTILES, type FamilyOptions} from '../metrics/family.js';
import type {Cells} from '../metrics/ledger.js';
import {SKETCH_CELLS, sketchQuantiles} from '../metrics/sketch.js';
import {type SketchCells, SketchWindow, type WindowSpec} from '../metrics/sketch-window.js';
import {SummarySeries} from '../metrics/summary.js';
import {observationCount, SUM_OFFSET} from '../metrics/summary-cells.js';
import type {Refusals} from '../metrics/thread-family.js';
import {isRefused} from '../metrics/thread-family.js';
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
  /** Seconds that the quantiles remember. As in prom-client they remember all where this or `ageBuckets` is missing or 0. */
  maxAgeSeconds?: number;
  /** Steps in which that window moves on, 1 to 100. */
  ageBuckets?: number;
  /** Whether series leave while nothing was observed in their window. Default false. */
  pruneAgedBuckets?: boolean;
  /** Ignored: there is nothing to compress. */
  compressCount?: number;
  collect?: CollectFunction<Summary<T>>;
}

/** What `get()` shows of one series; `quantiles` are as many as percentiles, or none where its window is empty. */
interface SummaryReading {
  readonly quantiles: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** Options of {@link LocalSummary}. */
interface LocalSummaryOptions {
  readonly labels: AnyLabels;
  readonly window: WindowSpec;
  /** Milliseconds of a clock that never steps back. */
  readonly now: () => number;
}

class LocalSummary extends SummarySeries implements LocalSeries {
  readonly labels: AnyLabels;
  isShown = false;
  readonly #cells: Cells;
  readonly #options: LocalSummaryOptions;
  /** What was observed since `get()` last began at 0, or less where the window slides. */
  #window: SketchWindow | undefined;
  /** Where sum and count stood when `get()` last began at 0. */
  #base = {sum: 0, count: 0};

  constructor(cells: Cells, refusals: Refusals, options: LocalSummaryOptions) {
    super(cells, refusals);
    this.#cells = cells;
    this.#options = options;
    this.labels = options.labels;
  }

  override observe(value: number): void {
    // Only then is the time asked: it takes longer than the recording.
    if (this.#options.window.maxAgeSeconds < Infinity) this.#slide();
    super.observe(value);
  }

  restart(): void {
    const {window, now} = this.#options;
    this.#window = new SketchWindow(window, now(), this.#place());
    this.#rebase();
  }

  /** As `restart()`, but the window moves on when it would have done so anyway. */
  reset(): void {
    this.#slide();
    this.#window?.empty(this.#place());
    this.#rebase();
  }

  /** True where nothing was observed in the window. */
  isAged(): boolean {
    this.#slide();
    return this.#window?.read(this.#place(), new Float64Array(SKETCH_CELLS)) === 0;
  }

  read(percentiles: readonly number[]): SummaryReading {
    this.#slide();
    const observed = new Float64Array(SKETCH_CELLS);
    this.#window?.read(this.#place(), observed);
    const {sum, count} = this.#totals();
    return {
      quantiles: sketchQuantiles(observed, 0, percentiles),
      sum: sum - this.#base.sum,
      count: count - this.#base.count,
    };
  }

  #slide(): void {
    this.#window?.slide(this.#options.now(), this.#place());
  }

  #rebase(): void {
    this.#base = this.#totals();
  }

  #totals(): {sum: number; count: number} {
    const {array, first} = this.#place();
    return {sum: array[first + SUM_OFFSET]!, count: observationCount(array, first)};
  }

  #place(): SketchCells {
    const {array, index} = this.#cells;
    return {array, first: index};
  }
}

/** prom-client's Summary, recording into this worker's ledger: its quantiles within 1 %, of a sliding window where one is asked for. */
export class Summary<T extends string = string> extends Metric<T, LocalSummary> {
  /** Ascending. */
  readonly percentiles: readonly number[];

  constructor(configuration: SummaryConfiguration<T>) {
    const percentiles = configuration?.percentiles ?? DEFAULT_QUANTILES;
    const options = windowOptions(configuration);
    const {maxAgeSeconds = Infinity, ageBuckets = 1} = options;
    const window = {maxAgeSeconds, ageBuckets};
    super(
      configuration,
      {
        type: 'summary',
        make: (cells, refusals, labels, now) =>
          new LocalSummary(cells, refusals, {labels, window, now}),
      },
      // What is no list is refused as it came.
      {
        quantiles: Array.isArray(percentiles) ? percentiles.toSorted((a, b) => a - b) : percentiles,
        ...options,
      },
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
    for (const series of this.family.shown) series.reset();
  }

  /** The summary as prom-client shows it, with what this thread has observed. */
  get(): Promise<MetricObjectWithValues<MetricValueWithName<T>>> {
    return this.read(() => {
      if (this.family.spec.pruneAgedBuckets) this.#hideAged();
      return this.family.shown.flatMap(series => this.#valuesOf(series));
    });
  }

  /** They are shown again, from 0, once something is observed in them. */
  #hideAged(): void {
    for (const series of this.family.shown) if (series.isAged()) this.family.hide(series);
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
    let known: LocalSummary | undefined;
    return {
      observe: value => {
        checkObservation(value === undefined ? labels : value);
        const series = known?.isShown ? known : this.series(labels);
        if (!isRefused(series)) known = series;
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
    const {quantiles, sum, count} = series.read(percentiles);
    const labels = shownLabels<T>(series.labels);
    const values: object[] = percentiles.map((quantile, i) => {
      return {labels: {quantile, ...labels}, value: quantiles[i] ?? 0};
    });
    values.push(
      {metricName: `${name}_sum`, labels: {...labels}, value: sum},
      {metricName: `${name}_count`, labels: {...labels}, value: count},
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

/** As prom-client reads it: one of the two without the other makes no window. */
function windowOptions<T extends string>(
  configuration: SummaryConfiguration<T> | undefined,
): Pick<FamilyOptions, 'maxAgeSeconds' | 'ageBuckets' | 'pruneAgedBuckets'> {
  const {maxAgeSeconds, ageBuckets, pruneAgedBuckets} = configuration ?? {};
  const prune = {pruneAgedBuckets: Boolean(pruneAgedBuckets)};
  return maxAgeSeconds && ageBuckets ? {maxAgeSeconds, ageBuckets, ...prune} : prune;
}

function checkObservation(value: unknown): asserts value is number {
  if (!Number.isFinite(value)) {
    throw new TypeError(`Value is not a valid number: ${format(value)}`);
  }
}
