import type {FamilySpec} from './family.js';
import type {LabelPair} from './totals.js';

/** A sample that a histogram or summary ends with. */
export type End = '_sum' | '_count';

/** Both of them, in their order. */
export const ENDS: readonly End[] = Object.freeze(['_sum', '_count']);

/** What exposition formats say differently about the same series; everything else they share. */
export interface Dialect {
  /**
   * How a family begins.
   * @param isKnown - whether a page of the same moment has samples of that name, or a family
   */
  introduce(spec: FamilySpec, isKnown: (name: string) => boolean): Introduction;
  /** A finite upper bound as the value of `le`, or a quantile as that of `quantile`. */
  boundText(bound: number): string;
  /** With which of {@link ENDS} a histogram or summary ends; `hasNegative` of a summary's series. */
  endsOf(spec: FamilySpec, hasNegative: boolean): readonly End[];
  /** What stands after the last family. */
  readonly end: string;
}

/** The head lines of a family, and the name that its sample lines begin with. */
export interface Introduction {
  readonly head: string;
  readonly sampleName: string;
  /** The name of the sample that tells when a series was created. Default: there is none. */
  readonly createdName?: string | undefined;
  /** Whether the family's counters or buckets may have exemplars. Default false. */
  readonly takesExemplars?: boolean;
}

/**
 * The names with labels of a series' sample lines; of a histogram its buckets, of a summary its quantiles, then `_sum` and
 * `_count`; then when it was created, where that is told.
 */
export function sampleNames(
  {sampleName, createdName}: Introduction,
  {
    spec,
    labels,
    hasNegative,
  }: {spec: FamilySpec; labels: readonly LabelPair[]; hasNegative: boolean},
  dialect: Dialect,
): string[] {
  const pairs = labels.map(([name, value]) => `${name}="${escapeQuoted(value)}"`);
  const endNames = dialect.endsOf(spec, hasNegative).map(end => sampleName + end + braced(pairs));
  const createdNames = createdName === undefined ? [] : [createdName + braced(pairs)];
  switch (spec.type) {
    case 'histogram': {
      const bounds = [...spec.buckets.map(dialect.boundText), '+Inf'];
      const bucketOf = (bound: string) =>
        `${sampleName}_bucket${braced([...pairs, `le="${bound}"`])}`;
      return [...bounds.map(bucketOf), ...endNames, ...createdNames];
    }
    case 'summary': {
      const quantiles = spec.quantiles.map(dialect.boundText);
      const quantileOf = (text: string) => sampleName + braced([...pairs, `quantile="${text}"`]);
      return [...quantiles.map(quantileOf), ...endNames, ...createdNames];
    }
    default:
      return [sampleName + braced(pairs), ...createdNames];
  }
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
