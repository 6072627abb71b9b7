import {bestOf, type Figure, figureOf} from './measure.js';

/** What a figure ought to be, and whether it is. */
export interface Goal {
  /** The figure's name: the goal stands in its row. */
  readonly of: string;
  /** `at most 1.5 times the bare addition`. */
  readonly text: string;
  /** What was measured, in the goal's own terms: 1.32. */
  readonly ratio: number;
  readonly isMet: boolean;
}

/** One comparison: the same work, by several contenders, in one run. */
export interface Table {
  /** File name of its picture, too. */
  readonly id: string;
  /** The work and its shape: `counter inc, bound handle, 2 labels x 64 series`. */
  readonly title: string;
  /** `ns`, `ms`, `MB` and so on; less is better, unless `moreIsBetter`. */
  readonly unit: string;
  readonly moreIsBetter?: boolean;
  readonly figures: readonly Figure[];
  readonly goals: readonly Goal[];
  /** What the reader should know of how it was measured; a sentence each. */
  readonly notes?: readonly string[];
}

/** That one contender takes at most so many times what another takes. */
export function atMost(
  figures: readonly Figure[],
  {of, times, than}: {of: string; times: number; than: string},
): Goal {
  const ratio = figureOf(figures, of).median / figureOf(figures, than).median;
  const text = times === 1 ? `no more than ${than}` : `at most ${times} times ${than}`;
  return {of, text, ratio, isMet: ratio <= times};
}

/** That one contender is at least so many times faster than the best peer. */
export function fasterThanPeers(
  figures: readonly Figure[],
  {of, times}: {of: string; times: number},
): Goal {
  const peer = bestOf(figures, 'peer');
  if (peer === undefined) throw new RangeError('Expected a peer among the figures, got none');
  const ratio = peer.median / figureOf(figures, of).median;
  const text = `at least ${times} times faster than the best peer, ${peer.name}`;
  return {of, text, ratio, isMet: ratio >= times};
}

/** That a figure stays within an absolute bound, for what is a promise to the user and no comparison. */
export function within(figures: readonly Figure[], of: string, bound: number, unit: string): Goal {
  const {median} = figureOf(figures, of);
  return {of, text: `at most ${bound} ${unit}`, ratio: median, isMet: median <= bound};
}

/** Three significant digits, and no exponent. */
export function shownFigure(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** A table as text for a terminal. */
export function textOf(table: Table): string {
  const lines = rowsOf(table).map(row => `  ${row.join('  ').trimEnd()}`);
  return [`${table.title} (${table.unit})`, ...lines].join('\n');
}

/** A table as Markdown. */
export function markdownOf(table: Table): string {
  const [head, ...rows] = rowsOf(table);
  return [
    ...markdownHead(table),
    markdownRow(head),
    '|---|---|--:|--:|--:|---|',
    ...rows.map(markdownRow),
    '',
    ...(table.notes ?? []).map(note => `- ${note}`),
    '',
  ].join('\n');
}

/** Heading and picture of a table, with the lines between. */
export function markdownHead({id, title}: {id: string; title: string}): string[] {
  return [`### ${title}`, '', `![${title}](benchmarks/${id}.svg)`, ''];
}

/** One row of a Markdown table. */
export function markdownRow(row: readonly string[] = []): string {
  return `| ${row.map(cell => cell.trim()).join(' | ')} |`;
}

/** A goal with what was measured: `at most 10 ms: 7.32, met`. */
export function goalText({text, ratio, isMet}: Goal): string {
  return `${text}: ${shownFigure(ratio)}, ${isMet ? 'met' : '**not met**'}`;
}

/** Head and rows, padded to columns. The ratio is to the first floor, or else to the first contender. */
function rowsOf({unit, moreIsBetter = false, figures, goals}: Table): string[][] {
  const base = figures.find(({role}) => role === 'floor') ?? figures[0];
  const better = moreIsBetter ? `${unit}, more is better` : unit;
  const head = ['contender', 'role', better, 'low to high', `times ${base?.name ?? ''}`, 'goal'];
  const rows = figures.map(({name, role, median, low, high}) => [
    name,
    role,
    shownFigure(median),
    `${shownFigure(low)} to ${shownFigure(high)}`,
    shownFigure(median / (base?.median ?? 1)),
    goals
      .filter(({of}) => of === name)
      .map(goalText)
      .join('; '),
  ]);
  return padded([head, ...rows]);
}

/** Cells as wide as their column: the first two and the last to the left, numbers to the right. */
function padded(table: readonly string[][]): string[][] {
  const last = (table[0]?.length ?? 0) - 1;
  const widths = table[0]?.map((_, i) => Math.max(...table.map(row => row[i]!.length))) ?? [];
  return table.map(row =>
    row.map((cell, i) =>
      i < 2 || i === last ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!),
    ),
  );
}
