import {type Method, replaceMethods} from './replace-methods.js';

const {apply} = Reflect;

/** Methods of typed arrays whose result is as large as what they are called on: as elements, outside of V8's heap. */
const COPYING = ['filter', 'map', 'slice', 'toReversed', 'toSorted', 'with'];

/** Has copies of typed arrays and buffers counted before they are made. */
export function countBuffers(charge: (bytes: number) => void): void {
  const typedArray = Object.getPrototypeOf(Float64Array.prototype) as object;
  replaceCopying(typedArray, COPYING, charge);
  replaceCopying(ArrayBuffer.prototype, ['slice'], charge);
}

function replaceCopying(
  owner: object,
  names: readonly string[],
  charge: (bytes: number) => void,
): void {
  const bytesOf = Object.getOwnPropertyDescriptor(owner, 'byteLength')!.get!;
  const counting = (native: Method): Method =>
    function (this: unknown, ...args: unknown[]) {
      // Of anything else it throws, as the built-in one does.
      charge(apply(bytesOf, this, []) as number);
      return apply(native, this, args as never[]);
    };
  const methods = owner as Readonly<Record<string, Method | undefined>>;
  for (const name of names) {
    const native = methods[name];
    if (native !== undefined) replaceMethods(owner, {[name]: counting(native)});
  }
}
