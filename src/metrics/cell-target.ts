import type {FamilySpec} from './family.js';
import type {DropReason} from './series.js';
import {SUM_OFFSET} from './summary-cells.js';
import type {TotalSeries} from './totals.js';

/** What a cell holds. Only a `sum` (of negative observations) and a `gauge` may go down. */
export type Role = 'count' | 'bucket' | 'sum' | 'gauge';

/** Cells whose values go into the totals: those of one role in a series share one object, a summary has thousands. */
export interface Target {
  readonly series: TotalSeries;
  /** The series' first cell. */
  readonly first: number;
  readonly role: Role;
  /** How many samples had been taken when the series came: a later one knows it. */
  readonly acceptedAt: number;
}

/** Cells of one role in a series whose values count for nothing. */
export interface Idle {
  /** Undefined where the writer itself has removed the series: a handle that it kept drops nothing. */
  readonly reason: DropReason | undefined;
  readonly first: number;
  readonly cellCount: number;
  readonly role: Role;
}

/** True for cells of a series that their writer has removed. */
export function isRetired(target: Target | Idle): boolean {
  return 'reason' in target && target.reason === undefined;
}

/**
 * Where in `Totals.values` a cell's value is added: +1 of what only grows, the negative of that of a sum. 0 where a look at
 * the target is needed: gauges have shares, and of summaries it is looked after whether their sum may stand on a page.
 */
export function placeOf(target: Target | Idle | undefined, cell: number): number {
  if (target === undefined || 'reason' in target || !target.series.listed) return 0;
  const {series, first, role} = target;
  if (role === 'gauge' || series.family.spec.type === 'summary') return 0;
  const place = series.first + (cell - first) + 1;
  return role === 'sum' ? -place : place;
}

/** What the cell at that offset of a series holds. */
export function roleOf({type, buckets}: FamilySpec, offset: number): Role {
  if (type === 'gauge') return 'gauge';
  if (type === 'counter') return 'count';
  const sum = type === 'summary' ? SUM_OFFSET : buckets.length + 1;
  return offset === sum ? 'sum' : 'bucket';
}
