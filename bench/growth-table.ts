import type {Role} from './measure.js';
import {type Goal, goalText, markdownHead, markdownRow, shownFigure} from './table.js';

/** What was measured at one size. */
export interface Point {
  readonly size: number;
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** How the cost of one contender grows. */
export interface Curve {
  readonly name: string;
  readonly role: Role;
  /** By rising size. A size that it was not asked for is missing. */
  readonly points: readonly Point[];
}

/** The same work in several sizes. */
export interface GrowthTable {
  /** File name of its picture, too. */
  readonly id: string;
  readonly title: string;
  /** What a size counts: `series`. */
  readonly sizeUnit: string;
  readonly unit: string;
  readonly curves: readonly Curve[];
  readonly goals: readonly Goal[];
  readonly notes?: readonly string[];
}

/** A straight line through points, and how near they lie to it. */
export interface Fit {
  /** Cost of one more, in the table's unit. */
  readonly slope: number;
  /** Share of the variance that the line explains: 1 where every point lies on it. */
  readonly rSquared: number;
  /**
   * The power of the size that the cost grows with, over all sizes alike: 1 is linear, 2 quadratic, and less than 1 where a
   * fixed cost weighs at small sizes. The slope of the line through the logarithms.
   */
  readonly exponent: number;
}

/** The least-squares line through a curve's medians. */
export function fitOf({points}: Curve): Fit {
  const line = lineThrough(points.map(({size, median}) => [size, median]));
  const powers = points
    .filter(({median}) => median > 0)
    .map(({size, median}) => [Math.log(size), Math.log(median)] as const);
  return {...line, exponent: lineThrough(powers).slope};
}

/** https://en.wikipedia.org/wiki/Simple_linear_regression: slope Sxy / Sxx, R squared Sxy^2 / (Sxx Syy). */
function lineThrough(points: readonly (readonly [x: number, y: number])[]): {
  slope: number;
  rSquared: number;
} {
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (const [x, y] of points) {
    xx += (x - meanX) ** 2;
    xy += (x - meanX) * (y - meanY);
    yy += (y - meanY) ** 2;
  }
  return {slope: xy / xx, rSquared: xy ** 2 / (xx * yy)};
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** That a curve's points lie on a straight line. */
export function linear(curve: Curve, rSquaredMin: number): Goal {
  const {rSquared} = fitOf(curve);
  const text = `linear, R² at least ${rSquaredMin}`;
  return {of: curve.name, text, ratio: rSquared, isMet: rSquared >= rSquaredMin};
}

/** That the largest size of one curve costs at least so many times less than the best peer's at that size. */
export function cheaperThanPeers(
  curves: readonly Curve[],
  {of, times}: {of: string; times: number},
): Goal {
  const last = curves.find(({name}) => name === of)?.points.at(-1);
  const peers = curves
    .filter(({role}) => role === 'peer')
    .flatMap(({points}) => points.filter(({size}) => size === last?.size))
    .map(({median}) => median);
  if (last === undefined || peers.length === 0) {
    throw new RangeError(`Expected ${of} and a peer at its largest size, got none`);
  }
  const ratio = Math.min(...peers) / last.median;
  const text = `at least ${times} times less than the best peer at ${shownSize(last.size)}`;
  return {of, text, ratio, isMet: ratio >= times};
}

/** A table as text for a terminal. */
export function growthText(table: GrowthTable): string {
  const rows = [...sizeRows(table), ...fitRows(table)];
  return [`${table.title} (${table.unit})`, ...rows.map(row => `  ${row.join('  ')}`)].join('\n');
}

/** A table as Markdown: a row a size, a column a contender; then the fits and goals, a row a contender. */
export function growthMarkdown(table: GrowthTable): string {
  const [head, ...rows] = sizeRows(table);
  const [fitHead, ...fits] = fitRows(table);
  return [
    ...markdownHead(table),
    markdownRow(head),
    `|--:|${'--:|'.repeat(table.curves.length)}`,
    ...rows.map(markdownRow),
    '',
    markdownRow(fitHead),
    '|---|---|--:|--:|--:|---|',
    ...fits.map(markdownRow),
    '',
    ...(table.notes ?? []).map(note => `- ${note}`),
    '',
  ].join('\n');
}

function sizeRows({curves, sizeUnit, unit}: GrowthTable): string[][] {
  const sizes = [...new Set(curves.flatMap(({points}) => points.map(({size}) => size)))];
  const head = [sizeUnit, ...curves.map(({name}) => `${name}, ${unit}`)];
  const rows = sizes
    .sort((a, b) => a - b)
    .map(wanted => [
      shownSize(wanted),
      ...curves.map(({points}) => shownPoint(points.find(({size}) => size === wanted))),
    ]);
  return [head, ...rows];
}

function shownPoint(point: Point | undefined): string {
  if (point === undefined) return '';
  const {median, low, high} = point;
  return `${shownFigure(median)} (${shownFigure(low)} to ${shownFigure(high)})`;
}

function fitRows({curves, goals, sizeUnit, unit}: GrowthTable): string[][] {
  const head = ['fit', 'role', `${unit} a 1,000 ${sizeUnit}`, 'R²', 'grows with the power', 'goal'];
  const rows = curves.map(curve => {
    const {slope, rSquared, exponent} = fitOf(curve);
    return [
      curve.name,
      curve.role,
      shownFigure(slope * 1_000),
      rSquared.toFixed(4),
      exponent.toFixed(2),
      goals
        .filter(({of}) => of === curve.name)
        .map(goalText)
        .join('; '),
    ];
  });
  return [head, ...rows];
}

/** A size with its thousands set apart. */
export function shownSize(size: number): string {
  return size.toLocaleString('en-US');
}
