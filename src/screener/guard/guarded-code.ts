import {bindingsIn} from './bindings.js';
import {CodeEdits} from './code-edits.js';
import {readFilter} from './filter-syntax.js';
import {GuardWriter} from './guard-writer.js';
import {mayChangeLists} from './list-changes.js';

/** Names that the code in which a filter stands has for what is given to it. None of them occurs in the filter. */
export interface GuardNames {
  /** Bytes that the filter may still allocate before its memory is looked at. */
  readonly fuel: string;
  /** See `Guards` in realm/guards.ts for these. */
  readonly refuel: string;
  readonly isArray: string;
  readonly longText: string;
  readonly spread: string;
  readonly spreadObject: string;
  readonly guarded: string;
  readonly setLength: string;
  readonly power: string;
  readonly shift: string;
  readonly bigInt: string;
  readonly parsedField: string;
  readonly fieldAsNumber: string;
  /** Functions of the filter's own, so that V8 learns what each filter gives to them. */
  readonly text: string;
  readonly made: string;
  /** Counts what a function's loops take, and returns what they may take until the next time. */
  readonly loops: string;
  /** What local names begin with. */
  readonly local: string;
}

/** The order of what a guarded filter is given. */
export const GUARD_KEYS = [
  'refuel',
  'isArray',
  'longText',
  'spread',
  'spreadObject',
  'guarded',
  'setLength',
  'power',
  'shift',
  'bigInt',
  'parsedField',
  'fieldAsNumber',
] as const satisfies readonly (keyof GuardNames)[];

const OWN_KEYS = [
  'fuel',
  'text',
  'made',
  'loops',
  'local',
] as const satisfies readonly (keyof GuardNames)[];

/** UTF-16 code units from which on a text is counted by the realm: below, what one is made of matters little. */
const LONG_TEXT_LENGTH = 4_096;

/** Bytes that an element of a list is counted as: the list's own 8, and as much again for what may stand behind. */
const ELEMENT_BYTES = 16;

/** Bytes that a function's loops take at once from what the filter may still allocate. */
const LOOPS_CHUNK_BYTES = 65_536;

/** A filter's code with its guards. */
export interface GuardedCode {
  /** The body of a function of `parameters` that returns the filter. */
  readonly code: string;
  readonly parameters: readonly string[];
  /** False where the filter changes no list that it is given. */
  readonly mayChangeLists: boolean;
}

/**
 * Writes into a filter's code, on the lines as they are, what counts the memory that it may take: at the beginning of every
 * function and loop's body, where lists are spread, and where texts are put together. What is written in can't be reached by the
 * filter: it names nothing that occurs in it, and code is made of no text.
 * @param code The body of a function; V8 must have read it as one before.
 * @throws SyntaxError where acorn can't read it, or it holds what a filter can't.
 */
export function guardCode(code: string, parameters: readonly string[]): GuardedCode {
  // The end stands on a line of its own: the last one may be a comment.
  const whole = `(function(${parameters.join(',')}){${code}\n})`;
  const {root, names, hasBigInts} = readFilter(whole);
  const guardNames = namesBeside(names);
  const edits = new CodeEdits(whole);
  const bindings = bindingsIn(root);
  new GuardWriter({code: whole, edits, names: guardNames, hasBigInts, bindings}).write(root);
  return {
    code: `${prelude(guardNames)}return ${edits.join()}`,
    parameters: GUARD_KEYS.map(key => guardNames[key]),
    mayChangeLists: mayChangeLists(root, bindings),
  };
}

function namesBeside(names: ReadonlySet<string>): GuardNames {
  let stem = '$g';
  while ([...names].some(name => name.startsWith(stem))) stem += '$';
  const keys = [...GUARD_KEYS, ...OWN_KEYS];
  return Object.fromEntries(keys.map((key, i) => [key, `${stem}${i}_`])) as unknown as GuardNames;
}

function prelude({fuel, refuel, isArray, longText, text, made, loops}: GuardNames): string {
  const spend = (bytes: string) => `if((${fuel}-=${bytes})<0)${fuel}=${refuel}(0);`;
  return [
    `let ${fuel}=0;`,
    `function ${text}(t){'use strict';const n=t.length;if(n>${LONG_TEXT_LENGTH})return ${longText}(t);${spend('2*n')}return t}`,
    `function ${loops}(n){'use strict';${spend(`${LOOPS_CHUNK_BYTES}+n`)}return ${LOOPS_CHUNK_BYTES}}`,
    `function ${made}(t){'use strict';if(typeof t==='string')return ${text}(t);`,
    `if(${isArray}(t)){const n=t.length>>>0;${spend(`${ELEMENT_BYTES}*n`)}}return t}`,
  ].join('');
}
