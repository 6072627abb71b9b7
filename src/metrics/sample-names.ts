import type {FamilySpec} from './family.js';
import type {LineWriter} from './line-writer.js';
import type {LabelPair, TotalSeries} from './totals.js';

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

/** What of a series stands on its lines. */
export type SeriesLines = Pick<TotalSeries, 'family' | 'labels' | 'hasNegative'>;

/**
 * Writes a series' sample lines, each with an empty slot: of a histogram its buckets, of a summary its quantiles, then `_sum`
 * and `_count`; then when it was created, where that is told.
 * @param moreLabels - those that follow its own
 */
export function writeSeriesLines(
  to: LineWriter,
  series: SeriesLines,
  moreLabels: readonly LabelPair[],
  {
    introduction: {sampleName, createdName},
    dialect,
  }: {introduction: Introduction; dialect: Dialect},
): void {
  const {
    family: {spec},
    hasNegative,
  } = series;
  const {type, buckets, quantiles} = spec;
  if (type === 'histogram') {
    const bucketName = `${sampleName}_bucket`;
    for (const bound of buckets) {
      writeLine(to, bucketName, series, moreLabels, ['le', dialect.boundText(bound)]);
    }
    writeLine(to, bucketName, series, moreLabels, INFINITE_BUCKET);
  } else if (type === 'summary') {
    for (const quantile of quantiles) {
      writeLine(to, sampleName, series, moreLabels, ['quantile', dialect.boundText(quantile)]);
    }
  } else writeLine(to, sampleName, series, moreLabels);
  if (type === 'histogram' || type === 'summary') {
    for (const end of dialect.endsOf(spec, hasNegative))
      writeLine(to, sampleName + end, series, moreLabels);
  }
  if (createdName !== undefined) writeLine(to, createdName, series, moreLabels);
}

const INFINITE_BUCKET: LabelPair = ['le', '+Inf'];

/** A name, its labels and a slot. Nothing is made for it: of 100,000 lines that would be much garbage at once. */
function writeLine(
  to: LineWriter,
  name: string,
  {family, labels}: SeriesLines,
  moreLabels: readonly LabelPair[],
  ownLabel?: LabelPair,
): void {
  const {labelNames} = family.spec;
  to.text(name);
  let before = '{';
  for (let i = 0; i < labelNames.length; i++) {
    const value = labels[i];
    if (value === undefined) continue;
    writeLabel(to, before, labelNames[i]!, value);
    before = ',';
  }
  for (let i = 0; i < moreLabels.length; i++) {
    const [label, value] = moreLabels[i]!;
    writeLabel(to, before, label, value);
    before = ',';
  }
  if (ownLabel !== undefined) {
    writeLabel(to, before, ownLabel[0], ownLabel[1]);
    before = ',';
  }
  if (before === ',') to.text('}');
  to.slot();
}

function writeLabel(to: LineWriter, before: string, label: string, value: string): void {
  to.text(before);
  to.text(label);
  to.text('=');
  to.quoted(value);
}
