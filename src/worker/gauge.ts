import {format} from 'node:util';
import {GaugeSeries} from '../metrics/gauge.js';
import type {Cells} from '../metrics/ledger.js';
import type {Refusals} from '../metrics/thread-family.js';
import {isRefused} from '../metrics/thread-family.js';
import type {
  CollectFunction,
  LabelValues,
  MetricConfiguration,
  MetricObjectWithValues,
  MetricValue,
} from '../prom-client.js';
import {
  type AnyLabels,
  checkLabels,
  isLabels,
  labelsOf,
  type RecordLabels,
} from './label-arguments.js';
import type {LocalSeries} from './local-family.js';
import {Metric, shownValue} from './metric.js';
import {startStopwatch} from './stopwatch.js';

/** Configuration of a {@link Gauge}. */
export interface GaugeConfiguration<T extends string> extends MetricConfiguration<T> {
  collect?: CollectFunction<Gauge<T>>;
}

class LocalGauge extends GaugeSeries implements LocalSeries {
  readonly labels: AnyLabels;
  isShown = false;
  readonly #cells: Cells;

  constructor(cells: Cells, refusals: Refusals, labels: AnyLabels) {
    super(cells, refusals);
    this.#cells = cells;
    this.labels = labels;
  }

  /** Nothing to do: a gauge may go back, so one that begins again is set to 0 or removed. */
  restart(): void {}

  read(): number {
    return this.#cells.array[this.#cells.index]!;
  }
}

/** prom-client's Gauge, recording into this worker's ledger. */
export class Gauge<T extends string = string> extends Metric<T, LocalGauge> {
  constructor(configuration: GaugeConfiguration<T>) {
    super(configuration, {
      type: 'gauge',
      make: (cells, refusals, labels) => new LocalGauge(cells, refusals, labels),
    });
  }

  /**
   * Sets the series of a label set, or the series without labels.
   * @throws TypeError for what is no number, NaN too; Error for an unknown label.
   */
  set(labels: RecordLabels<T>, value: number): void;
  set(value: number): void;
  set(first: unknown, second?: unknown): void {
    const value = isLabels(first) ? second : first;
    checkNumber('Value', value);
    this.#seriesOf(first).set(value);
  }

  /** Adds `value` (default 1), which may be negative. Throws as `set()`. */
  inc(labels: RecordLabels<T>, value?: number): void;
  inc(value?: number): void;
  inc(first?: unknown, second?: unknown): void {
    const delta = deltaOf(isLabels(first) ? second : first);
    this.#seriesOf(first).inc(delta);
  }

  /** Takes `value` (default 1) off. Throws as `set()`. */
  dec(labels: RecordLabels<T>, value?: number): void;
  dec(value?: number): void;
  dec(first?: unknown, second?: unknown): void {
    const delta = negativeDeltaOf(isLabels(first) ? second : first);
    this.#seriesOf(first).inc(delta);
  }

  /** Sets the seconds since 1970. */
  setToCurrentTime(labels?: RecordLabels<T>): void {
    const now = Date.now() / 1_000;
    if (labels === undefined) this.set(now);
    else this.set(labels, now);
  }

  /** Returns a function that sets the seconds since this call, and returns them. Its labels join those given here. */
  startTimer(labels?: RecordLabels<T>): (labels?: LabelValues<T>) => number {
    const seconds = startStopwatch();
    return endLabels => {
      const value = seconds();
      this.set({...labels, ...endLabels} as RecordLabels<T>, value);
      return value;
    };
  }

  /** Begins again: the series without labels at 0; those with labels leave this thread, and the hub's aggregate. */
  reset(): void {
    this.restart();
  }

  /** The gauge as prom-client shows it, with this thread's values. */
  get(): Promise<MetricObjectWithValues<MetricValue<T>>> {
    return this.read(() =>
      this.family.shown.map(series => shownValue<T>(series.labels, series.read())),
    );
  }

  /**
   * A handle of one series, an address in the ledger once it has recorded. It keeps the label set as it is now.
   * @throws Error for an unknown label, or a list of another length than the label names.
   */
  labels(...values: string[]): Gauge.Internal<T>;
  labels(labels: RecordLabels<T>): Gauge.Internal<T>;
  labels(...args: unknown[]): Gauge.Internal<T> {
    const labels = labelsOf(this.labelNames, args);
    checkLabels(this.labelNames, labels);
    let known: LocalGauge | undefined;
    const series = () => {
      if (known?.isShown) return known;
      const series = this.series(labels);
      if (!isRefused(series)) known = series;
      return series;
    };
    return {
      inc: value => {
        const delta = deltaOf(value);
        series().inc(delta);
      },
      dec: value => {
        const delta = negativeDeltaOf(value);
        series().inc(delta);
      },
      set: value => {
        checkNumber('Value', value);
        series().set(value);
      },
      setToCurrentTime: () => series().set(Date.now() / 1_000),
      startTimer: () => this.startTimer(labels as RecordLabels<T>),
    };
  }

  protected override restart(): void {
    for (const series of this.family.shown) this.family.remove(series.labels);
    if (this.labelNames.length === 0) this.family.only().set(0);
  }

  #seriesOf(first: unknown): LocalGauge {
    return isLabels(first) ? this.series(first) : this.family.only();
  }
}

export namespace Gauge {
  /** What {@link Gauge.labels} returns; its methods need no receiver. */
  export interface Internal<T extends string> {
    inc(value?: number): void;
    dec(value?: number): void;
    set(value: number): void;
    /** Sets the seconds since 1970. */
    setToCurrentTime(): void;
    /** Returns a function that sets the seconds since this call, and returns them. */
    startTimer(): (labels?: LabelValues<T>) => number;
  }
}

function checkNumber(what: 'Value' | 'Delta', value: unknown): asserts value is number {
  if (typeof value !== 'number' || Number.isNaN(value)) {
    throw new TypeError(`${what} is not a valid number: ${format(value)}`);
  }
}

function deltaOf(value: unknown): number {
  const delta = value === undefined ? 1 : value;
  checkNumber('Delta', delta);
  return delta;
}

/** As prom-client, which negates first and asks then: `dec('2')` takes 2 off. */
function negativeDeltaOf(value: unknown): number {
  const delta = value === undefined ? -1 : -(value as number);
  checkNumber('Delta', delta);
  return delta;
}
