import {fieldAsNumber, parsedField} from '../row-origin.js';
import type {Allowance} from './allowance.js';

/** Bytes of an element of a list, of a collection with its hash, of a property with its name. */
const ELEMENT_BYTES = 16;
const ENTRY_BYTES = 64;

/** A bigint beyond it is counted. */
const SMALL_BIGINT = 2n ** 4096n;

/** What the code of a guarded filter is given; see guard/guarded-code.ts. All of it is of the filters' realm. */
export interface Guards {
  readonly refuel: (bytes: number) => number;
  readonly isArray: (value: unknown) => boolean;
  readonly longText: (text: string) => string;
  /** Counts what `...value` puts into a list, and returns what is to be spread. */
  readonly spread: (value: unknown) => unknown;
  /** Counts what `...value` puts into an object. */
  readonly spreadObject: (value: unknown) => unknown;
  /** The function that counts, in place of a built-in one that doesn't. */
  readonly guarded: (value: unknown) => unknown;
  /** Counts what a list grows by that gets this for its length. */
  readonly setLength: (list: unknown, length: unknown) => unknown;
  readonly power: (base: never, exponent: never) => unknown;
  readonly shift: (value: never, by: never) => unknown;
  /** Counts a text or a bigint that is the result of an operator. */
  readonly bigInt: (value: unknown) => unknown;
  /** Reads a number of a row; see row-origin.ts for these two. */
  readonly parsedField: typeof parsedField;
  readonly fieldAsNumber: typeof fieldAsNumber;
}

/** Counts the elements of something iterable, which is read once. */
export type CountIterable = (value: unknown, bytesEach: number) => unknown;

/** @param natives The built-in functions, and by what they are replaced. */
export function makeGuards(
  {refuel, charge, longText}: Allowance,
  natives: ReadonlyMap<unknown, unknown>,
): Guards {
  const {isArray} = Array;
  const countIterable = makeCountIterable(charge);
  const bigInt = (value: unknown) => {
    if (typeof value === 'string') return longText(value);
    if (typeof value === 'bigint') charge(bytesOf(value));
    return value;
  };
  return Object.freeze({
    refuel,
    isArray,
    longText,
    bigInt,
    parsedField,
    fieldAsNumber,
    spread(value: unknown) {
      // V8 would name the function that this is.
      if (!isIterable(value)) throw new TypeError(`${typeof value} is not iterable`);
      return countIterable(value, ELEMENT_BYTES);
    },
    spreadObject(value: unknown) {
      if (typeof value === 'string' || isArray(value)) {
        charge(ENTRY_BYTES * (value as string).length);
      } else if (typeof value === 'object' && value !== null) {
        charge(ENTRY_BYTES * Object.keys(value).length);
      }
      return value;
    },
    guarded: (value: unknown) => natives.get(value) ?? value,
    setLength(list: unknown, length: unknown) {
      if (isArray(list) && typeof length === 'number' && length > list.length) {
        charge(denseBytes(length - list.length));
      }
      return length;
    },
    power(base: never, exponent: never) {
      if (typeof base === 'bigint' && typeof exponent === 'bigint') {
        charge(bytesOf(base) * Math.max(1, Number(exponent as bigint)));
      }
      return bigInt((base as number) ** (exponent as number));
    },
    shift(value: never, by: never) {
      if (typeof value === 'bigint' && typeof by === 'bigint') {
        charge(bytesOf(value) + Math.max(0, Number(by as bigint) / 8));
      }
      return bigInt((value as number) << (by as number));
    },
  });
}

/** Bytes of a new list of a length: from 32 Mi elements on V8 makes a table of those that are there. */
export function denseBytes(length: number): number {
  return length > 0 && length <= 33_554_432 ? 8 * length : 0;
}

function bytesOf(value: bigint): number {
  if (value < SMALL_BIGINT && value > -SMALL_BIGINT) return SMALL_BIGINT_BYTES;
  return value.toString(16).length / 2;
}

const SMALL_BIGINT_BYTES = 512;

/** Nothing of it calls what a filter may have written, but what the iteration itself calls. */
export function makeCountIterable(charge: (bytes: number) => void): CountIterable {
  const {isArray} = Array;
  const {apply, getPrototypeOf} = Reflect;
  const {hasOwn} = Object;
  const {iterator} = Symbol;
  const sizeOf = (prototype: object) => Object.getOwnPropertyDescriptor(prototype, 'size')!.get!;
  const sizes = new Map<unknown, () => number>([
    [Set.prototype, sizeOf(Set.prototype)],
    [Map.prototype, sizeOf(Map.prototype)],
  ]);
  function* counted(iterable: Iterable<unknown>, bytesEach: number) {
    for (const item of iterable) {
      charge(bytesEach);
      yield item;
    }
  }
  return (value, bytesEach) => {
    if (typeof value === 'string') {
      charge(bytesEach * value.length);
      return value;
    }
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return value;
    const prototype = getPrototypeOf(value);
    if (!hasOwn(value, iterator)) {
      if (prototype === Array.prototype && isArray(value)) {
        charge(bytesEach * value.length);
        return value;
      }
      const size = sizes.get(prototype);
      if (size !== undefined) {
        charge(bytesEach * apply(size, value, []));
        return value;
      }
    }
    // What can't be iterated is told by whoever iterates it.
    return isIterable(value) ? counted(value, bytesEach) : value;
  };
}

function isIterable(value: unknown): value is Iterable<unknown> {
  if (value === undefined || value === null) return false;
  return typeof (value as {readonly [Symbol.iterator]?: unknown})[Symbol.iterator] === 'function';
}
