import type {FamilySpec} from './family.js';
import {VALUE_BYTES, writeValue} from './text-value.js';
import type {TotalSeries, Totals} from './totals.js';

/** `Content-Type` of the page: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const TEXT_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Where one series' values stand on the page. */
interface Placement {
  readonly series: TotalSeries;
  /** Number of its first line among all sample lines. */
  readonly firstLine: number;
}

/**
 * The text exposition 0.0.4, kept ready: every sample line ends in a slot of fixed width with the value right-aligned
 * in it (`jobs_total{kind="a"}        42`), so a scrape rewrites the digits that changed and copies nothing else.
 * Prometheus, promtool and VictoriaMetrics accept several blanks before a value, but not after it.
 */
export class TextPage {
  readonly #totals: Totals;
  readonly #encoder = new TextEncoder();
  /** The page; valid up to `#length`. */
  #bytes = new Uint8Array(0);
  #placements: Placement[] = [];
  /** By line: one past the last byte of its value. */
  #valueEnds = new Uint32Array(0);
  /** By line: the value that stands there; NaN where nothing was written yet. */
  #written = new Float64Array(0);
  /** The structure that is laid out. */
  #structureVersion = -1;

  constructor(totals: Totals) {
    this.#totals = totals;
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

  #renew({series, firstLine}: Placement): void {
    const values = this.#totals.values;
    const {type, buckets} = series.family.spec;
    if (type !== 'histogram') {
      this.#write(firstLine, values[series.first]!);
      return;
    }
    let count = 0;
    const bucketCount = buckets.length + 1;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      count += values[series.first + bucket]!;
      this.#write(firstLine + bucket, count);
    }
    this.#write(firstLine + bucketCount, values[series.first + bucketCount]!);
    this.#write(firstLine + bucketCount + 1, count);
  }

  #write(line: number, value: number): void {
    if (value === this.#written[line]) return;
    this.#written[line] = value;
    writeValue(this.#bytes, this.#valueEnds[line]!, value);
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
    for (const family of this.#totals.families.values()) {
      if (family.spec.aggregator === 'omit') continue;
      put(headOf(family.spec));
      for (const series of family.series.values()) {
        placements.push({series, firstLine: ends.length});
        for (const name of sampleNames(series, this.#totals.labelPairs(series))) {
          put(`${name} ${BLANK_VALUE}\n`);
          ends.push(length - 1);
        }
      }
    }
    this.#bytes = concatenate(parts, length);
    this.#placements = placements;
    this.#valueEnds = Uint32Array.from(ends);
    this.#written = new Float64Array(ends.length).fill(Number.NaN);
    this.#structureVersion = this.#totals.structureVersion;
  }
}

const BLANK_VALUE = ' '.repeat(VALUE_BYTES);

function headOf({name, help, type}: FamilySpec): string {
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `# HELP ${name} ${escaped}\n# TYPE ${name} ${type}\n`;
}

/** The names with labels of a series' sample lines; of a histogram its buckets, then `_sum` and `_count`. */
function sampleNames(
  {family: {spec}}: TotalSeries,
  labels: ReturnType<Totals['labelPairs']>,
): string[] {
  const pairs = labels.map(([name, value]) => `${name}="${escapeLabelValue(value)}"`);
  if (spec.type !== 'histogram') return [spec.name + braced(pairs)];
  const bounds = [...spec.buckets.map(String), '+Inf'];
  return [
    ...bounds.map(bound => `${spec.name}_bucket${braced([...pairs, `le="${bound}"`])}`),
    `${spec.name}_sum${braced(pairs)}`,
    `${spec.name}_count${braced(pairs)}`,
  ];
}

function braced(pairs: readonly string[]): string {
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabelValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function concatenate(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
