/**
 * How many of the newest candles an indicator looks at, beside their number, by its arguments after the candles. Of those
 * that aren't named here, all. To tell whether an array holds a series' own rows took a tenth of a screening, as each row of
 * 500 has to be looked at; of most calls the last twenty decide.
 */
const REACHES: Readonly<Record<string, (...args: readonly (number | undefined)[]) => number>> =
  Object.freeze({
    calculateMA: period => reachOfPeriod(period),
    calculateAvgVolume: period => reachOfPeriod(period),
    getHighestHigh: period => reachOfPeriod(period),
    getLowestLow: period => reachOfPeriod(period),
    getLatestBollingerBands: (period = 20) => reachOfPeriod(period),
    // True ranges need the close before.
    calculateADX: (period = 14) => reachOfPeriod(period) + 1,
    calculateStochastic: (kPeriod = 14) => reachOfPeriod(kPeriod),
    getLatestVWAP: anchorPeriod => reachOfPeriod(anchorPeriod),
    getLatestVWAPBands: anchorPeriod => reachOfPeriod(anchorPeriod),
    detectEngulfingPattern: () => 2,
  });

/**
 * Candles at the end of an array on which that indicator's result depends, apart from the array's length.
 * @param args Numbers, or undefined for the indicator's default.
 * @returns At least 1; Infinity for all.
 */
export function reachOf(name: string, args: readonly unknown[]): number {
  const reach = REACHES[name];
  return reach === undefined
    ? Number.POSITIVE_INFINITY
    : reach(...(args as readonly (number | undefined)[]));
}

/** One that is no number of candles reaches for all: what an indicator makes of it is its own affair. */
function reachOfPeriod(period: number | undefined): number {
  return period !== undefined && period >= 1 ? Math.ceil(period) : Number.POSITIVE_INFINITY;
}
