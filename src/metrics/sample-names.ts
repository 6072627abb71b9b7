import type {FamilySpec} from './family.js';
import type {TotalSeries} from './totals.js';

/** What exposition formats say differently about the same series; everything else they share. */
export interface Dialect {
  /**
   * How a family begins.
   * @param isKnown - whether a page of the same moment has a family of that name too
   */
  introduce(spec: FamilySpec, isKnown: (name: string) => boolean): Introduction;
  /** A finite upper bound as the value of `le`. */
  boundText(bound: number): string;
  /** Whether a histogram's samples end with `_sum` and `_count`. */
  hasSum(spec: FamilySpec): boolean;
  /** What stands after the last family. */
  readonly end: string;
}

/** The head lines of a family, and the name that its sample lines begin with. */
export interface Introduction {
  readonly head: string;
  readonly sampleName: string;
}

/** The names with labels of a series' sample lines; of a histogram its buckets, then `_sum` and `_count`. */
export function sampleNames(
  sampleName: string,
  {family: {spec}, labels}: TotalSeries,
  dialect: Dialect,
): string[] {
  const pairs = spec.labelNames.flatMap((name, i) =>
    labels[i] === undefined ? [] : [`${name}="${escapeQuoted(labels[i])}"`],
  );
  if (spec.type !== 'histogram') return [sampleName + braced(pairs)];
  const bounds = [...spec.buckets.map(dialect.boundText), '+Inf'];
  const ends = dialect.hasSum(spec) ? ['_sum', '_count'] : [];
  return [
    ...bounds.map(bound => `${sampleName}_bucket${braced([...pairs, `le="${bound}"`])}`),
    ...ends.map(end => sampleName + end + braced(pairs)),
  ];
}

/** Escapes what both formats escape in a label's value, and OpenMetrics in a help too. */
export function escapeQuoted(text: string): string {
  return escapeLine(text).replaceAll('"', '\\"');
}

/** Escapes what would end a line, or an escape. */
export function escapeLine(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function braced(pairs: readonly string[]): string {
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
