import {LABEL_VALUE_LENGTH_MAX, WIRE_OWN_SLOT, type WireLabel} from './delta.js';
import {type FamilySpec, shown} from './family.js';
import {SeriesTable, TABLE_LABELS_MAX} from './series-table.js';

/**
 * As a label's value: the slot (`0` to pool size - 1) of the worker that records, which the hub fills in; on the main
 * thread the label is left out. One symbol for all copies of the package in a thread, and for the parts of one copy that are
 * bundled beside those that aren't.
 */
export const OWN_SLOT: unique symbol = Symbol.for('threadtally.ownSlot');

/**
 * A label set of one family, checked by the compiler: each name of the family, none other. Numbers are written as
 * text. `OWN_SLOT` stands for the slot of the worker that records.
 */
export type Labels<L extends string> = Readonly<Record<L, string | number | typeof OWN_SLOT>>;

/** Label sets a family a thread. Further ones are dropped and counted with the reason `series_limit`. */
export const SERIES_PER_FAMILY_MAX = 10_000;

/** Why a sample isn't counted; the `reason` label of `hub_samples_dropped_total`. */
export const DROP_REASONS = [
  'series_limit',
  'label_too_long',
  'ledger_full',
  'not_finite',
  'family_conflict',
  'forgotten',
] as const;

/** One of {@link DROP_REASONS}. */
export type DropReason = (typeof DROP_REASONS)[number];

type Key = string | undefined | typeof OWN_SLOT;
type Node<S> = Map<Key, Node<S> | S>;

/** What the map asks of the family that owns it. */
export interface SeriesSource<S> {
  /** Makes the series of a new label set, or says why it can't be. */
  create(labels: readonly WireLabel[]): S | DropReason;
  /** What records of a label set that was refused go to. */
  refused(reason: DropReason): S;
}

/**
 * The series of one family in one thread, by label values: one `Map` a label, so that no two label sets meet in one
 * key (`{a: '1,b:2'}` and `{a: '1', b: '2'}` are two) and a look-up makes no garbage.
 */
export class SeriesMap<S extends object> {
  readonly #spec: FamilySpec;
  readonly #source: SeriesSource<S>;
  readonly #seriesMax: number;
  readonly #root: Node<S> = new Map();
  /** A short way to some of them; none where the family has no labels, or too many. */
  readonly #table: SeriesTable<S> | undefined;
  /** Series in the tree below `#root`; never over `#seriesMax`. */
  #seriesCount = 0;

  constructor(spec: FamilySpec, source: SeriesSource<S>, seriesMax = SERIES_PER_FAMILY_MAX) {
    this.#spec = spec;
    this.#source = source;
    this.#seriesMax = seriesMax;
    const {length} = spec.labelNames;
    const isServed = length > 0 && length <= TABLE_LABELS_MAX;
    this.#table = isServed ? new SeriesTable(spec.labelNames) : undefined;
  }

  get seriesCount(): number {
    return this.#seriesCount;
  }

  /**
   * Finds or makes the series of a label set. A label that is left out is another series than an empty one.
   * @throws TypeError for a label that the family doesn't have.
   */
  lookUp(labels: Readonly<Record<string, unknown>>): S {
    return this.#table?.find(labels) ?? this.#lookUpByLabel(labels);
  }

  #lookUpByLabel(labels: Readonly<Record<string, unknown>>): S {
    const names = this.#spec.labelNames;
    let node: Node<S> | S | undefined = this.#root;
    let presentCount = 0;
    for (let i = 0; i < names.length; i++) {
      const key = keyOf(labels[names[i]!]);
      if (key !== undefined) presentCount++;
      node = (node as Node<S>).get(key);
      if (node === undefined) break;
    }
    if (node === undefined || node === this.#root) return this.#make(labels);
    // As many names as known values: else there may be an unknown one, or a known one that is undefined.
    for (const _ in labels) presentCount--;
    if (presentCount !== 0) this.#checkNames(labels);
    return node as S;
  }

  /** The series of a label set, or undefined where it isn't known. */
  peek(labels: Readonly<Record<string, unknown>>): S | undefined {
    return this.#get(this.#keysOf(labels));
  }

  /** Takes a label set out and returns its series, or undefined where it isn't known. */
  remove(labels: Readonly<Record<string, unknown>>): S | undefined {
    this.#checkNames(labels);
    const keys = this.#keysOf(labels);
    const series = prune(this.#root, keys, 0);
    if (series === undefined) return undefined;
    this.#seriesCount--;
    if (isTexts(keys)) this.#table?.remove(keys);
    return series as S;
  }

  /** Puts another object in the place of each series. */
  replaceAll(replace: (series: S) => S): void {
    const made = new Map<S, S>();
    replaceBelow(this.#root, (series: S) => {
      const other = replace(series);
      made.set(series, other);
      return other;
    });
    this.#table?.replaceAll(series => made.get(series) ?? series);
  }

  #make(labels: Readonly<Record<string, unknown>>): S {
    this.#checkNames(labels);
    const keys = this.#keysOf(labels);
    const known = this.#get(keys);
    if (known !== undefined) return known;
    if (keys.some(key => typeof key === 'string' && key.length > LABEL_VALUE_LENGTH_MAX)) {
      return this.#source.refused('label_too_long');
    }
    if (this.#seriesCount >= this.#seriesMax) return this.#source.refused('series_limit');
    const wire = this.#spec.labelNames.map((_, i) => wireLabelOf(keys[i]));
    const series = this.#source.create(wire);
    if (typeof series === 'string') return this.#source.refused(series);
    this.#put(keys, series);
    return series;
  }

  #get(keys: readonly Key[]): S | undefined {
    let node: Node<S> | S | undefined = this.#root;
    for (const key of keys) node = (node as Node<S> | undefined)?.get(key);
    return node as S | undefined;
  }

  #put(keys: readonly Key[], series: S): void {
    let node = this.#root;
    for (const key of keys.slice(0, -1)) {
      let next = node.get(key) as Node<S> | undefined;
      if (next === undefined) {
        next = new Map();
        node.set(key, next);
      }
      node = next;
    }
    node.set(keys.at(-1), series);
    this.#seriesCount++;
    if (isTexts(keys)) this.#table?.add(keys, series);
  }

  #keysOf(labels: Readonly<Record<string, unknown>>): Key[] {
    const names = this.#spec.labelNames;
    return names.length === 0 ? [undefined] : names.map(name => keyOf(labels[name]));
  }

  #checkNames(labels: Readonly<Record<string, unknown>>): void {
    for (const name of Object.keys(labels)) {
      if (!this.#spec.labelNames.includes(name)) {
        const known = this.#spec.labelNames.join(', ') || 'none';
        throw new TypeError(
          `Expected labels of ${this.#spec.name} to be among ${known}, got ${shown(name)}`,
        );
      }
    }
  }
}

function replaceBelow<S extends object>(node: Node<S>, replace: (series: S) => S): void {
  for (const [key, child] of node) {
    if (child instanceof Map) replaceBelow(child, replace);
    else node.set(key, replace(child));
  }
}

/** Takes out one series and every map that it leaves empty, so that label sets that come and go leave nothing. */
function prune<S>(node: Node<S>, keys: readonly Key[], depth: number): S | undefined {
  const key = keys[depth];
  const child = node.get(key);
  if (child === undefined || depth === keys.length - 1) {
    node.delete(key);
    return child as S | undefined;
  }
  const series = prune(child as Node<S>, keys, depth + 1);
  if ((child as Node<S>).size === 0) node.delete(key);
  return series;
}

function isTexts(keys: readonly Key[]): keys is readonly string[] {
  return keys.every(key => typeof key === 'string');
}

function wireLabelOf(key: Key): WireLabel {
  if (key === OWN_SLOT) return WIRE_OWN_SLOT;
  return key ?? null;
}

function keyOf(value: unknown): Key {
  if (typeof value === 'string' || value === undefined || value === OWN_SLOT) return value;
  // A label named like a member of every object (`constructor`, `__proto__`) that is left out reads that member.
  return typeof value === 'function' || value === Object.prototype ? undefined : String(value);
}
