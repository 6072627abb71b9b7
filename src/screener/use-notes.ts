/*
 * Runs inside the filters' realm. What a filter uses (candles of an interval, an indicator of them) is computed once in
 * each worker that asks for it; traders that use the same are therefore best run by the same worker. So workers tell what each
 * filter uses, and the pool makes its lanes by that.
 */

/** Uses that are noted of a filter. Further ones are not; the pool then knows less of what it shares with others. */
export const USES_MAX = 64;

/** UTF-16 code units of what is noted; a filter may give an indicator a thousand arguments. */
const USE_LENGTH_MAX = 200;

/** Notes what a filter uses while it is asked about one symbol: it mostly uses the same for all. */
export class UseNotes {
  #isNoting = false;
  #noted = new Set<number>();

  get isNoting(): boolean {
    return this.#isNoting;
  }

  /** What was noted since `clear()`: Int32 hashes of what is used, each once, {@link USES_MAX} of them at most. */
  get noted(): number[] {
    return [...this.#noted];
  }

  clear(): void {
    this.#isNoting = false;
    if (this.#noted.size > 0) this.#noted = new Set();
  }

  /** Notes from now on, beginning with the intervals of these candles. */
  begin(timeframes: object): void {
    this.#isNoting = true;
    for (const interval of Object.keys(timeframes)) this.note(interval);
  }

  end(): void {
    this.#isNoting = false;
  }

  /** @param use Says what is computed, of which interval, such as `15m getLatestRSI 0 0 14`. */
  note(use: string): void {
    if (use.length > USE_LENGTH_MAX || this.#noted.size >= USES_MAX) return;
    this.#noted.add(hashOf(use));
  }
}

/** FNV-1a of 32 bits, over UTF-16 code units. Two uses that come to the same are taken for one, which costs some time. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
