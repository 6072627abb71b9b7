/** Objects to go through for as long as somebody else has them; a program may make and drop any number of them. */
export class LiveSet<T extends object> {
  readonly #references = new Set<WeakRef<T>>();
  readonly #collected = new FinalizationRegistry<WeakRef<T>>(reference => {
    this.#references.delete(reference);
  });

  /** Adds an object that is not in yet. */
  add(object: T): void {
    const reference = new WeakRef(object);
    this.#references.add(reference);
    this.#collected.register(object, reference);
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const reference of this.#references) {
      const object = reference.deref();
      if (object !== undefined) yield object;
    }
  }
}
