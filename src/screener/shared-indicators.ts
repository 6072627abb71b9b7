import type {Kline} from '../market/kline.js';
import {CallNames} from './call-names.js';
import * as indicators from './indicators/index.js';
import type {SeriesReader} from './series-reader.js';
import type {HandedOut} from './shared-klines.js';
import {UseNotes} from './use-notes.js';

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
  /** Candles of the series behind its end. */
  readonly behind: number;
}

/** Options of {@link shareIndicators}. */
export interface SharedIndicatorsOptions {
  /** The series that a filter can hold candles of just now. */
  readonly handedOut: () => readonly HandedOut[];
  /** Told of each result that isn't kept. */
  readonly onUncached?: () => void;
  /** Where it notes what is asked for. Default: nowhere. */
  readonly uses?: UseNotes;
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
  {handedOut, onUncached = () => {}, uses = new UseNotes()}: SharedIndicatorsOptions,
): Indicator {
  const names = new CallNames(name);
  const compute: Indicator = (klines, ...args) => {
    const named = names.of(args);
    const place = placeOf(klines, named?.reach ?? Number.POSITIVE_INFINITY, handedOut());
    if (place === undefined) return indicator(klines, ...args);
    const {reader, start, end, behind} = place;
    if (named === undefined) return indicator(reader.slice(start, end), ...args);
    const call = named.over(start, behind);
    if (uses.isNoting) uses.note(`${reader.series.interval} ${call}`);
    const known = reader.results.get(call);
    if (known !== undefined) return copyOf(known);
    const result = indicator(reader.slice(start, end), ...args);
    const fate = reader.results.offer(call, result);
    if (fate === 'full') onUncached();
    // The one that is kept stays here: what a filter does to its result is its own affair.
    return fate === 'kept' ? copyOf(result) : result;
  };
  return Object.freeze(compute);
}

/**
 * The stretch of a series that the array is a copy of, as far as the indicator looks: its last `reach` candles. It mostly
 * shares its start or its end.
 */
function placeOf(
  klines: unknown,
  reach: number,
  handedOut: readonly HandedOut[],
): Place | undefined {
  if (!Array.isArray(klines) || klines.length === 0) return undefined;
  const {length} = klines;
  // Not by `of` where it counts: iterators cost more than the looks.
  for (let i = 0; i < handedOut.length; i++) {
    const {reader, keptList} = handedOut[i]!;
    if (klines === keptList && isWhole(klines, reader.rows())) {
      return {reader, start: 0, end: length, behind: 0};
    }
  }
  const from = Math.max(0, length - reach);
  for (const {reader} of handedOut) {
    const rows = reader.rows();
    const tail = rows.length - length;
    if (tail < 0) continue;
    for (const start of [0, tail, tail - 1]) {
      const last = start + length - 1;
      if (start >= 0 && rows[last] === klines[length - 1] && isStretch(klines, rows, start, from)) {
        return {reader, start, end: last + 1, behind: rows.length - last - 1};
      }
    }
  }
  return undefined;
}

/** A second wall: by its length and both its ends. */
function isWhole(klines: readonly unknown[], rows: readonly Kline[]): boolean {
  const last = rows.length - 1;
  return klines.length === rows.length && klines[0] === rows[0] && klines[last] === rows[last];
}

/** By `===`, whose check of the rows' kind costs less than a call of `Object.is()`. */
function isStretch(
  klines: readonly unknown[],
  rows: readonly Kline[],
  start: number,
  from: number,
): boolean {
  for (let i = klines.length - 1; i >= from; i--) if (klines[i] !== rows[start + i]) return false;
  return true;
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
