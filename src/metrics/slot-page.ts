import type {Exemplar} from './exemplar.js';
import {type Dialect, type End, sampleNames} from './sample-names.js';
import {observationCount, SUM_OFFSET} from './summary-cells.js';
import {VALUE_BYTES, writeValue} from './text-value.js';
import type {TotalFamily, TotalSeries, Totals} from './totals.js';

/** Where one series' values stand on the page. */
interface Placement {
  readonly series: TotalSeries;
  /** Number of its first line among all sample lines. */
  readonly firstLine: number;
  /** Number of the line that tells when it was created; undefined where none does. */
  readonly createdLine: number | undefined;
  readonly takesExemplars: boolean;
}

/** An exemplar, and the number of the sample line that it belongs to. */
export interface ExemplarPlacement {
  readonly line: number;
  readonly exemplar: Exemplar;
}

/**
 * A page kept ready in some exposition format: every sample line ends in a slot of fixed width with the value
 * right-aligned in it (`jobs_total{kind="a"}        42`), so a scrape rewrites the digits that changed and nothing else.
 */
export class SlotPage {
  readonly #totals: Totals;
  readonly #dialect: Dialect;
  readonly #encoder = new TextEncoder();
  readonly #isDoubled: boolean;
  /** The page and, where it is doubled, as much room behind it. */
  #memory = new Uint8Array(0);
  /** The page, at the beginning of the memory. */
  #bytes = new Uint8Array(0);
  #placements: Placement[] = [];
  /** By line: one past the last byte of its value. */
  #valueEnds = new Uint32Array(0);
  /** By line: the first byte of its value. */
  #valueStarts = new Uint32Array(0);
  /** By line: the value that stands there; NaN where nothing was written yet. */
  #written = new Float64Array(0);
  /** The structure that is laid out. */
  #structureVersion = -1;

  /** @param options.isDoubled - keeps room for a second page behind the first. Default: none. */
  constructor(totals: Totals, dialect: Dialect, {isDoubled = false} = {}) {
    this.#totals = totals;
    this.#dialect = dialect;
    this.#isDoubled = isDoubled;
  }

  /** The page and, where it is doubled, as many bytes behind it, which are the caller's. Replaced by `render()`. */
  get memory(): Uint8Array {
    return this.#memory;
  }

  /** By line, from the top: one past the last byte of its value, where the slot ends. */
  get valueEnds(): Uint32Array {
    return this.#valueEnds;
  }

  /** By line, from the top: the first byte of its value, at most a slot's width before its end. */
  get valueStarts(): Uint32Array {
    return this.#valueStarts;
  }

  /**
   * The page of this moment.
   * @returns A view of bytes that the next call rewrites: send or copy it before.
   */
  render(): Uint8Array {
    this.#totals.refresh();
    if (this.#structureVersion !== this.#totals.structureVersion) this.#layOut();
    for (const placement of this.#placements) this.#renew(placement);
    return this.#bytes;
  }

  /** The exemplars of what was rendered last, from the top. */
  exemplars(): ExemplarPlacement[] {
    const {exemplars} = this.#totals;
    if (exemplars.count === 0) return [];
    const found: ExemplarPlacement[] = [];
    for (const {series, firstLine, takesExemplars} of this.#placements) {
      const ofSeries = takesExemplars ? exemplars.of(series) : undefined;
      if (ofSeries === undefined) continue;
      for (const [offset, exemplar] of ofSeries) found.push({line: firstLine + offset, exemplar});
    }
    return found.sort((a, b) => a.line - b.line);
  }

  #renew(placement: Placement): void {
    const {series, firstLine} = placement;
    switch (series.family.spec.type) {
      case 'histogram':
        this.#renewHistogram(placement);
        break;
      case 'summary':
        this.#renewSummary(placement);
        break;
      default:
        this.#write(firstLine, this.#totals.values[series.first]!);
    }
  }

  #renewSummary({series, firstLine}: Placement): void {
    const values = this.#totals.values;
    const {first, family} = series;
    const {quantiles} = family.spec;
    const found = this.#totals.quantiles(series);
    // As prom-client shows an empty one.
    for (let i = 0; i < quantiles.length; i++) this.#write(firstLine + i, found[i] ?? 0);
    const ends = {_sum: values[first + SUM_OFFSET]!, _count: observationCount(values, first)};
    this.#writeEnds(series, firstLine + quantiles.length, ends);
  }

  #renewHistogram({series, firstLine}: Placement): void {
    const values = this.#totals.values;
    const {spec} = series.family;
    let count = 0;
    const bucketCount = spec.buckets.length + 1;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      count += values[series.first + bucket]!;
      this.#write(firstLine + bucket, count);
    }
    const ends = {_sum: values[series.first + bucketCount]!, _count: count};
    this.#writeEnds(series, firstLine + bucketCount, ends);
  }

  #writeEnds({family, hasNegative}: TotalSeries, line: number, values: Record<End, number>): void {
    const ends = this.#dialect.endsOf(family.spec, hasNegative);
    for (const [i, end] of ends.entries()) this.#write(line + i, values[end]);
  }

  #write(line: number, value: number): void {
    if (value === this.#written[line]) return;
    this.#written[line] = value;
    this.#valueStarts[line] = writeValue(this.#bytes, this.#valueEnds[line]!, value);
  }

  #layOut(): void {
    const placements: Placement[] = [];
    const ends: number[] = [];
    const parts: Uint8Array[] = [];
    let length = 0;
    const put = (text: string) => {
      const part = this.#encoder.encode(text);
      parts.push(part);
      length += part.length;
    };
    const {families} = this.#totals;
    const isKnown = (name: string) => isShown(families.get(name));
    for (const family of families.values()) {
      if (!isShown(family)) continue;
      const introduction = this.#dialect.introduce(family.spec, isKnown);
      const {createdName, takesExemplars = false} = introduction;
      put(introduction.head);
      for (const series of family.series.values()) {
        if (series.isAged) continue;
        const firstLine = ends.length;
        const labels = this.#totals.labelPairs(series);
        const named = {spec: family.spec, labels, hasNegative: series.hasNegative};
        for (const name of sampleNames(introduction, named, this.#dialect)) {
          put(`${name} ${BLANK_VALUE}\n`);
          ends.push(length - 1);
        }
        const createdLine = createdName === undefined ? undefined : ends.length - 1;
        placements.push({series, firstLine, createdLine, takesExemplars});
      }
    }
    put(this.#dialect.end);
    this.#memory = new Uint8Array(this.#isDoubled ? 2 * length : length);
    this.#bytes = this.#memory.subarray(0, length);
    fill(this.#bytes, parts);
    this.#placements = placements;
    this.#valueEnds = Uint32Array.from(ends);
    this.#valueStarts = new Uint32Array(ends.length);
    this.#written = new Float64Array(ends.length).fill(Number.NaN);
    this.#structureVersion = this.#totals.structureVersion;
    for (const {series, createdLine} of placements) {
      if (createdLine !== undefined) this.#write(createdLine, series.createdSeconds);
    }
  }
}

const BLANK_VALUE = ' '.repeat(VALUE_BYTES);

function isShown(family: TotalFamily | undefined): boolean {
  return family !== undefined && family.spec.aggregator !== 'omit';
}

function fill(bytes: Uint8Array, parts: readonly Uint8Array[]): void {
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
}
