/** Bytes that may be allocated between two looks at the memory. A look takes half a microsecond. */
export const FUEL_BYTES = 4 * 1024 * 1024;

/**
 * UTF-16 code units of long texts that are put together before V8 is made to write each out. Until then they lie in memory as
 * their parts, which nobody counts; written out in one go they would take all of it at once.
 */
const UNWRITTEN_LENGTH_MAX = 4_000_000;

/**
 * Bytes outside of V8's heap that one trader's screening may take for objects of which V8 doesn't say how large they are: those
 * of `Intl`. It doesn't know when they are given back either.
 */
export const NATIVE_BYTES_MAX = 32 * 1024 * 1024;

/** What a filter may allocate before its thread's memory is looked at. */
export interface Allowance {
  /** Looks at the memory, of which so many bytes are about to be taken; returns what may be taken until the next time. */
  readonly refuel: (bytes: number) => number;
  /** Counts bytes that are about to be taken. */
  readonly charge: (bytes: number) => void;
  /**
   * Counts bytes that V8 doesn't know of.
   * @throws RangeError beyond {@link NATIVE_BYTES_MAX}.
   */
  readonly chargeNative: (bytes: number) => void;
  /** Counts a text that was made of others, and returns it. */
  readonly longText: (text: string) => string;
  /** To be called before each trader. */
  readonly begin: () => void;
}

/**
 * @param look Of Node's realm: ends the thread where too much is taken. Where the stack is used up it throws an error of that
 *   realm, which must not get into a filter's hands; the filter then goes on nowhere but higher up the stack.
 */
export function makeAllowance(look: (bytes: number) => void): Allowance {
  let left = FUEL_BYTES;
  let unwrittenLength = 0;
  const refuel = (bytes: number) => {
    try {
      look(bytes);
    } catch {
      throw new RangeError('Maximum call stack size exceeded');
    }
    return FUEL_BYTES;
  };
  const charge = (bytes: number) => {
    left -= bytes;
    // Not `< 0`: no length that a filter has made up may switch this off.
    if (!(left >= 0)) left = refuel(bytes);
  };
  const longText = (text: string) => {
    const {length} = text;
    charge(2 * length);
    unwrittenLength += length;
    if (unwrittenLength > UNWRITTEN_LENGTH_MAX) text.charCodeAt(0);
    return text;
  };
  let nativeBytes = 0;
  const chargeNative = (bytes: number) => {
    nativeBytes += bytes;
    if (nativeBytes <= NATIVE_BYTES_MAX) return;
    throw new RangeError(
      `Expected objects of Intl of at most ${NATIVE_BYTES_MAX} bytes in a screening, got more`,
    );
  };
  const begin = () => {
    unwrittenLength = 0;
    nativeBytes = 0;
  };
  return {refuel, charge, chargeNative, longText, begin};
}
