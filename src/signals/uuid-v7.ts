/** Bits of the counter: the 12 of `rand_a` and the first 20 after the variant. */
const COUNTER_SPAN = 2 ** 32;

/** The counter of a new millisecond begins below it, so that at least as many steps are left. */
const COUNTER_START_SPAN = 2 ** 31;

/** Random bytes an id: 4 seed the counter, 6 fill the last 42 bits. */
const RANDOM_BYTES = 10;

/**
 * Makes UUIDs of version 7 (RFC 9562, section 5.7) that ascend, as texts too: within a millisecond by a 32-bit counter behind
 * the time, begun at random (section 6.2, method 1). Where the time steps back the last one is kept, and where the counter
 * runs over, the time is taken to be a millisecond later (section 6.2, "Counter Rollover Handling").
 *
 * Not the `uuid` package: where it is given the time it leaves the counter to its caller.
 */
export class UuidV7Source {
  readonly #randomize: (bytes: Uint8Array) => void;
  /** Of the last id; the next is after it, or is equal and has a higher counter. */
  #timeMs = -1;
  #counter = 0;

  /** @param randomize fills an array with random bytes, such as `crypto.getRandomValues` */
  constructor(randomize: (bytes: Uint8Array) => void) {
    this.#randomize = randomize;
  }

  /**
   * An id that is greater than all before it: lower case, 36 characters.
   * @param atMs epoch milliseconds, of the wall clock or of a market that is replayed
   */
  next(atMs: number): string {
    const bytes = new Uint8Array(RANDOM_BYTES);
    this.#randomize(bytes);
    const view = new DataView(bytes.buffer);
    const timeMs = Math.max(0, Math.floor(atMs));
    if (timeMs > this.#timeMs) this.#begin(timeMs, view.getUint32(0));
    else if (++this.#counter === COUNTER_SPAN) this.#begin(this.#timeMs + 1, view.getUint32(0));
    // 12 bits after the version, 14 after the variant (binary 10), 6 before what is random.
    const high = Math.floor(this.#counter / 2 ** 20);
    const middle = 0x8000 | ((this.#counter >>> 6) & 0x3fff);
    const low = ((this.#counter & 0x3f) << 10) | (view.getUint16(4) & 0x3ff);
    const tail = hex(low, 4) + hex(view.getUint32(6), 8);
    const time = hex(this.#timeMs, 12);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(high, 3)}-${hex(middle, 4)}-${tail}`;
  }

  #begin(timeMs: number, seed: number): void {
    this.#timeMs = timeMs;
    this.#counter = seed % COUNTER_START_SPAN;
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
