/**
 * Bytes of answers that clients haven't taken yet, over all connections of a server. At the limit
 * further scrapes are answered 503 unrendered, so one page more than this is the most that is held.
 * Four of the largest pages that Fly's scraper takes.
 */
export const BACKLOG_BYTES_MAX = 64 * 1024 * 1024;

/** Counts what is still on its way to clients: bounds it, and tells when nothing is. */
export class Backlog {
  readonly #bytesMax: number;
  /** Sum of the bytes of all answers added and not released. */
  #bytes = 0;
  /** Answers added and not released. */
  #answerCount = 0;
  /** Resolvers of `drained()`, empty whenever no answer is on its way. */
  #waiters: (() => void)[] = [];

  constructor(bytesMax = BACKLOG_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  /** Count an answer in. The function returned counts it out; its second call does nothing. */
  add(bytes: number): () => void {
    this.#bytes += bytes;
    this.#answerCount += 1;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#release(bytes);
    };
  }

  /** Resolves as soon as no answer is on its way. */
  drained(): Promise<void> {
    if (this.#answerCount === 0) return Promise.resolve();
    return new Promise(resolve => this.#waiters.push(resolve));
  }

  #release(bytes: number): void {
    this.#bytes -= bytes;
    this.#answerCount -= 1;
    if (this.#answerCount > 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}
