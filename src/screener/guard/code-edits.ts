/** A text that is put into the code before a position; it may be changed until all is joined. */
export interface Insertion {
  readonly at: number;
  /** The code from `at` up to here is left out: an operator, which holds no end of a line. */
  readonly until: number;
  text: string;
}

/**
 * Insertions into a code, made while its tree is walked in the order of its text: those at one position then stand in the
 * order in which they were made, the outer one's beginning before the inner one's, the inner one's end before the outer one's.
 */
export class CodeEdits {
  readonly #code: string;
  readonly #insertions: Insertion[] = [];

  constructor(code: string) {
    this.#code = code;
  }

  /** Puts a text before the code at a position. */
  insert(at: number, text = ''): Insertion {
    return this.replace(at, at, text);
  }

  /** Puts a text in the place of a part of the code. */
  replace(at: number, until: number, text: string): Insertion {
    const insertion = {at, until, text};
    this.#insertions.push(insertion);
    return insertion;
  }

  /** The code with all that was inserted. */
  join(): string {
    const parts: string[] = [];
    let end = 0;
    // Stable: what was made first stays first.
    for (const {at, until, text} of this.#insertions.toSorted((a, b) => a.at - b.at)) {
      parts.push(this.#code.slice(end, at), text);
      end = until;
    }
    parts.push(this.#code.slice(end));
    return parts.join('');
  }
}
