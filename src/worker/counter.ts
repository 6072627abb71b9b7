import {format} from 'node:util';
import {isAmount} from '../metrics/counter.js';
import {addTo, type Cells} from '../metrics/ledger.js';
import {isRefused} from '../metrics/thread-family.js';
import type {
  CollectFunction,
  IncreaseDataWithExemplar,
  MetricConfiguration,
  MetricObjectWithValues,
  MetricValue,
} from '../prom-client.js';
import {CountedSeries, NO_CELLS} from './counted-series.js';
import {
  type AnyLabels,
  checkLabels,
  isLabels,
  labelsOf,
  type RecordLabels,
} from './label-arguments.js';
import {type ExemplarLabels, newExemplar} from './local-exemplar.js';
import {Metric, ownProperty, shownValue} from './metric.js';

/** Configuration of a {@link Counter}. */
export interface CounterConfiguration<T extends string> extends MetricConfiguration<T> {
  collect?: CollectFunction<Counter<T>>;
}

/** What `inc()` takes of a counter with `enableExemplars`; without labels the series without labels. */
export interface CounterRecord<T extends string> {
  labels?: RecordLabels<T>;
  /** Default 1. */
  value?: number;
  /** Default: the series keeps the exemplar that it has. */
  exemplarLabels?: ExemplarLabels;
}

/** Stands for exemplar labels that weren't given, unlike any that were, empty ones too. */
const NOT_GIVEN: ExemplarLabels = Object.freeze({});

class LocalCounter extends CountedSeries {
  constructor(cells: Cells, labels: AnyLabels) {
    super(cells, labels, {cellCount: 1, countCells: 1});
  }

  /** The fast path of `add()`; false where it doesn't lead there, and nothing was added. */
  tryAdd(amount: number): boolean {
    const {open, index} = this;
    if (index >= open.length) return false;
    addTo(open, index, amount);
    return true;
  }

  add(amount: number): void {
    if (this.recounting === undefined) addTo(this.cells.array, this.index, amount);
    else this.recounting.add(0, amount);
  }
}

/** Stands for a series that isn't known yet. */
const UNKNOWN = new LocalCounter(NO_CELLS, {});

/** What a handle asks of its metric. */
interface HandleOwner {
  /** The series as it is now: it may have been removed, and made anew. */
  readonly find: () => LocalCounter;
  readonly refuse: (amount: unknown) => never;
}

/** One series of a counter; its methods need no receiver, as prom-client's don't. */
class CounterHandle implements Counter.Internal {
  readonly #owner: HandleOwner;
  #series = UNKNOWN;

  constructor(owner: HandleOwner) {
    this.#owner = owner;
  }

  record(value?: number): void {
    const amount = value ?? 1;
    if (!isAmount(amount) || !this.#series.tryAdd(amount)) this.recordSlowly(amount);
  }

  recordSlowly(amount: unknown): void {
    if (!isAmount(amount)) this.#owner.refuse(amount);
    let series = this.#series;
    if (!series.isShown) {
      series = this.#owner.find();
      if (!isRefused(series)) this.#series = series;
    }
    series.add(amount);
  }

  get inc(): Counter.Internal['inc'] {
    return this.record.bind(this);
  }

  /** Whoever spies on a handle puts a function of his own there, as on prom-client's. */
  set inc(replacement: Counter.Internal['inc']) {
    ownProperty(this, 'inc', replacement);
  }
}

/** prom-client's Counter, recording into this worker's ledger. */
export class Counter<T extends string = string> extends Metric<T, LocalCounter> {
  constructor(configuration: CounterConfiguration<T>) {
    super(configuration, {
      type: 'counter',
      make: (cells, _, labels) => new LocalCounter(cells, labels),
    });
    // On the object, as prom-client does: whoever has no exemplars pays nothing for them.
    if (this.enableExemplars) this.inc = this.#incWithExemplar as typeof this.inc;
  }

  /**
   * Adds `value` (default 1) to the series of a label set, or to the series without labels. With `enableExemplars` it
   * takes one object, and keeps an exemplar where `exemplarLabels` are given.
   * @throws TypeError for what is no finite number, NaN too; Error for a negative number or an unknown label; RangeError
   * for exemplar labels over 128 characters, after it has counted.
   */
  inc(labels: RecordLabels<T>, value?: number): void;
  inc(value?: number): void;
  inc(data: IncreaseDataWithExemplar<T>): void;
  inc(data: CounterRecord<T>): void;
  inc(first?: unknown, second?: unknown): void {
    const amount = (isLabels(first) ? second : first) ?? 1;
    if (!isAmount(amount)) this.#refuse(isLabels(first) ? first : {}, amount);
    else if (isLabels(first)) this.series(first).add(amount);
    else this.family.only().add(amount);
  }

  /**
   * Starts again at 0 in this thread's `get()`. What the hub has counted stays, and goes on growing. Within `collect`, what is
   * counted next is the total of something that is counted elsewhere: the hub adds what goes beyond the last one.
   */
  reset(): void {
    this.restart();
  }

  /** The counter as prom-client shows it, with what this thread has counted. */
  get(): Promise<MetricObjectWithValues<MetricValue<T>>> {
    return this.read(() => this.family.shown.map(series => this.#valueOf(series)));
  }

  /**
   * A handle of one series, an address in the ledger once it has recorded. It keeps the label set as it is now, and
   * records no exemplars.
   * @throws Error for a list of another length than the label names.
   */
  labels(...values: string[]): Counter.Internal;
  labels(labels: RecordLabels<T>): Counter.Internal;
  labels(...args: unknown[]): Counter.Internal {
    const labels = labelsOf(this.labelNames, args);
    return new CounterHandle({
      find: () => this.series(labels),
      refuse: amount => this.#refuse(labels, amount),
    });
  }

  #incWithExemplar({
    labels = {},
    value = 1,
    exemplarLabels = NOT_GIVEN,
  }: CounterRecord<T> = {}): void {
    const amount = (isLabels(labels) ? value : labels) ?? 1;
    const given = isLabels(labels) ? labels : {};
    if (!isAmount(amount)) this.#refuse(given, amount);
    const series = this.series(given);
    series.add(amount);
    if (exemplarLabels === NOT_GIVEN) return;
    // prom-client's exemplar of an increase by 0 says 1.
    this.family.keepExemplar(series, 0, newExemplar(exemplarLabels, value || 1));
  }

  #valueOf(series: LocalCounter): MetricValue<T> {
    const exemplar = this.family.exemplarAt(series, 0);
    return {...shownValue<T>(series.labels, series.read()[0]!), ...(exemplar && {exemplar})};
  }

  #refuse(labels: AnyLabels, amount: unknown): never {
    checkLabels(this.labelNames, labels);
    if (typeof amount === 'number' && Number.isFinite(amount)) {
      throw new Error('It is not possible to decrease a counter');
    }
    throw new TypeError(`Value is not a valid number: ${format(amount)}`);
  }
}

export namespace Counter {
  /** What {@link Counter.labels} returns; its methods need no receiver. */
  export interface Internal {
    inc(value?: number): void;
  }
}
