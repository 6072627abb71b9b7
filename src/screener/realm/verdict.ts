import {shortText} from './short-text.js';

/** Conditions a match; further ones are left out. */
export const CONDITIONS_MAX = 32;

/** UTF-16 code units a condition; the rest is cut off. Beyond `WHOLE_TEXT_LENGTH_MAX` its length is told instead. */
export const CONDITION_LENGTH_MAX = 256;

/** UTF-16 code units of a text that is no verdict; the rest is cut off. */
const RESULT_LENGTH_MAX = 40;

/**
 * What a filter says of one symbol: undefined for no match, the conditions that it names, or, where what it returned is no
 * verdict, a text that says what it was.
 */
export type Verdict = string[] | string | undefined;

/**
 * `true` or `{match: true, conditions?}` is a match, whatever else a filter returns is none. A filter whose code falls
 * through at its end says no by that; one that never returns anything says nothing.
 */
export function verdictOf(result: unknown, hasReturn: boolean): Verdict {
  if (result === true) return [];
  if (result === false) return undefined;
  if (result === undefined) return hasReturn ? undefined : 'nothing: the code has no `return`';
  if (typeof result !== 'object' || result === null) return textOf(result);
  const {match, conditions} = result as {match?: unknown; conditions?: unknown};
  if (match === true) return Array.isArray(conditions) ? textsOf(conditions) : [];
  return match === false ? undefined : `an object whose \`match\` is ${textOf(match)}`;
}

/** A value in words, without calling anything of the user's. */
function textOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(shortText(value, RESULT_LENGTH_MAX));
    case 'object':
      return value === null ? 'null' : 'an object';
    case 'function':
    case 'symbol':
      return `a ${typeof value}`;
    default:
      return shortText(value, RESULT_LENGTH_MAX);
  }
}

/** By index: a list's own `slice` or `map` is the user's code, and may return anything; both leave holes. */
function textsOf(list: readonly unknown[]): string[] {
  const texts: string[] = [];
  const count = Math.min(list.length, CONDITIONS_MAX);
  for (let i = 0; i < count; i++) texts.push(shortText(list[i], CONDITION_LENGTH_MAX));
  return texts;
}
