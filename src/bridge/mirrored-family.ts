import type {Exemplar} from '../metrics/exemplar.js';
import {addTo, setTo} from '../metrics/ledger.js';
import type {FamilyCells, Recorder} from '../metrics/recorder.js';
import type {FamilyReading, SeriesReading} from './reading.js';

/** What was written of one label set. */
interface MirroredSeries {
  readonly labels: SeriesReading['labels'];
  /** What stood in the cells because of this metric before its last restart; all 0 before any. */
  base: readonly number[];
  /** The last reading since that restart; also where the label set was missing from an absolute one since. */
  last: readonly number[];
  /** Those of the last reading; each was told once. */
  exemplars: ReadonlyMap<number, Exemplar>;
  /** True where the metric was reset and has not had this label set since. */
  isReset: boolean;
}

/** Where a metric keeps its label sets: another object after `reset()`, the same after `remove()`. */
export interface StoreReading {
  /** As of the reading. */
  readonly store: unknown;
  /**
   * True where the metric was reset while it was read, by its own `collect`: it shows a total that is counted elsewhere, and
   * again all of what it showed before.
   */
  readonly isAbsolute: boolean;
}

/** What a family's counts are when the metric that counted them is gone. */
export type MayLeave = (family: string, labels: readonly (string | undefined)[]) => boolean;

/**
 * One metric of prom-client in the ledger. Its counts are written as they are read, and go on from where they stood when
 * the metric was reset; whatever else records in the same cells stays.
 */
export class MirroredFamily {
  readonly #cells: FamilyCells;
  readonly #recorder: Pick<Recorder, 'drop' | 'keepExemplar'>;
  /** By reading's key: the label sets of the last reading, and those that were reset since they were read. */
  readonly #series = new Map<string, MirroredSeries>();
  /** That of the last reading. */
  #store: unknown;

  constructor(cells: FamilyCells, recorder: Pick<Recorder, 'drop' | 'keepExemplar'>) {
    this.#cells = cells;
    this.#recorder = recorder;
  }

  /** Writes a reading: label sets that are gone leave, what was reset stays and goes on. */
  write({series}: FamilyReading, {store, isAbsolute}: StoreReading): void {
    const isReset = this.#series.size > 0 && store !== this.#store && !isAbsolute;
    this.#store = store;
    const isGauge = this.#cells.spec.type === 'gauge';
    for (const [key, known] of this.#series) {
      if (series.has(key)) continue;
      if (isReset && !isGauge) restart(known);
      else if (isAbsolute && !isGauge) known.isReset = true;
      else if (!known.isReset) this.#remove(key, known);
    }
    for (const reading of series.values()) {
      if (isGauge) this.#set(reading);
      else this.#count(reading, {isReset, isAbsolute});
    }
  }

  /** The metric is gone: its gauges leave, and of what it counted what may. */
  leave(mayLeave: MayLeave): void {
    const {name, type, labelNames} = this.#cells.spec;
    for (const [key, known] of this.#series) {
      const labels = labelNames.map(label => known.labels[label]);
      this.#remove(key, known, type !== 'gauge' && !mayLeave(name, labels));
    }
  }

  #set({key, labels, numbers, exemplars}: SeriesReading): void {
    const value = numbers[0]!;
    if (Number.isNaN(value)) {
      this.#recorder.drop('not_finite');
      return;
    }
    const cells = this.#cells.cells(labels, this);
    if (cells === undefined) return;
    setTo(cells.array, cells.index, value);
    this.#series.set(key, {labels, base: [0], last: numbers, exemplars, isReset: false});
  }

  #count(
    {key, labels, numbers, exemplars}: SeriesReading,
    {isReset, isAbsolute}: {isReset: boolean; isAbsolute: boolean},
  ): void {
    if (!numbers.every(Number.isFinite)) {
      this.#recorder.drop('not_finite');
      return;
    }
    const cells = this.#cells.cells(labels, this);
    if (cells === undefined) return;
    const zeroes = numbers.map(() => 0);
    const known = this.#series.get(key) ?? {...NOTHING, labels, base: zeroes, last: zeroes};
    const before = standing(known);
    const isAnew = isAbsolute ? false : isReset || known.isReset;
    const base = isAnew || this.#hasFallen(known.last, numbers) ? before : known.base;
    this.#series.set(key, {labels, base, last: numbers, exemplars, isReset: false});
    for (const [place, exemplar] of exemplars) {
      if (isSame(exemplar, known.exemplars.get(place))) continue;
      this.#recorder.keepExemplar(cells.cell + place, exemplar);
    }
    for (const [i, value] of numbers.entries()) {
      const now = base[i]! + value;
      const at = cells.index + i;
      // Written as it is where nobody else records: differences of fractions would drift.
      if (cells.array[at] === before[i]) setTo(cells.array, at, now);
      else addTo(cells.array, at, now - before[i]!);
    }
  }

  /** A count below the last one began anew. A histogram's sum may fall with negative observations. */
  #hasFallen(last: readonly number[], numbers: readonly number[]): boolean {
    const counts = this.#cells.spec.type === 'histogram' ? numbers.slice(0, -1) : numbers;
    return counts.some((value, i) => value < last[i]!);
  }

  #remove(key: string, series: MirroredSeries, isKept = false): void {
    this.#series.delete(key);
    const isGauge = this.#cells.spec.type === 'gauge';
    const written = isGauge ? {} : {written: standing(series)};
    this.#cells.leave(series.labels, {writer: this, isKept, ...written});
  }
}

const NOTHING: Pick<MirroredSeries, 'exemplars' | 'isReset'> = {
  exemplars: new Map(),
  isReset: false,
};

/** prom-client has one object a sample, which it changes. */
function isSame(exemplar: Exemplar, known: Exemplar | undefined): boolean {
  return JSON.stringify(exemplar) === JSON.stringify(known);
}

/** After a reset the next count of the label set is one more, not a first one: it may not leave meanwhile. */
function restart(series: MirroredSeries): void {
  series.base = standing(series);
  series.last = series.last.map(() => 0);
  series.isReset = true;
}

/** What stands in the cells because of this metric. */
function standing({base, last}: MirroredSeries): readonly number[] {
  return base.map((value, i) => value + last[i]!);
}
