/*
 * Runs inside the realm in which filters run, before the first of them. It freezes what filters share, so that what one of
 * them does to it reaches no other.
 */

/**
 * UTF-16 code units of a text that one call makes, by `repeat()` and the like. More is a RangeError, as V8 has it beyond
 * 2^29: a single piece of memory that doesn't fit in what is left ends the process, and not just the worker. A text of
 * this length fits, and a list of its characters does.
 */
export const MADE_TEXT_LENGTH_MAX = 1_000_000;

/** Everything of this realm's that a filter can reach without a global name. */
function hiddenIntrinsics(): object[] {
  const iterators = [[], new Map(), new Set(), '', /x/[Symbol.matchAll]('x')].map(iterable =>
    (iterable as Iterable<unknown>)[Symbol.iterator](),
  );
  return [async () => {}, function* () {}, async function* () {}, ...iterators];
}

/**
 * Inherited properties that honest code assigns on its own objects. A frozen prototype would refuse that (ECMAScript's
 * "override mistake"), so these become accessors whose setter defines the property on the object that is assigned to.
 * Not for `Array.prototype`: engines keep arrays fast only while its properties are plain.
 */
function overridable(): [owner: object, keys: readonly string[]][] {
  const errors = [Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError];
  return [
    [Object.prototype, ['toString', 'valueOf']],
    ...[...errors, TypeError, URIError].map(({prototype}): [object, readonly string[]] => [
      prototype,
      ['name', 'message', 'toString'],
    ]),
  ];
}

function makeOverridable(owner: object, key: string): void {
  const {value, writable} = Object.getOwnPropertyDescriptor(owner, key) ?? {};
  if (writable !== true) return;
  Object.defineProperty(owner, key, {
    get: () => value,
    set(this: object, own: unknown) {
      if (this === owner)
        throw new TypeError(`Expected \`${key}\` to be left alone, got a new one`);
      Object.defineProperty(this, key, {
        value: own,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    },
  });
}

/** Freezes a value and all that can be reached from it. What can't be frozen (a typed array) stays as it is. */
export function harden<T>(root: T): T {
  const seen = new Set<unknown>([globalThis]);
  const open: unknown[] = [root];
  for (let value = open.pop(); value !== undefined || open.length > 0; value = open.pop()) {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) continue;
    if (seen.has(value)) continue;
    seen.add(value);
    if (!ArrayBuffer.isView(value)) Object.freeze(value);
    open.push(Object.getPrototypeOf(value));
    for (const property of allDescriptors(value)) {
      open.push(property.value, property.get, property.set);
    }
  }
  return root;
}

/** Bounds the methods of texts that make a long one of a short one. */
function boundTexts(): void {
  const {repeat, padStart, padEnd} = String.prototype;
  const {apply} = Reflect;
  const bounded = {
    repeat(this: unknown, count?: unknown): string {
      const text = textOf(this);
      const times = +(count as number);
      assertShort(text.length * times);
      return apply(repeat, text, [times]);
    },
    padStart(this: unknown, length?: unknown, ...filler: unknown[]): string {
      const text = textOf(this);
      const longer = +(length as number);
      assertShort(longer);
      return apply(padStart, text, [longer, ...filler]);
    },
    padEnd(this: unknown, length?: unknown, ...filler: unknown[]): string {
      const text = textOf(this);
      const longer = +(length as number);
      assertShort(longer);
      return apply(padEnd, text, [longer, ...filler]);
    },
  };
  for (const [key, value] of Object.entries(bounded)) {
    Object.defineProperty(String.prototype, key, {value, writable: true, configurable: true});
  }
}

/** As the methods of texts read their `this`: `String()` would take a symbol, too. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) throw new TypeError('Expected a text, got none');
  return `${value}`;
}

function assertShort(length: number): void {
  if (length > MADE_TEXT_LENGTH_MAX) throw new RangeError('Invalid string length');
}

/** The prototypes that a typed array has above itself, whichever kind it is. */
function typedArrayPrototypes(): object[] {
  const kinds = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array];
  const wide = [Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array];
  const prototypes = [...kinds, ...wide].map(({prototype}) => prototype as object);
  return [...prototypes, Object.getPrototypeOf(Float64Array.prototype), Object.prototype];
}

/**
 * As `Object.freeze()`, which typed arrays pay for: behind a prototype whose elements are of V8's kind "frozen", a store
 * to an element takes 80 times as long. Made by single steps they stay of the usual kind. These leave the prototype's
 * properties in a dictionary, out of which they get when it becomes the prototype of something. Not for
 * `Array.prototype`: to define its `constructor` or its iterator anew makes `slice()` and the like slow for ever.
 */
function freezeByStep(prototype: object): void {
  for (const key of Reflect.ownKeys(prototype)) {
    const {writable} = Object.getOwnPropertyDescriptor(prototype, key)!;
    const fixed = writable === undefined ? {} : {writable: false};
    Object.defineProperty(prototype, key, {...fixed, configurable: false});
  }
  Object.preventExtensions(prototype);
  Object.create(prototype);
}

function allDescriptors(value: object): PropertyDescriptor[] {
  const descriptors = Object.getOwnPropertyDescriptors(value) as Record<
    PropertyKey,
    PropertyDescriptor
  >;
  return Reflect.ownKeys(descriptors).map(key => descriptors[key]!);
}

/**
 * Removes what isn't on the list from the realm's global object, and freezes the rest.
 * @param names Globals that filters may see.
 * @param constructors By name, what stands in the place of the global object's own.
 * @param natives By a built-in function, what filters get of it.
 * @returns Removes what filters have added to the global object since; false where it can't be.
 */
export function hardenRealm(
  names: readonly string[],
  constructors: ReadonlyMap<string, unknown>,
  natives: ReadonlyMap<unknown, unknown>,
): () => boolean {
  // Without a limit no stack is captured. Node would format it in its own realm, and an error of that formatting, such as
  // for a name that is no text, would be an object of Node's in the filter's hands.
  for (const key of ['captureStackTrace', 'prepareStackTrace', 'stackTraceLimit']) {
    Reflect.deleteProperty(Error, key);
  }
  // What the last match anywhere was: `RegExp.$1` and its like are one state for all.
  const kept = new Set<PropertyKey>(['length', 'name', 'prototype', Symbol.species]);
  for (const key of Reflect.ownKeys(RegExp)) {
    if (!kept.has(key)) Reflect.deleteProperty(RegExp, key);
  }
  boundTexts();
  for (const [owner, keys] of overridable()) for (const key of keys) makeOverridable(owner, key);
  for (const [key, value] of constructors) {
    if (Object.hasOwn(globalThis, key)) Object.defineProperty(globalThis, key, {value});
  }
  const allowed = new Set<PropertyKey>(names);
  for (const key of Reflect.ownKeys(globalThis)) {
    if (!allowed.has(key)) Reflect.deleteProperty(globalThis, key);
    else lock(key);
  }
  for (const prototype of typedArrayPrototypes()) freezeByStep(prototype);
  const values = [...allowed].map(key => (globalThis as Record<PropertyKey, unknown>)[key]);
  harden([...values, ...constructors.values(), ...natives.keys(), ...natives.values()]);
  harden([console, Object.getPrototypeOf(globalThis), ...hiddenIntrinsics()]);
  return globalWiper();
}

function lock(key: PropertyKey): void {
  const {value, configurable} = Object.getOwnPropertyDescriptor(globalThis, key) ?? {};
  if (configurable !== true) return;
  Object.defineProperty(globalThis, key, {value, writable: false, configurable: false});
}

function globalWiper(): () => boolean {
  const known = new Set(Reflect.ownKeys(globalThis));
  const prototype = Object.getPrototypeOf(globalThis);
  return () => {
    let isClean = true;
    for (const key of Reflect.ownKeys(globalThis)) {
      if (!known.has(key)) isClean = Reflect.deleteProperty(globalThis, key) && isClean;
    }
    return Object.getPrototypeOf(globalThis) === prototype && isClean;
  };
}
