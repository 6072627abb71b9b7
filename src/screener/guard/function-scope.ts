/** A function's own names for what is between two steps of an expression. */
interface Names {
  count: number;
  /** Whether that of results is used. */
  hasResult: boolean;
}

/** The names that the function which is being written has of its own: no other function's steps come between. */
export class FunctionScope {
  readonly #stem: string;
  #names: Names = {count: 0, hasResult: false};

  /** @param stem What all of them begin with. */
  constructor(stem: string) {
    this.#stem = stem;
  }

  /** Writes a function's inside. @returns The declaration of the names that it uses. */
  within(write: () => void): string {
    const outer = this.#names;
    const own = {count: 0, hasResult: false};
    this.#names = own;
    write();
    this.#names = outer;
    const names = Array.from({length: own.count}, (_, i) => this.#name(i + 1));
    if (own.hasResult) names.push(this.#name(0));
    return names.length === 0 ? '' : `var ${names.join(',')};`;
  }

  /** For a result that is used at once: one for all. */
  resultName(): string {
    this.#names.hasResult = true;
    return this.#name(0);
  }

  /** For what is used after other steps. */
  newName(): string {
    return this.#name(++this.#names.count);
  }

  #name(i: number): string {
    return `${this.#stem}${i}`;
  }
}
