import {aggregate} from './aggregate.js';
import {ChangeTurns} from './change-turns.js';
import {
  cellCountOf,
  conflictBetween,
  type FamilySpec,
  RESERVED_LABELS,
  sampleNamesOf,
} from './family.js';
import {KeptExemplars} from './kept-exemplars.js';
import {SERIES_PER_FAMILY_MAX} from './series.js';
import {endShare, NO_SHARES, type SeriesWriter, shareOf, type WriterShare} from './shares.js';
import {SKETCH_CELLS} from './sketch.js';
import {SummaryWindows} from './summary-windows.js';

/** A series of the page: the sum of what every writer, live or dead, has recorded under one label set. */
export interface TotalSeries {
  readonly family: TotalFamily;
  readonly key: string;
  /** As many as the family's label names; undefined where the label is left out. */
  readonly labels: readonly (string | undefined)[];
  /** When it was first known: seconds since 1970, 0 where there is no clock. */
  readonly createdSeconds: number;
  /** Ascending in the order in which series came. */
  readonly number: number;
  /** Where its values stand in `Totals.values`. */
  readonly first: number;
  /** Those of the live writers that declared it. Only gauges use the values; the other types ask whether any is left. */
  shares: readonly WriterShare[];
  /** Shares that were ever given in it, those of the dead too. */
  shareCount: number;
  /** True for a summary whose window is empty, where its family wants such series off the page meanwhile. */
  isAged: boolean;
  /** True for a summary in which something below 0 was observed: its sum is no counter. */
  hasNegative: boolean;
  /** False once it has left the page; whoever still points at it then records nowhere. */
  listed: boolean;
}

/** A label of a sample. */
export type LabelPair = readonly [name: string, value: string];

/** A family of the page, its series in the order in which they came. */
export interface TotalFamily {
  readonly spec: FamilySpec;
  readonly series: Map<string, TotalSeries>;
  /** Counts up with everything that adds, takes away or renames a line of the family. */
  structureVersion: number;
}

/** What may be read of {@link Totals} after `refresh()`, in the same turn of the event loop. */
export type TotalsReading = Pick<Totals, 'families' | 'values' | 'structureVersion'>;

/**
 * What the main thread knows: families, series, and a flat array of values. All but gauges only grow here.
 * Everything that adds or takes away a line counts `structureVersion` up; whoever lays lines out watches that.
 */
export class Totals {
  readonly families = new Map<string, TotalFamily>();
  /** By each name that samples have. */
  readonly #bySampleName = new Map<string, TotalFamily>();
  /** Of listed series only. */
  readonly exemplars = new KeptExemplars();
  readonly #epochSeconds: () => number;
  readonly #seriesMax: number;
  /** Of `values`. */
  readonly turns = new ChangeTurns();
  readonly #windows: SummaryWindows;
  /** Freed stretches by size; all of them hold 0. */
  readonly #free = new Map<number, number[]>();
  /** Gauges whose value is to be worked out before the next page. */
  readonly #stale = new Set<TotalSeries>();
  /** On every sample that doesn't have a label of that name itself. */
  #defaultLabels: readonly LabelPair[] = [];
  #values = new Float64Array(1_024);
  #used = 0;
  #seriesCount = 0;
  #structureVersion = 0;
  #labelsVersion = 0;
  /** Of the next series. */
  #seriesNumber = 0;

  /**
   * @param seriesPerFamilyMax Label sets a family over all writers; further ones are refused.
   * @param now Milliseconds of a clock that never steps back, by which windows slide. Default: it stands still.
   * @param epochSeconds The time, in seconds since 1970. Default: none is kept.
   */
  constructor(
    seriesPerFamilyMax = SERIES_PER_FAMILY_MAX,
    now: () => number = () => 0,
    epochSeconds = () => 0,
  ) {
    this.#epochSeconds = epochSeconds;
    this.#seriesMax = seriesPerFamilyMax;
    this.#windows = new SummaryWindows(now);
    this.turns.grow(this.#values.length);
  }

  /** Indexed by `TotalSeries.first`. Replaced by a longer copy when it is full: don't keep it. */
  get values(): Float64Array {
    return this.#values;
  }

  /** Counts up with the labels that every sample gets. */
  get labelsVersion(): number {
    return this.#labelsVersion;
  }

  get structureVersion(): number {
    return this.#structureVersion;
  }

  get seriesCount(): number {
    return this.#seriesCount;
  }

  /** The family that has samples of that name. */
  familyOf(sampleName: string): TotalFamily | undefined {
    return this.#bySampleName.get(sampleName);
  }

  /** Finds or makes a family; returns what contradicts one that is known as a text. The first `help` stays. */
  declareFamily(spec: FamilySpec): TotalFamily | string {
    const known = this.families.get(spec.name);
    if (known !== undefined) return conflictBetween(known.spec, spec) ?? known;
    const names = sampleNamesOf(spec);
    const shared = names.find(name => this.#bySampleName.has(name));
    if (shared !== undefined) {
      // One line twice, or two families in one: scrapers take the last, or refuse the page.
      const other = this.#bySampleName.get(shared)?.spec.name;
      return `Expected ${spec.name} to have no sample name of ${other}, got ${shared} in both`;
    }
    const family = {spec, series: new Map<string, TotalSeries>(), structureVersion: 0};
    this.families.set(spec.name, family);
    for (const name of names) this.#bySampleName.set(name, family);
    this.#structureVersion++;
    return family;
  }

  /** Finds or makes a series and gives `writer` a share in it; undefined where the family is at its bound. */
  join(
    family: TotalFamily,
    labels: readonly (string | undefined)[],
    writer: SeriesWriter,
    {rank, firstCell = 0}: {rank: number; firstCell?: number},
  ): TotalSeries | undefined {
    const key = keyOf(labels);
    let series = family.series.get(key);
    if (series === undefined) {
      if (family.series.size >= this.#seriesMax) return undefined;
      series = this.#add(family, key, labels);
    }
    endShare(series, writer);
    // As long as it has to be: an array that is spread gets room for 16 more.
    series.shares = series.shares.concat({writer, rank, firstCell, value: 0});
    series.shareCount++;
    this.#spoil(series);
    return series;
  }

  /** Adds to a counter's value, a bucket or a sum; `offset` counts from the series' first cell. */
  add(series: TotalSeries, offset: number, amount: number): void {
    this.#values[series.first + offset]! += amount;
    this.turns.note(series.first + offset);
    if (series.hasNegative || series.family.spec.type !== 'summary') return;
    if (offset < NEGATIVE_CELLS || amount < 0) {
      series.hasNegative = true;
      this.#changeLines(series.family);
    }
  }

  /** Moves the windows of summaries on to this moment. To be called before what was observed since is added. */
  slideWindows(): void {
    this.#windows.slide(this.#values);
  }

  /** The values at a summary's quantiles, as many as it has; none where its window is empty. To be called after `refresh()`. */
  quantiles(series: TotalSeries): number[] {
    return this.#windows.quantiles(series, this.#values);
  }

  /** Sets a writer's value of a gauge. */
  set(series: TotalSeries, writer: SeriesWriter, value: number): void {
    const share = shareOf(series, writer);
    if (share === undefined) return;
    share.value = value;
    this.#spoil(series);
  }

  /** The writer has died: its gauges leave, what it counted stays. */
  leave(series: TotalSeries, writer: SeriesWriter): void {
    if (!endShare(series, writer)) return;
    if (series.family.spec.type !== 'gauge') return;
    if (series.shares.length === 0) this.#remove(series);
    else this.#spoil(series);
  }

  /** The writer has removed the series itself: it leaves with the last live writer that has it. */
  retire(series: TotalSeries, writer: SeriesWriter): void {
    if (!endShare(series, writer)) return;
    if (series.shares.length === 0) this.#remove(series);
    else this.#spoil(series);
  }

  /** True where one writer alone, the present one, ever had the series: nobody else's counts leave with it. */
  hasOneWriter(name: string, labels: readonly (string | undefined)[]): boolean {
    return this.families.get(name)?.series.get(keyOf(labels))?.shareCount === 1;
  }

  /** Sets the labels that every sample gets besides its own. */
  setDefaultLabels(labels: Readonly<Record<string, string>>): void {
    this.#defaultLabels = Object.entries(labels);
    this.#labelsVersion++;
    this.#structureVersion++;
  }

  /** Names and values of a series' labels on every page: its own, then the default ones that it doesn't have itself. */
  labelPairs(series: TotalSeries): LabelPair[] {
    return [...ownLabelsOf(series), ...this.defaultLabelsOf(series)];
  }

  /** The default labels that a series doesn't have itself. */
  defaultLabelsOf(series: TotalSeries): readonly LabelPair[] {
    if (this.#defaultLabels.length === 0) return NO_LABELS;
    const taken = new Set(ownLabelsOf(series).map(([name]) => name));
    const reserved = RESERVED_LABELS[series.family.spec.type];
    if (reserved !== undefined) taken.add(reserved);
    return this.#defaultLabels.filter(([name]) => !taken.has(name));
  }

  /** Takes a series off the page whoever still has it; true where it was known. */
  forget(name: string, labels: readonly (string | undefined)[]): boolean {
    const series = this.families.get(name)?.series.get(keyOf(labels));
    if (series === undefined) return false;
    this.#remove(series);
    return true;
  }

  /** Works out the gauges that changed, and which summaries have aged. To be called before `values` is read. */
  refresh(): void {
    this.slideWindows();
    for (const family of this.#windows.markAged(this.#values)) this.#changeLines(family);
    for (const series of this.#stale) {
      this.#values[series.first] = aggregate(series.family.spec.aggregator, series.shares);
      this.turns.note(series.first);
    }
    this.#stale.clear();
  }

  #add(family: TotalFamily, key: string, labels: readonly (string | undefined)[]): TotalSeries {
    const series: TotalSeries = {
      family,
      key,
      labels,
      createdSeconds: this.#epochSeconds(),
      number: this.#seriesNumber++,
      first: this.#take(cellCountOf(family.spec)),
      shares: NO_SHARES,
      shareCount: 0,
      isAged: false,
      hasNegative: false,
      listed: true,
    };
    family.series.set(key, series);
    this.#windows.open(series);
    this.#seriesCount++;
    this.#changeLines(family);
    return series;
  }

  #remove(series: TotalSeries): void {
    if (!series.listed) return;
    series.listed = false;
    for (const {writer} of series.shares) endShare(series, writer);
    this.exemplars.forget(series);
    this.#windows.close(series);
    this.#stale.delete(series);
    series.family.series.delete(series.key);
    const size = cellCountOf(series.family.spec);
    this.#values.fill(0, series.first, series.first + size);
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [series.first]);
    else free.push(series.first);
    this.#seriesCount--;
    this.#changeLines(series.family);
  }

  #changeLines(family: TotalFamily): void {
    family.structureVersion++;
    this.#structureVersion++;
  }

  #take(size: number): number {
    const reused = this.#free.get(size)?.pop();
    if (reused !== undefined) return reused;
    const first = this.#used;
    this.#used += size;
    if (this.#used > this.#values.length) {
      const longer = new Float64Array(Math.max(this.#used, this.#values.length * 2));
      longer.set(this.#values);
      this.#values = longer;
      this.turns.grow(longer.length);
    }
    return first;
  }

  #spoil(series: TotalSeries): void {
    if (series.family.spec.type === 'gauge') this.#stale.add(series);
  }
}

const NO_LABELS: readonly LabelPair[] = Object.freeze([]);

function ownLabelsOf({family, labels}: TotalSeries): LabelPair[] {
  return family.spec.labelNames.flatMap((name, i) => {
    const value = labels[i];
    return value === undefined ? [] : [[name, value] as const];
  });
}

/** A sketch's cells below the one of 0. */
const NEGATIVE_CELLS = (SKETCH_CELLS - 1) / 2;

/** A text that two label sets share only if they are equal. */
function keyOf(labels: readonly (string | undefined)[]): string {
  return JSON.stringify(labels.map(label => label ?? null));
}
