import * as v from 'valibot';
import {oneLine, quoteValue} from './log.js';
import {KLINE_INTERVALS} from './market/kline.js';
import type {CloudTrader} from './screener/trader.js';
import {AnalysisError} from './signals/analyser.js';
import {DECISIONS, type Verdict} from './signals/signal.js';
import {PRIORITIES} from './signals/waiting-list.js';

/** Traders of a list. A longer list is refused. */
export const TRADERS_MAX = 1_000;

/** UTF-16 units of a trader's id or name, which become label values. Longer ones are refused. */
export const TRADER_LABEL_CHARS_MAX = 256;

/** Traders that can't be used. The message is one line: source, place, expected, got. */
export class TradersError extends Error {
  override readonly name = 'TradersError';
  readonly code = 'traders_invalid';

  /** @param source where the traders come from, such as the path of their file */
  constructor(source: string, problem: string, options?: ErrorOptions) {
    super(`${oneLine(source)}: ${problem}`, options);
  }
}

const Interval = v.picklist(KLINE_INTERVALS);

const Traders = v.pipe(
  v.array(
    v.looseObject({
      id: v.pipe(v.string(), v.minLength(1), v.maxLength(TRADER_LABEL_CHARS_MAX)),
      name: v.pipe(v.string(), v.maxLength(TRADER_LABEL_CHARS_MAX)),
      enabled: v.optional(v.boolean(), true),
      analysisPriority: v.exactOptional(v.picklist(PRIORITIES)),
      filter: v.looseObject({
        code: v.pipe(v.string(), v.minLength(1)),
        refreshInterval: v.exactOptional(Interval),
        requiredTimeframes: v.exactOptional(v.array(Interval)),
      }),
    }),
  ),
  v.maxLength(TRADERS_MAX),
);

const INTERVAL_EXPECTED = `one of ${KLINE_INTERVALS.join(', ')}`;

/**
 * What each place must hold. Kept by place, not as a message of each schema: valibot reports a missing
 * key with the message of the object around it.
 */
const EXPECTED: Readonly<Record<string, string>> = {
  '': `a list of at most ${TRADERS_MAX} traders`,
  '[]': 'an object',
  '[].id': `a string of 1 to ${TRADER_LABEL_CHARS_MAX} characters`,
  '[].name': `a string of at most ${TRADER_LABEL_CHARS_MAX} characters`,
  '[].enabled': 'true or false',
  '[].analysisPriority': `one of ${PRIORITIES.join(', ')}`,
  '[].filter': 'an object',
  '[].filter.code': 'a non-empty string',
  '[].filter.refreshInterval': INTERVAL_EXPECTED,
  '[].filter.requiredTimeframes': 'a list of intervals',
  '[].filter.requiredTimeframes[]': INTERVAL_EXPECTED,
};

/**
 * Checks a parsed JSON document in the contract's shape: a list of traders with unique ids. `enabled`
 * is true where it is left out; unknown fields ride along unchecked. The result shares nothing that was
 * checked with `json`.
 *
 * @param source what the error message names, such as the path of the file
 * @throws TradersError for the first value that doesn't fit
 */
export function decodeTraders(json: unknown, source: string): CloudTrader[] {
  const decoded = decodeList(json);
  if ('problem' in decoded) {
    const {place, problem} = decoded;
    throw new TradersError(source, place === '' ? problem : `${place}: ${problem}`);
  }
  checkIds(decoded.traders, source);
  return decoded.traders;
}

/** What {@link decodeEachTrader} makes of a list: its good traders, and what is wrong with the others, by id. */
export interface DecodedTraders {
  readonly traders: readonly CloudTrader[];
  readonly problems: ReadonlyMap<string, string>;
}

/**
 * Checks rows whose ids differ, such as those of a table, each by itself: one that is wrong spoils no other.
 * @throws TradersError where there are more than {@link TRADERS_MAX}
 */
export function decodeEachTrader(
  rows: readonly {readonly id: string}[],
  source: string,
): DecodedTraders {
  const problems = new Map<string, string>();
  if (rows.length > TRADERS_MAX) {
    throw new TradersError(source, `expected ${EXPECTED['']}, got ${rows.length}`);
  }
  const traders = rows.flatMap(row => {
    const decoded = decodeList([row]);
    if ('traders' in decoded) return decoded.traders;
    problems.set(row.id, `${decoded.place.replace(/^\[0\]\.?/, '')}: ${decoded.problem}`);
    return [];
  });
  return {traders, problems};
}

type DecodedList =
  | {readonly traders: CloudTrader[]}
  /** The first place that doesn't fit; empty where it is the list itself. */
  | {readonly place: string; readonly problem: string};

function decodeList(json: unknown): DecodedList {
  const result = v.safeParse(Traders, json, {abortEarly: true});
  if (result.success) return {traders: result.output};
  const {path, input, message} = result.issues[0];
  const place = placeOf((path ?? []).map(step => step.key));
  const expected = EXPECTED[place.replace(/\[\d+\]/g, '[]')] ?? oneLine(message);
  return {place, problem: `expected ${expected}, got ${quoteValue(input)}`};
}

/** Prices of a list in an analysis. A longer list is refused. */
export const PRICES_MAX = 16;

/** UTF-16 units of an analysis' note. A longer one is refused. */
export const NOTE_CHARS_MAX = 2_000;

const Price = v.pipe(v.number(), v.finite(), v.gtValue(0));
const Prices = v.pipe(v.array(Price), v.maxLength(PRICES_MAX));

const AnalystVerdict = v.object({
  decision: v.picklist(DECISIONS),
  confidence: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  keyLevels: v.object({support: Prices, resistance: Prices}),
  plan: v.object({
    entryPrice: v.nullable(Price),
    stopPrice: v.nullable(Price),
    targetPrices: Prices,
    note: v.pipe(v.string(), v.maxLength(NOTE_CHARS_MAX)),
  }),
});

/**
 * Checks what an analyser's endpoint has answered. Unknown fields are left out; the result shares nothing with `json`.
 * @throws AnalysisError `analysis_invalid`, whose message names the first place that doesn't fit
 */
export function decodeVerdict(json: unknown): Verdict {
  const result = v.safeParse(AnalystVerdict, json, {abortEarly: true});
  if (result.success) return result.output;
  const {path, message} = result.issues[0];
  const place = placeOf((path ?? []).map(step => step.key)).replace(/^\./, '') || 'the answer';
  throw new AnalysisError('analysis_invalid', oneLine(`${place}: ${message}`));
}

function checkIds(traders: readonly CloudTrader[], source: string): void {
  const indexes = new Map<string, number>();
  for (const [index, {id}] of traders.entries()) {
    const taken = indexes.get(id);
    if (taken !== undefined) {
      const got = `${quoteValue(id)}, the id of [${taken}]`;
      throw new TradersError(source, `[${index}].id: expected an id of its own, got ${got}`);
    }
    indexes.set(id, index);
  }
}

function placeOf(keys: readonly unknown[]): string {
  const steps = keys.map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  return steps.join('');
}
