import {POINT_SECONDS} from './protocol.js';

/** Points over which a rate is taken: a minute. */
export const RATE_POINTS = 12;

/** What was added a second, over the minute before each point. See {@link rateAt}. */
export function ratesOf(points: Float32Array): Float32Array {
  return points.map((_, i) => rateAt(points, i));
}

/**
 * What was added a second, over the minute before a point, from a total's increases; NaN where the point is unknown. An
 * increase after a gap was made during the gap too: the time is that since the known point before, and a minute without
 * one is a longer one.
 */
export function rateAt(points: Float32Array, index: number): number {
  if (Number.isNaN(points[index] ?? Number.NaN)) return Number.NaN;
  let sum = 0;
  let first = index;
  for (let i = index; i >= 0 && i > index - RATE_POINTS; i--) {
    if (Number.isNaN(points[i]!)) continue;
    sum += points[i]!;
    first = i;
  }
  const before = points.subarray(0, first).findLastIndex(value => !Number.isNaN(value));
  // Before a line's first point there is no gap: it counts from then.
  const since = before < 0 ? first - 1 : before;
  return sum / ((index - since) * POINT_SECONDS);
}
