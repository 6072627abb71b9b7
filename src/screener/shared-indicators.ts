import type {Kline} from '../market/kline.js';
import * as indicators from './indicators/index.js';
import type {SeriesReader} from './series-reader.js';

/**
 * Results that are kept of one series, until its candles change. Further ones are computed at every
 * call; `screener_results_uncached_total` tells.
 */
export const RESULTS_PER_SERIES_MAX = 256;

/** Functions over values or nodes, not over candles: they are handed on as they are. */
const OVER_VALUES: readonly string[] = [
  'calculateSMA',
  'calculateEMA',
  'calculateMACD',
  'detectGenericDivergence',
  'isNearHVN',
  'getClosestHVN',
  'countHVNInRange',
  'clearHVNCache',
];

type Indicator = (klines: readonly Kline[], ...args: unknown[]) => unknown;

/** Where candles of a series lie in it. */
interface Place {
  readonly reader: SeriesReader;
  readonly start: number;
  readonly end: number;
}

/** Options of {@link shareIndicators}. */
export interface SharedIndicatorsOptions {
  /** The series that a filter can hold candles of just now. */
  readonly handedOut: () => readonly SeriesReader[];
  /** Told of each result that isn't kept. */
  readonly onUncached?: () => void;
}

/**
 * The built-in helpers, which compute the same thing of the same candles only once, for whichever
 * filter asks first. The same candles: an array whose rows are, one by one, those of a series or of
 * a stretch of it, wherever the array comes from. Of any other rows they compute plainly.
 */
export function shareIndicators(options: SharedIndicatorsOptions): object {
  const shared = Object.entries(indicators).map(([name, indicator]) => {
    const isOverValues = OVER_VALUES.includes(name);
    return [name, isOverValues ? indicator : share(name, indicator as Indicator, options)];
  });
  return Object.freeze(Object.fromEntries(shared));
}

function share(
  name: string,
  indicator: Indicator,
  {handedOut, onUncached = () => {}}: SharedIndicatorsOptions,
): Indicator {
  const compute: Indicator = (klines, ...args) => {
    const place = placeOf(klines, handedOut());
    if (place === undefined) return indicator(klines, ...args);
    const {reader, start, end} = place;
    const key = keyOf(args);
    if (key === undefined) return indicator(reader.slice(start, end), ...args);
    const call = `${name} ${start} ${end}${key}`;
    const known = reader.results.get(call);
    if (known !== undefined) return copyOf(known);
    const result = indicator(reader.slice(start, end), ...args);
    if (reader.results.size < RESULTS_PER_SERIES_MAX) reader.results.set(call, result);
    else onUncached();
    // The one that is kept stays here: what a filter does to its result is its own affair.
    return copyOf(result);
  };
  return Object.freeze(compute);
}

/** The stretch of a series that the array is a copy of; it mostly shares its start or its end. */
function placeOf(klines: unknown, readers: readonly SeriesReader[]): Place | undefined {
  if (!Array.isArray(klines) || klines.length === 0) return undefined;
  const {length} = klines;
  for (const reader of readers) {
    const rows = reader.rows();
    const tail = rows.length - length;
    if (tail < 0) continue;
    for (const start of [0, tail, tail - 1]) {
      if (rows[start] === klines[0] && isStretch(klines, rows, start)) {
        return {reader, start, end: start + length};
      }
    }
  }
  return undefined;
}

function isStretch(klines: readonly unknown[], rows: readonly Kline[], start: number): boolean {
  for (let i = klines.length - 1; i > 0; i--) if (klines[i] !== rows[start + i]) return false;
  return true;
}

/** Tells arguments apart; undefined where they are no plain numbers. */
function keyOf(args: readonly unknown[]): string | undefined {
  let key = '';
  for (const arg of args) {
    if (arg !== undefined && typeof arg !== 'number') return undefined;
    key += ` ${arg}`;
  }
  return key;
}

/** Numbers, and arrays and records of them, so deep as indicators return them. */
function copyOf(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result;
  if (!Array.isArray(result)) {
    const copy: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(result)) copy[name] = copyOf(value);
    return copy;
  }
  return typeof result[result.length - 1] === 'object' && result[result.length - 1] !== null
    ? result.map(copyOf)
    : result.slice();
}
