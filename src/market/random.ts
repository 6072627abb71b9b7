/**
 * Seeded random numbers: sfc32, the 32-bit "small fast counting" generator of Chris Doty-Humphrey's
 * PractRand 0.93 (public domain, https://pracrand.sourceforge.net), which passes PractRand and
 * TestU01. Its state is seeded by FNV-1a hashes of a text, then stirred 15 times as PractRand does.
 * Not for secrets.
 */
export class Random {
  /** 32-bit words of the state; `#counter` rules out short cycles. */
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  /** The second value of the last Box-Muller pair; undefined once used. */
  #spare: number | undefined;

  /** Equal seeds give equal sequences. */
  constructor(seed: string) {
    this.#a = hash(`a ${seed}`);
    this.#b = hash(`b ${seed}`);
    this.#c = hash(`c ${seed}`);
    for (let round = 0; round < 15; round += 1) this.next();
  }

  /** Uniform, from 0 up to, not including, 1; 32 bits fine. */
  next(): number {
    const word = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + word) | 0;
    return (word >>> 0) / 2 ** 32;
  }

  /** Uniform between two numbers. */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Standard normal, by Box and Muller's method (1958). */
  gaussian(): number {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) return spare;
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    const angle = 2 * Math.PI * this.next();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

/** FNV-1a, 32 bits, over UTF-16 code units. http://www.isthe.com/chongo/tech/comp/fnv/ */
function hash(text: string): number {
  let word = 0x811c9dc5;
  for (let position = 0; position < text.length; position += 1) {
    word = Math.imul(word ^ text.charCodeAt(position), 0x01000193);
  }
  return word;
}
