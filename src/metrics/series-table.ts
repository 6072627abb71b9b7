/** Label names that a table serves; a family with more is looked up label by label. */
export const TABLE_LABELS_MAX = 3;

/** Places that are looked at for one label set. One that finds no place so near is looked up label by label, too. */
const PROBES_MAX = 4;

const PLACES_FIRST = 64;

interface Entry<S> {
  readonly a: string;
  readonly b: string | undefined;
  readonly c: string | undefined;
  readonly hash: number;
  readonly series: S;
}

/** Where a label set was taken out. No text is equal to a symbol. */
const GONE: Entry<never> = Object.freeze({
  a: Symbol('gone') as unknown as string,
  b: undefined,
  c: undefined,
  hash: 0,
  series: undefined as never,
});

/**
 * A short way to the series of label sets whose values are all texts: a flat hash table, found by one pass over the object,
 * in which its members are read, counted and checked at once. A look-up label by label, in `Map`s, takes 1.7 times as long
 * (bench/recording), most of it to ask for each member by name and then whether there are others.
 *
 * The hash reads a few characters of each text and no more; label sets that differ elsewhere share a place, and those that
 * find none stay out.
 */
export class SeriesTable<S extends object> {
  readonly #labelCount: number;
  readonly #first: string | undefined;
  readonly #second: string | undefined;
  readonly #third: string | undefined;
  /** A power of two of places, at most half of them taken, those counted from which a label set is gone. */
  #places: (Entry<S> | undefined)[] = new Array(PLACES_FIRST).fill(undefined);
  #taken = 0;

  /** @param labelNames 1 to {@link TABLE_LABELS_MAX}. */
  constructor(labelNames: readonly string[]) {
    this.#labelCount = labelNames.length;
    [this.#first, this.#second, this.#third] = labelNames;
  }

  /** The series of a label set; undefined where another way has to be taken, and where a label is unknown. */
  find(labels: Readonly<Record<string, unknown>>): S | undefined {
    let a: string | undefined;
    let b: string | undefined;
    let c: string | undefined;
    let count = 0;
    for (const name in labels) {
      const value = labels[name];
      if (typeof value !== 'string') return undefined;
      if (name === this.#first) a = value;
      else if (name === this.#second) b = value;
      else if (name === this.#third) c = value;
      else return undefined;
      count++;
    }
    if (a === undefined || count !== this.#labelCount) return undefined;
    const places = this.#places;
    const mask = places.length - 1;
    const hash = hashOf(a, b, c);
    for (let probe = 0; probe < PROBES_MAX; probe++) {
      const entry = places[(hash + probe) & mask];
      if (entry === undefined) return undefined;
      if (entry.a === a && entry.b === b && entry.c === c) return entry.series;
    }
    return undefined;
  }

  /** Takes in a label set that isn't there, where it finds a place. */
  add([a, b, c]: readonly (string | undefined)[], series: S): void {
    if (a === undefined) return;
    if (this.#taken * 2 >= this.#places.length) this.#makeRoom();
    this.#put({a, b, c, hash: hashOf(a, b, c), series});
  }

  /** Takes a label set out, if it is there. What was put behind it stays to be found: its place isn't emptied. */
  remove([a, b, c]: readonly (string | undefined)[]): void {
    if (a === undefined) return;
    const mask = this.#places.length - 1;
    const hash = hashOf(a, b, c);
    for (let probe = 0; probe < PROBES_MAX; probe++) {
      const place = (hash + probe) & mask;
      const entry = this.#places[place];
      if (entry?.a === a && entry.b === b && entry.c === c) this.#places[place] = GONE;
    }
  }

  /** Puts another object in the place of each series. */
  replaceAll(replace: (series: S) => S): void {
    this.#places = this.#places.map(entry =>
      entry === undefined || entry === GONE ? entry : {...entry, series: replace(entry.series)},
    );
  }

  #makeRoom(): void {
    const live = this.#places.filter(entry => entry !== undefined && entry !== GONE).length;
    this.#lay(live * 4 > this.#places.length ? this.#places.length * 2 : this.#places.length);
  }

  #lay(placeCount: number): void {
    const entries = this.#places;
    this.#places = new Array(placeCount).fill(undefined);
    this.#taken = 0;
    for (const entry of entries) {
      if (entry !== undefined && entry !== GONE) this.#put(entry);
    }
  }

  #put(entry: Entry<S>): void {
    const mask = this.#places.length - 1;
    for (let probe = 0; probe < PROBES_MAX; probe++) {
      const place = (entry.hash + probe) & mask;
      if (this.#places[place] !== undefined) continue;
      this.#places[place] = entry;
      this.#taken++;
      return;
    }
  }
}

function hashOf(a: string, b: string | undefined, c: string | undefined): number {
  let hash = mixed(0, a);
  if (b !== undefined) hash = mixed(hash, b);
  if (c !== undefined) hash = mixed(hash, c);
  return hash ^ (hash >>> 15);
}

/** The last two characters, one of the middle, and the length: where names of a kind mostly differ. */
function mixed(hash: number, text: string): number {
  const {length} = text;
  if (length < 2) return Math.imul(hash, 31) + (length === 0 ? 7 : text.charCodeAt(0));
  const sum =
    text.charCodeAt(length - 1) * 31 +
    text.charCodeAt(length - 2) * 961 +
    text.charCodeAt(length >> 1) * 8_191 +
    length;
  return Math.imul(hash, 131_071) + sum;
}
