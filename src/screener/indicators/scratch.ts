/**
 * Numbers on their way into a result, kept from call to call, so that nothing of a filter's may run while they are in use: memory outside of V8's heap is what makes it collect all of it,
 * and numbers in an object or a list that also holds null are objects, each of them.
 */
export class Scratch {
  #numbers = new Float64Array(0);

  /** An array of that length or longer, with whatever it holds: good until the next call. */
  ofLength(length: number): Float64Array {
    if (this.#numbers.length < length) this.#numbers = new Float64Array(length);
    return this.#numbers;
  }
}
