/** One value a candle, oldest first; null where the indicator isn't defined yet. */
export type Series = (number | null)[];

/**
 * Whether `count` values suffice for a window of `period`. A period that is no whole number from 1
 * up never has enough: filters are written by users, so a forgotten argument means "no result" and
 * neither a throw nor NaN.
 */
export function isEnough(count: number, period: number): boolean {
  return Number.isInteger(period) && period >= 1 && count >= period;
}

/**
 * Candles or values that an indicator takes: what is given for them may claim any length, and what is made of it is as long.
 */
export const VALUES_MAX = 1_000_000;

/** @throws RangeError beyond {@link VALUES_MAX}. */
export function checkLength(length: number): void {
  if (length > VALUES_MAX) {
    throw new RangeError(`Expected at most ${VALUES_MAX} candles or values, got ${length}`);
  }
}

/** Nulls that series are copied of; longer ones get the rest one by one. */
const NULLS_KEPT = 4_096;

const NULLS: readonly null[] = Array.from({length: NULLS_KEPT}, () => null);

/**
 * A series of nulls, to be filled. Not pushed to one by one: an array that grows is copied five times on its way to 500.
 * @param length Of a column that has been read, never what candles say of themselves.
 */
export function nullSeries(length: number): Series {
  const series: Series = NULLS.slice(0, length);
  while (series.length < length) series.push(null);
  return series;
}

/** Arithmetic mean of `values[start]` to `values[end - 1]`; NaN of none. Texts count as the numbers that they tell. */
export function meanOf(values: ArrayLike<number>, start: number, end: number): number {
  let sum = 0;
  // Texts would be put together, half a gigabyte in one piece.
  for (let i = start; i < end; i++) sum += +values[i]!;
  return sum / (end - start);
}

/**
 * Means of every full window, each summed anew. Meant for short windows: a running sum would leave
 * a rounding residue where all values of a window are 0, and a StochRSI of exactly 0 is common.
 *
 * @returns `values.length - period + 1` means, oldest first; none where values are too few.
 */
export function windowMeans(values: Float64Array, period: number): Float64Array {
  if (!isEnough(values.length, period)) return new Float64Array(0);
  const means = new Float64Array(values.length - period + 1);
  for (let i = 0; i < means.length; i++) means[i] = meanOf(values, i, i + period);
  return means;
}
