import {counting} from './counted-constructors.js';
import {type Method, replaceMethods} from './replace-methods.js';

/**
 * Bytes of an object of `Intl` outside of V8's heap, where nobody counts them: 42 kB were measured of a `DateTimeFormat`, 5 of
 * most others.
 */
const OBJECT_BYTES: Readonly<Record<string, number>> = {DateTimeFormat: 48_000, Segmenter: 48_000};
const OTHER_OBJECT_BYTES = 6_000;

/** Bytes of a text's segments, and of each walk through them, on top of its characters. */
const SEGMENTS_BYTES = 16_000;

/** Bytes that a UTF-16 code unit of such a text takes. */
const SEGMENTED_BYTES = 4;

const {apply} = Reflect;

/**
 * Has objects of `Intl` counted, which are made of memory that V8 doesn't know of.
 * @param chargeNative Counts such bytes; throws where they are too many.
 * @returns By the built-in constructor, what stands in its place.
 */
export function countIntl(chargeNative: (bytes: number) => void): Map<unknown, unknown> {
  const natives = new Map<unknown, unknown>();
  const intl = Intl as unknown as Record<string, unknown>;
  for (const name of Object.getOwnPropertyNames(Intl)) {
    const native = intl[name];
    if (typeof native !== 'function' || native.prototype === undefined) continue;
    const bytes = OBJECT_BYTES[name] ?? OTHER_OBJECT_BYTES;
    const counted = counting(native as unknown as new () => object, args => {
      chargeNative(bytes);
      return args;
    });
    natives.set(native, counted);
    const property = Object.getOwnPropertyDescriptor(Intl, name)!;
    Object.defineProperty(Intl, name, {...property, value: counted});
  }
  countSegments(chargeNative);
  return natives;
}

function countSegments(chargeNative: (bytes: number) => void): void {
  const {segment} = Intl.Segmenter.prototype;
  const segments = Object.getPrototypeOf(new Intl.Segmenter().segment('')) as {
    [Symbol.iterator]: Method;
  };
  const walk = segments[Symbol.iterator];
  replaceMethods(Intl.Segmenter.prototype, {
    segment(this: unknown, input: unknown) {
      const text = `${input}`;
      chargeNative(SEGMENTS_BYTES + SEGMENTED_BYTES * text.length);
      return apply(segment, this as Intl.Segmenter, [text]);
    },
  });
  replaceMethods(segments, {
    [Symbol.iterator](this: unknown) {
      chargeNative(SEGMENTS_BYTES);
      return apply(walk, this as never, []);
    },
  });
}
