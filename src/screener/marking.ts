/**
 * Its subclasses put their private fields on the object that they are given, frozen or not: notes that nobody but the subclass can read,
 * list or forge, be it through a Proxy.
 */
export class Marking {
  constructor(marked: object) {
    // biome-ignore lint/correctness/noConstructorReturn: it is what this class is for
    return marked;
  }
}
