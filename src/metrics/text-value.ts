/**
 * Bytes of a value's slot: the longest text of a double is `-0.0000012345678901234567`, one longer than the longest
 * with an exponent, which JavaScript writes only below 1e-6.
 */
export const VALUE_BYTES = 25;

const BLANK = 0x20;
const ZERO = 0x30;
const MINUS = 0x2d;
const INT32_MAX = 2 ** 31 - 1;

/**
 * Writes a value right-aligned into the slot of {@link VALUE_BYTES} that ends at `end`, blanks before it.
 * Integers go digit by digit; other numbers as JavaScript prints them, which is the shortest text that reads back as
 * the same double; infinities as `+Inf` and `-Inf`. All of this is text 0.0.4 and OpenMetrics alike.
 * @returns How many bytes the value has.
 */
export function writeValue(bytes: Uint8Array, end: number, value: number): number {
  const start = end - VALUE_BYTES;
  const small = value | 0;
  // Most values of most pages: one comparison, and no number but 32-bit integers.
  const isSmallCount = small === value && small >= 0;
  const first = isSmallCount ? writeSmall(bytes, end, small) : writeAny(bytes, end, value);
  let at = first;
  while (at > start && bytes[at - 1] !== BLANK) bytes[--at] = BLANK;
  return end - first;
}

/**
 * Writes a count over the smaller one that stands in its slot, both 32-bit integers from 0: its last digits, as far as they
 * differ. Nothing of the slot is read, whose line lies elsewhere in memory than the one before.
 * @returns How many bytes the value has, or 0 where they are as many as before.
 */
export function writeGrown(
  bytes: Uint8Array,
  end: number,
  {count, before}: {count: number; before: number},
): number {
  let at = end;
  let rest = count;
  let restBefore = before;
  do {
    const tens = (rest / 10) | 0;
    bytes[--at] = ZERO + (rest - tens * 10);
    rest = tens;
    restBefore = (restBefore / 10) | 0;
  } while (rest !== restBefore);
  return rest === 0 ? end - at : 0;
}

/** Of a 32-bit integer from 0 the division is a multiplication: a third of the time. */
function writeSmall(bytes: Uint8Array, end: number, value: number): number {
  let at = end;
  let rest = value;
  do {
    const tens = (rest / 10) | 0;
    bytes[--at] = ZERO + (rest - tens * 10);
    rest = tens;
  } while (rest > 0);
  return at;
}

function writeAny(bytes: Uint8Array, end: number, value: number): number {
  if (!Number.isSafeInteger(value)) return writeText(bytes, end, textOf(value));
  let at = end;
  let rest = Math.abs(value);
  while (rest > INT32_MAX) {
    const tens = Math.floor(rest / 10);
    bytes[--at] = ZERO + (rest - tens * 10);
    rest = tens;
  }
  at = writeSmall(bytes, at, rest);
  if (value < 0) bytes[--at] = MINUS;
  return at;
}

function writeText(bytes: Uint8Array, end: number, text: string): number {
  const start = end - text.length;
  for (let i = 0; i < text.length; i++) bytes[start + i] = text.charCodeAt(i);
  return start;
}

/** A value as both formats write it. */
export function textOf(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}
