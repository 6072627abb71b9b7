import {bestOf, type Figure, figureOf} from './measure.js';

/** What a table's figures ought to show, and whether they do. */
export interface Goal {
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

/** A file of benches. */
export interface Suite {
  run(): Promise<readonly Table[]>;
}

/** That one contender takes at most so many times what another takes. */
export function atMost(
  figures: readonly Figure[],
  {of, times, than}: {of: string; times: number; than: string},
): Goal {
  const ratio = figureOf(figures, of).median / figureOf(figures, than).median;
  const text = `${of}: at most ${times} times ${than}`;
  return {text, ratio, isMet: ratio <= times};
}

/** That one contender is at least so many times faster than the best peer. */
export function fasterThanPeers(
  figures: readonly Figure[],
  {of, times}: {of: string; times: number},
): Goal {
  const peer = bestOf(figures, 'peer');
  if (peer === undefined) throw new RangeError('Expected a peer among the figures, got none');
  const ratio = peer.median / figureOf(figures, of).median;
  const text = `${of}: at least ${times} times faster than the best peer, ${peer.name}`;
  return {text, ratio, isMet: ratio >= times};
}

/** That a figure stays within an absolute bound, for what is a promise to the user and no comparison. */
export function within(figures: readonly Figure[], of: string, bound: number, unit: string): Goal {
  const {median} = figureOf(figures, of);
  const text = `${of}: at most ${bound} ${unit}`;
  return {text, ratio: median, isMet: median <= bound};
}

/** Three significant digits, and no exponent. */
export function shownFigure(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** A table as text for a terminal. */
export function textOf(table: Table): string {
  const lines = rowsOf(table).map(row => `  ${row.join('  ')}`);
  const goals = table.goals.map(goal => `  ${goal.isMet ? 'met' : 'NOT MET'}: ${sayGoal(goal)}`);
  return [`${table.title} (${table.unit})`, ...lines, ...goals].join('\n');
}

/** A table as Markdown. */
export function markdownOf(table: Table): string {
  const [head, ...rows] = rowsOf(table);
  const cells = (row: readonly string[] = []) => `| ${row.map(cell => cell.trim()).join(' | ')} |`;
  return [
    `### ${table.title}`,
    '',
    `![${table.title}](benchmarks/${table.id}.svg)`,
    '',
    cells(head),
    '|---|---|--:|--:|--:|',
    ...rows.map(cells),
    '',
    ...table.goals.map(goal => `- ${goal.isMet ? 'Met' : '**Not met**'}: ${sayGoal(goal)}.`),
    ...(table.notes ?? []).map(note => `- ${note}`),
    '',
  ].join('\n');
}

function sayGoal({text, ratio}: Goal): string {
  return `${text}; measured ${shownFigure(ratio)}`;
}

/** Head and rows, padded to columns. The ratio is to the first floor, or else to ours. */
function rowsOf({unit, figures}: Table): string[][] {
  const base = figures.find(({role}) => role === 'floor') ?? figures[0];
  const head = ['contender', 'role', unit, 'low to high', `times ${base?.name ?? ''}`];
  const rows = figures.map(({name, role, median, low, high}) => [
    name,
    role,
    shownFigure(median),
    `${shownFigure(low)} to ${shownFigure(high)}`,
    shownFigure(median / (base?.median ?? 1)),
  ]);
  const table = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...table.map(row => row[i]!.length)));
  return table.map(row =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))),
  );
}
