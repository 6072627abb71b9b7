/** A function's own names for what is between two steps of an expression. */
interface Names {
  count: number;
  /** Whether that of results is used. */
  hasResult: boolean;
  /** Whether that of what its loops may still allocate is used. */
  hasLoops: boolean;
}

/** What a function writes at its beginning. */
export interface ScopeHead {
  readonly declarations: string;
  readonly hasLoops: boolean;
}

/**
 * Bytes that a function's loops may allocate before they are counted, on top of what the function itself is counted as. Loops
 * count in a name of their function's own, which V8 keeps in a register.
 */
export const LOOPS_BYTES = 16_384;

/** The names that the function which is being written has of its own: no other function's steps come between. */
export class FunctionScope {
  readonly #stem: string;
  #names: Names = {count: 0, hasResult: false, hasLoops: false};

  /** @param stem What all of them begin with. */
  constructor(stem: string) {
    this.#stem = stem;
  }

  /** Writes a function's inside. @returns The names that it uses, declared. */
  within(write: () => void): ScopeHead {
    const outer = this.#names;
    const own = {count: 0, hasResult: false, hasLoops: false};
    this.#names = own;
    write();
    this.#names = outer;
    const names = Array.from({length: own.count}, (_, i) => this.#name(i + 1));
    if (own.hasResult) names.push(this.#name(0));
    if (own.hasLoops) names.push(`${this.#stem}=${LOOPS_BYTES}`);
    const declarations = names.length === 0 ? '' : `var ${names.join(',')};`;
    return {declarations, hasLoops: own.hasLoops};
  }

  /** For what the function's loops may still allocate. */
  loopsName(): string {
    this.#names.hasLoops = true;
    return this.#stem;
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
