import {type CountIterable, denseBytes} from './guards.js';
import {type Method, replaceMethods} from './replace-methods.js';

/*
 * Built-in functions that make much of little in one step, such as `concat()`: they count it before they do it. Those that
 * only copy (`slice()`, `map()`) stay V8's own where a filter calls them by their name, as fast as ever: guard-writer.ts has
 * their results counted.
 */

/** Bytes of an element, of an entry of a collection with its table, of a promise with what waits for it. */
const ELEMENT_BYTES = 16;
const ENTRY_BYTES = 64;
const PROMISE_BYTES = 300;

/** Bytes for a UTF-16 code unit of a text that is read as JSON or split. */
const PARSED_BYTES = 16;

/** UTF-16 code units that a number or another primitive has for a text, at most. */
const PRIMITIVE_LENGTH_MAX = 32;

/** UTF-16 code units that `normalize()`, `encodeURIComponent()` and the like make of one, at most. */
const CODED_LENGTH_MAX = 18;

/** The longest text of V8. A longer one is a RangeError there, too. */
const TEXT_LENGTH_MAX = 2 ** 29 - 24;

/** Options of {@link countMethods}. */
export interface CountOptions {
  readonly charge: (bytes: number) => void;
  readonly longText: (text: string) => string;
  readonly countIterable: CountIterable;
}

const {apply} = Reflect;
const {isArray} = Array;

/**
 * Puts counting functions in the places of built-in ones.
 * @returns By the built-in function, what counts in its place where a filter passes it on by its name.
 */
export function countMethods(options: CountOptions): Map<unknown, unknown> {
  countLists(options);
  countTexts(options);
  countCollectors(options);
  return valuesThatCount(options);
}

function countLists({charge, longText}: CountOptions): void {
  const {concat, fill, flat, flatMap, join} = Array.prototype;
  const lengthOf = (value: unknown) => {
    if (isArray(value)) return value.length;
    const spread = (value as {readonly [Symbol.isConcatSpreadable]?: boolean} | null)?.[
      Symbol.isConcatSpreadable
    ];
    return spread ? Number((value as unknown as ArrayLike<unknown>).length) || 0 : 1;
  };
  replaceMethods(Array.prototype, {
    concat(this: unknown[], ...lists: unknown[]) {
      let length = lengthOf(this);
      for (let i = 0; i < lists.length; i++) length += lengthOf(lists[i]);
      charge(denseBytes(length));
      return apply(concat, this, lists);
    },
    fill(this: unknown[], ...args: unknown[]) {
      // A list without elements, of a length that was set, gets them here; beyond 32 Mi it has none before.
      if (this.length > FILLED_LENGTH_FREE) charge(8 * this.length);
      return apply(fill, this, args as [unknown]);
    },
    flat(this: unknown[], ...args: unknown[]) {
      const depth = args[0] === undefined ? 1 : Number(args[0]);
      chargeFlat(this, depth, charge);
      return apply(flat, this, args);
    },
    flatMap(this: unknown[], ...args: unknown[]) {
      const [callback, ...rest] = args;
      if (typeof callback !== 'function') return apply(flatMap as Method, this, args);
      const counting = function (this: unknown, ...items: unknown[]) {
        const result = apply(callback, this, items);
        if (isArray(result)) charge(ELEMENT_BYTES * result.length);
        return result;
      };
      return apply(flatMap as Method, this, [counting, ...rest]);
    },
    join(this: unknown[], ...args: unknown[]) {
      if (!isArray(this)) return longText(apply(join, this, args as []));
      chargeJoined(this, args[0] === undefined ? ',' : args[0], charge);
      return apply(join, this, args as []);
    },
  });
}

/** Elements up to which `fill()` counts nothing. */
const FILLED_LENGTH_FREE = 100_000;

function chargeFlat(
  list: readonly unknown[],
  depth: number,
  charge: (bytes: number) => void,
): void {
  const {length} = list;
  charge(ELEMENT_BYTES * length);
  if (!(depth >= 1)) return;
  for (let i = 0; i < length; i++) {
    const item = list[i];
    if (isArray(item)) chargeFlat(item, depth - 1, charge);
  }
}

/** Counts the text that `join()` makes; what its elements' own `toString` makes, they count themselves. */
function chargeJoined(
  list: readonly unknown[],
  separator: unknown,
  charge: (bytes: number) => void,
): void {
  const {length} = list;
  const betweenLength = typeof separator === 'string' ? separator.length : PRIMITIVE_LENGTH_MAX;
  let textLength = betweenLength * length;
  for (let i = 0; i < length && textLength <= TEXT_LENGTH_MAX; i++) {
    const item = list[i];
    textLength += typeof item === 'string' ? item.length : PRIMITIVE_LENGTH_MAX;
    // Its elements are joined in turn, by this function, each time that it occurs.
    if (isArray(item)) textLength += joinedLengthOf(item, 1);
  }
  if (textLength > TEXT_LENGTH_MAX) throw new RangeError('Invalid string length');
  charge(2 * textLength);
}

/** Lists in lists down to which `join()` looks ahead: `[[[...]]]` of a few elements each is a text without end. */
const JOINED_DEPTH_MAX = 8;

function joinedLengthOf(list: readonly unknown[], depth: number): number {
  if (depth > JOINED_DEPTH_MAX) throw new RangeError('Invalid string length');
  let textLength = list.length;
  for (let i = 0; i < list.length && textLength <= TEXT_LENGTH_MAX; i++) {
    const item = list[i];
    if (isArray(item)) textLength += joinedLengthOf(item, depth + 1);
    else textLength += typeof item === 'string' ? item.length : PRIMITIVE_LENGTH_MAX;
  }
  return textLength;
}

function countTexts({charge, longText}: CountOptions): void {
  const {concat, replace: replaceOnce, replaceAll, split, match, normalize} = String.prototype;
  const chargeCopy = (value: unknown, bytes: number) => {
    if (typeof value === 'string') charge(bytes * value.length);
  };
  const replacing = (native: Method) =>
    function (this: unknown, ...args: unknown[]) {
      const [pattern, by] = args;
      if (typeof this !== 'string') return apply(native, this, args);
      if (typeof by !== 'function') {
        chargeReplaced(
          this,
          {by, isOnce: native === replaceOnce && typeof pattern === 'string'},
          charge,
        );
        return apply(native, this, args);
      }
      let length = this.length;
      const counting = (...found: unknown[]) => {
        const text = `${apply(by, undefined, found)}`;
        length += text.length;
        if (length > TEXT_LENGTH_MAX) throw new RangeError('Invalid string length');
        charge(ENTRY_BYTES + 2 * text.length);
        return text;
      };
      return apply(native, this, [pattern, counting]);
    };
  replaceMethods(String.prototype, {
    concat(this: unknown, ...texts: unknown[]) {
      return longText(apply(concat, this, texts as string[]));
    },
    replace: replacing(replaceOnce),
    replaceAll: replacing(replaceAll),
    split(this: unknown, ...args: unknown[]) {
      chargeCopy(this, PARSED_BYTES);
      return apply(split as Method, this, args);
    },
    match(this: unknown, ...args: unknown[]) {
      chargeCopy(this, PARSED_BYTES);
      return apply(match as Method, this, args);
    },
    normalize(this: unknown, ...args: unknown[]) {
      chargeCopy(this, 2 * CODED_LENGTH_MAX);
      return apply(normalize as Method, this, args);
    },
  });
  const {parse} = JSON;
  replaceMethods(JSON, {
    parse(...args: unknown[]) {
      chargeCopy(args[0], PARSED_BYTES);
      return apply(parse, JSON, args as [string]);
    },
  });
}

/** By a text: at each place, of which there is one more than characters, with all of the text for each `$&` and its like. */
function chargeReplaced(
  text: string,
  {by, isOnce}: {readonly by: unknown; readonly isOnce: boolean},
  charge: (bytes: number) => void,
): void {
  const replacement = typeof by === 'string' ? by : '';
  const dollarCount = replacement.split('$').length - 1;
  const eachLength = replacement.length + dollarCount * text.length;
  const length = text.length + (isOnce ? 1 : text.length + 1) * eachLength;
  if (length > TEXT_LENGTH_MAX) throw new RangeError('Invalid string length');
  charge(2 * length);
}

/** Functions that take what an iterable has. */
function countCollectors({charge, countIterable}: CountOptions): void {
  const {from} = Array;
  const {fromEntries} = Object;
  const {all, allSettled, any, race} = Promise;
  replaceMethods(Array, {
    from(this: unknown, ...args: unknown[]) {
      const [items, ...rest] = args;
      const counted = countIterable(items, ELEMENT_BYTES);
      // A list's own length is counted above, a generator's by its elements.
      if (counted === items && typeof items === 'object' && items !== null && !isArray(items)) {
        const length = Number((items as {length?: unknown}).length);
        if (length > 0) charge(8 * length);
      }
      return apply(from as Method, this, [counted, ...rest]);
    },
  });
  const typedArray = Object.getPrototypeOf(Int8Array) as {from: Method};
  const {from: fromTyped} = typedArray;
  replaceMethods(typedArray, {
    from(this: unknown, ...args: unknown[]) {
      const [items, ...rest] = args;
      return apply(fromTyped, this, [countIterable(items, ELEMENT_BYTES), ...rest]);
    },
  });
  replaceMethods(Object, {
    fromEntries: (items: unknown) =>
      apply(fromEntries, Object, [countIterable(items, ENTRY_BYTES) as never]),
  });
  const collecting = (native: Method) =>
    function (this: unknown, items: unknown) {
      return apply(native, this, [countIterable(items, PROMISE_BYTES)]);
    };
  replaceMethods(Promise, {
    all: collecting(all as Method),
    allSettled: collecting(allSettled as Method),
    any: collecting(any as Method),
    race: collecting(race as Method),
  });
}

/** Copiers, and what makes lists longer: called by other built-in functions, nothing else would count them. */
function valuesThatCount({charge}: CountOptions): Map<unknown, unknown> {
  const {filter, map, push, slice, splice, unshift} = Array.prototype;
  const values = new Map<unknown, unknown>();
  for (const native of [filter, map, push, slice, splice, unshift] as Method[]) {
    values.set(native, function (this: unknown, ...args: unknown[]) {
      const isText = typeof this === 'string' || isArray(this);
      charge(ELEMENT_BYTES * (args.length + (isText ? (this as string).length : 0)));
      return apply(native, this, args);
    });
  }
  const {slice: sliceText} = String.prototype;
  values.set(sliceText, function (this: unknown, ...args: unknown[]) {
    charge(ENTRY_BYTES);
    return apply(sliceText as Method, this, args);
  });
  return values;
}
