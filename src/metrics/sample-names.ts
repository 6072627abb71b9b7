import type {FamilySpec} from './family.js';
import type {LineWriter} from './line-writer.js';
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

/** What stands on the lines of a series. */
export interface SeriesLines {
  readonly spec: FamilySpec;
  /** By label name; undefined where the label is left out. */
  readonly labels: readonly (string | undefined)[];
  /** Those that follow its own. */
  readonly moreLabels: readonly LabelPair[];
  readonly hasNegative: boolean;
}

/**
 * Writes a series' sample lines, each with an empty slot: of a histogram its buckets, of a summary its quantiles, then `_sum`
 * and `_count`; then when it was created, where that is told.
 */
export function writeSeriesLines(
  to: LineWriter,
  series: SeriesLines,
  {
    introduction: {sampleName, createdName},
    dialect,
  }: {introduction: Introduction; dialect: Dialect},
): void {
  const {spec, hasNegative} = series;
  const {type, buckets, quantiles} = spec;
  if (type === 'histogram') {
    const bucketName = `${sampleName}_bucket`;
    for (const bound of buckets) {
      writeLine(to, bucketName, series, ['le', dialect.boundText(bound)]);
    }
    writeLine(to, bucketName, series, INFINITE_BUCKET);
  } else if (type === 'summary') {
    for (const quantile of quantiles) {
      writeLine(to, sampleName, series, ['quantile', dialect.boundText(quantile)]);
    }
  } else writeLine(to, sampleName, series);
  if (type === 'histogram' || type === 'summary') {
    for (const end of dialect.endsOf(spec, hasNegative)) writeLine(to, sampleName + end, series);
  }
  if (createdName !== undefined) writeLine(to, createdName, series);
}

const INFINITE_BUCKET: LabelPair = ['le', '+Inf'];

/** A name, its labels and a slot. */
function writeLine(
  to: LineWriter,
  name: string,
  {spec: {labelNames}, labels, moreLabels}: SeriesLines,
  ownLabel?: LabelPair,
): void {
  to.text(name);
  let before = '{';
  const write = (label: string, value: string) => {
    to.text(before);
    to.text(label);
    to.text('=');
    to.quoted(value);
    before = ',';
  };
  for (let i = 0; i < labelNames.length; i++) {
    const value = labels[i];
    if (value !== undefined) write(labelNames[i]!, value);
  }
  for (const [label, value] of moreLabels) write(label, value);
  if (ownLabel !== undefined) write(...ownLabel);
  if (before === ',') to.text('}');
  to.slot();
}
