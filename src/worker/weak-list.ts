/** Objects in the order in which they were added, each as long as somebody else keeps it. */
export class WeakList<T extends object> {
  readonly #references = new Set<WeakRef<T>>();

  add(value: T): void {
    this.#references.add(new WeakRef(value));
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const reference of this.#references) {
      const value = reference.deref();
      if (value === undefined) this.#references.delete(reference);
      else yield value;
    }
  }
}
