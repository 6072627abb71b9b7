/** Warnings of different texts that are remembered as said; further ones are left out, the counters still tell. */
export const WARNINGS_MAX = 100;

/** Tells an operator each line once. */
export class Warnings {
  readonly #tell: (line: string) => void;
  /** Lines that were said; at most {@link WARNINGS_MAX}. */
  readonly #said = new Set<string>();

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  /** Says a line unless it was said before. */
  once(line: string): void {
    if (this.#said.has(line) || this.#said.size >= WARNINGS_MAX) return;
    this.#said.add(line);
    try {
      this.#tell(line);
    } catch {
      // Whoever can't be told must not break what the line is about: a merge, a settlement, a page.
    }
  }
}
