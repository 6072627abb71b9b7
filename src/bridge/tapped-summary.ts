import type {FamilyOptions} from '../metrics/family.js';
import {addTo} from '../metrics/ledger.js';
import type {FamilyCells, Recorder} from '../metrics/recorder.js';
import {sketchCellOf} from '../metrics/sketch.js';
import {recordObservation, SUM_OFFSET, UNPLACED_OFFSET} from '../metrics/summary-cells.js';
import type {MayLeave} from './mirrored-family.js';
import {labelTexts} from './reading.js';

/** A t-digest as far as it is read. */
interface Digest {
  toArray(): readonly {readonly mean: number; readonly n: number}[];
}

/** What prom-client 15 keeps of one label set. Each observation goes through `td.push`, whoever calls it, by whichever handle. */
interface Entry {
  readonly labels: Readonly<Record<string, unknown>>;
  readonly td: {push(value: number): void; ringBuffer?: Digest[]; currentBuffer?: number};
  readonly count: number;
  readonly sum: number;
}

type Entries = Record<string, Entry>;

/** A Summary of prom-client whose observations can be heard. */
export interface TappableSummary {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly aggregator: NonNullable<FamilyOptions['aggregator']>;
  readonly percentiles: readonly number[];
  readonly maxAgeSeconds?: number;
  readonly ageBuckets?: number;
  readonly pruneAgedBuckets?: boolean;
  hashMap: Entries;
}

/** One label set that is listened to. */
interface Tap {
  readonly entry: Entry;
  readonly labels: Readonly<Record<string, string>>;
  /** Observations that were heard or carried over since prom-client last set them back, and their sum. */
  count: number;
  sum: number;
  /** Puts prom-client's own function back. */
  readonly release: () => void;
}

/** True for what has the insides of prom-client 15's Summary. Of anything else sum and count alone are read. */
export function isTappable(metric: object): metric is TappableSummary {
  const {type, labelNames, percentiles, hashMap} = metric as Record<string, unknown>;
  const isWhole = type === 'summary' && Array.isArray(labelNames) && Array.isArray(percentiles);
  if (!isWhole || typeof hashMap !== 'object' || hashMap === null) return false;
  return Object.values(hashMap).every(entry => typeof entry?.td?.push === 'function');
}

/**
 * A Summary of prom-client whose observations stand in the ledger as soon as they are made. Listens where all of them come
 * by, behind the metric's checks: `observe()` and `labels()` of the metric would not show handles that were taken before.
 *
 * What was observed earlier is carried over: count and sum exactly, and its values as prom-client's t-digest has them, which
 * keeps about the first 100 as they were. What the digest has forgotten is in the sum and count only.
 */
export class TappedSummary {
  readonly #metric: TappableSummary;
  readonly #cells: FamilyCells;
  readonly #defaultLabels: Readonly<Record<string, unknown>>;
  /** By prom-client's key. */
  readonly #taps = new Map<string, Tap>();
  /** Where the metric keeps its label sets, and what stands in its place. */
  readonly #store: Entries;
  readonly #proxy: Entries;
  /** False when nothing is recorded any more: somebody else may have put a function of theirs over ours. */
  #isOpen = true;

  /** @throws TypeError for a family that contradicts the one of that name. */
  constructor(
    metric: TappableSummary,
    {
      name,
      recorder,
      defaultLabels,
    }: {name: string; recorder: Recorder; defaultLabels: Readonly<Record<string, unknown>>},
  ) {
    const labelNames = [...new Set([...metric.labelNames, ...Object.keys(defaultLabels)])];
    this.#cells = recorder.familyCells('summary', {...optionsOf(metric), name, labelNames});
    this.#metric = metric;
    this.#defaultLabels = defaultLabels;
    this.#store = metric.hashMap;
    // prom-client puts a label set's entry there after each observation, also one that it has just made.
    this.#proxy = new Proxy(this.#store, {
      set: (entries, key, entry) => {
        entries[key as string] = entry;
        if (this.#isOpen && this.#taps.get(key as string)?.entry !== entry) {
          this.#tap(key as string, entry);
        }
        return true;
      },
      deleteProperty: (entries, key) => {
        if (this.#isOpen) this.#remove(key as string);
        return delete entries[key as string];
      },
    });
    metric.hashMap = this.#proxy;
    this.catchUp();
  }

  /** Carries over what was not heard: all that there was before, or that came by a way which is not known here. */
  catchUp(): void {
    for (const [key, entry] of Object.entries(this.#store)) {
      const tap = this.#taps.get(key);
      if (tap?.entry !== entry) this.#tap(key, entry);
      else this.#follow(tap);
    }
  }

  /** The metric is gone from its registry: what was put into it is taken out, and of what it counted leaves what may. */
  leave(mayLeave: MayLeave): void {
    this.#isOpen = false;
    if (this.#metric.hashMap === this.#proxy) this.#metric.hashMap = this.#store;
    const {name, labelNames} = this.#cells.spec;
    for (const {labels, release} of this.#taps.values()) {
      release();
      const values = labelNames.map(label => labels[label]);
      this.#cells.leave(labels, {writer: this, isKept: !mayLeave(name, values)});
    }
    this.#taps.clear();
  }

  #tap(key: string, entry: Entry): void {
    this.#taps.get(key)?.release();
    const labels = labelTexts(this.#cells.spec.labelNames, entry.labels, this.#defaultLabels);
    const record = (value: number) => {
      tap.count++;
      tap.sum += value;
      const cells = this.#cells.cells(labels, this);
      if (cells !== undefined) recordObservation(cells.array, cells.index, value);
    };
    const release = this.#listen(entry.td, record);
    const tap: Tap = {entry, labels, count: 0, sum: 0, release};
    this.#taps.set(key, tap);
    this.#carryOver(tap, entry.count, centroidsOf(entry));
    tap.count = entry.count;
    tap.sum = entry.sum;
  }

  /** Whoever was reset counts from 0 again: what it had counted stays. */
  #follow(tap: Tap): void {
    const {count, sum} = tap.entry;
    if (count > tap.count) this.#carryOver(tap, count - tap.count, []);
    tap.count = count;
    tap.sum = sum;
  }

  #listen(digest: Entry['td'], record: (value: number) => void): () => void {
    const push = digest.push;
    const isOwn = Object.hasOwn(digest, 'push');
    const heard = (value: number) => {
      push.call(digest, value);
      if (this.#isOpen) record(value);
    };
    digest.push = heard;
    return () => {
      if (digest.push !== heard) return;
      if (isOwn) digest.push = push;
      else delete (digest as Partial<Entry['td']>).push;
    };
  }

  /** Adds observations whose values are known by `centroids` at best. */
  #carryOver({labels, entry, sum}: Tap, count: number, centroids: Centroids): void {
    const cells = this.#cells.cells(labels, this);
    if (cells === undefined) return;
    const {array, index} = cells;
    const weight = centroids.reduce((total, {n}) => total + n, 0);
    const placedMax = Math.min(count, weight);
    let seen = 0;
    let placed = 0;
    for (const {mean, n} of centroids) {
      seen += n;
      // Rounded as they add up, so that no observation is lost between two.
      const upTo = Math.round((seen / weight) * placedMax);
      addTo(array, index + sketchCellOf(mean), upTo - placed);
      placed = upTo;
    }
    addTo(array, index + UNPLACED_OFFSET, count - placed);
    addTo(array, index + SUM_OFFSET, entry.sum - sum);
  }

  #remove(key: string): void {
    const tap = this.#taps.get(key);
    if (tap === undefined) return;
    this.#taps.delete(key);
    tap.release();
    this.#cells.leave(tap.labels, {writer: this});
  }
}

type Centroids = readonly {readonly mean: number; readonly n: number}[];

/** What prom-client would show quantiles of; nothing where that can't be read. */
function centroidsOf({td}: Entry): Centroids {
  const centroids: unknown = td.ringBuffer?.[td.currentBuffer ?? 0]?.toArray?.();
  if (!Array.isArray(centroids)) return [];
  return (centroids as Centroids).filter(({mean, n}) => Number.isFinite(mean) && n > 0);
}

/** As prom-client reads them: a window needs both its options. Percentiles that are none show nothing. */
function optionsOf(metric: TappableSummary): Omit<FamilyOptions, 'name'> {
  const {help, aggregator, percentiles, maxAgeSeconds, ageBuckets, pruneAgedBuckets} = metric;
  const shares = percentiles.filter(share => share >= 0 && share <= 1);
  const quantiles = [...new Set(shares)].sort((a, b) => a - b);
  const window = maxAgeSeconds && ageBuckets ? {maxAgeSeconds, ageBuckets} : {};
  return {help, aggregator, quantiles, ...window, pruneAgedBuckets: Boolean(pruneAgedBuckets)};
}
