import {type CountIterable, denseBytes} from './guards.js';

type Constructor = new (...args: never[]) => object;

/** Bytes of an entry of a collection with its table. */
const ENTRY_BYTES = 64;

/** Options of {@link countedConstructors}. */
export interface ConstructorOptions {
  readonly charge: (bytes: number) => void;
  readonly countIterable: CountIterable;
}

const {apply, construct} = Reflect;

/**
 * Constructors for filters in place of those that may take much memory in one step. The built-in ones stay for this project's
 * code, and stay `constructor` of their prototypes: to define that of `Array.prototype` anew makes V8 slow for ever.
 * @returns By name, what a filter finds under it.
 */
export function countedConstructors({
  charge,
  countIterable,
}: ConstructorOptions): Map<string, Constructor> {
  const list = (args: unknown[]) => {
    const [length] = args;
    charge(args.length === 1 && typeof length === 'number' ? denseBytes(length) : 8 * args.length);
    return args;
  };
  const collection = ([items, ...rest]: unknown[]) => [countIterable(items, ENTRY_BYTES), ...rest];
  const buffer = (args: unknown[]) => {
    const {maxByteLength} = (args[1] ?? {}) as {readonly maxByteLength?: unknown};
    chargeNumber(charge, maxByteLength === undefined ? args[0] : maxByteLength, 1);
    return args;
  };
  const constructors = new Map<string, Constructor>([
    ['Array', counting(Array, list)],
    ['ArrayBuffer', counting(ArrayBuffer, buffer)],
    ...[Set, Map, WeakSet, WeakMap].map((native): [string, Constructor] => [
      native.name,
      counting(native as Constructor, collection),
    ]),
  ]);
  for (const native of typedArrays()) {
    const columns = (args: unknown[]) => {
      const [source] = args;
      if (source instanceof ArrayBuffer) return args;
      const length =
        typeof source === 'object' ? (source as {length?: unknown} | null)?.length : source;
      chargeNumber(charge, length, native.BYTES_PER_ELEMENT);
      return typeof source === 'object' && length === undefined
        ? [countIterable(source, native.BYTES_PER_ELEMENT), ...args.slice(1)]
        : args;
    };
    constructors.set(native.name, counting(native as unknown as Constructor, columns));
  }
  return constructors;
}

/**
 * Takes bigints from the global object, so that a filter's code tells by their names whether it may hold one; only such code has its
 * arithmetic counted.
 * @returns What a filter finds under the name.
 */
export function countBigInts(charge: (bytes: number) => void): Map<string, unknown> {
  for (const key of ['asIntN', 'asUintN'] as const) {
    const native = BigInt[key];
    Object.defineProperty(BigInt, key, {
      value: (bits: number, value: bigint) => {
        chargeNumber(charge, bits, 1 / 8);
        return native(bits, value);
      },
    });
  }
  const names: Map<string, unknown> = new Map([['BigInt', BigInt]]);
  for (const name of ['BigInt', 'BigInt64Array', 'BigUint64Array'])
    Reflect.deleteProperty(globalThis, name);
  for (const key of Reflect.ownKeys(DataView.prototype)) {
    if (typeof key === 'string' && key.startsWith('getBig'))
      Reflect.deleteProperty(DataView.prototype, key);
  }
  return names;
}

function typedArrays() {
  const small = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array];
  return [...small, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array];
}

function chargeNumber(charge: (bytes: number) => void, count: unknown, bytesEach: number): void {
  const bytes = Number(count) * bytesEach;
  if (bytes > 0) charge(bytes);
}

/** As the built-in constructor in all but its identity. @param count Counts what it is given, and returns what it gets. */
export function counting(native: Constructor, count: (args: unknown[]) => unknown[]): Constructor {
  const counted = function (this: unknown, ...args: unknown[]): unknown {
    const given = count(args) as never[];
    if (new.target === undefined) return apply(native, this, given);
    const target = new.target as unknown;
    return construct(native, given, target === counted ? native : (target as Constructor));
  };
  for (const key of Reflect.ownKeys(native)) {
    const property = Object.getOwnPropertyDescriptor(native, key)!;
    Object.defineProperty(counted, key, property);
  }
  Object.setPrototypeOf(counted, Object.getPrototypeOf(native));
  return counted as unknown as Constructor;
}
