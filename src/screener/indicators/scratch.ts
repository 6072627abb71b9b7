/** Numbers that are kept from call to call; more, 128 kB, are not: what a worker keeps, all its traders lack. */
const LENGTH_KEPT_MAX = 16_384;

/**
 * Numbers on their way into a result, kept from call to call: memory outside of V8's heap is what makes it collect all of it,
 * and numbers in an object or a list that also holds null are objects, each of them. Nothing of a filter's may run while they
 * are in use.
 */
export class Scratch {
  #numbers = new Float64Array(0);

  /**
   * An array of that length or longer: good until the next call. It holds what another trader's call may have left there, and is to be
   * read nowhere but where this call has written.
   */
  ofLength(length: number): Float64Array {
    if (length > LENGTH_KEPT_MAX) return new Float64Array(length);
    if (this.#numbers.length < length) this.#numbers = new Float64Array(length);
    return this.#numbers;
  }
}
