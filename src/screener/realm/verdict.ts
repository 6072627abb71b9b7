import {shortText} from './short-text.js';

/** Conditions a match; further ones are left out. */
export const CONDITIONS_MAX = 32;

/** UTF-16 code units a condition; the rest is cut off. Beyond `WHOLE_TEXT_LENGTH_MAX` its length is told instead. */
export const CONDITION_LENGTH_MAX = 256;

/** What a filter says of one symbol: undefined for no match, else the conditions that it names. */
export type Verdict = string[] | undefined;

/** `true` or `{match: true, conditions?}` is a match; whatever else a filter returns is none. */
export function verdictOf(result: unknown): Verdict {
  if (result === true) return [];
  if (typeof result !== 'object' || result === null) return undefined;
  const {match, conditions} = result as {match?: unknown; conditions?: unknown};
  if (match !== true) return undefined;
  return Array.isArray(conditions) ? textsOf(conditions) : [];
}

/** By index: a list's own `slice` or `map` is the user's code, and may return anything; both leave holes. */
function textsOf(list: readonly unknown[]): string[] {
  const texts: string[] = [];
  const count = Math.min(list.length, CONDITIONS_MAX);
  for (let i = 0; i < count; i++) texts.push(shortText(list[i], CONDITION_LENGTH_MAX));
  return texts;
}
