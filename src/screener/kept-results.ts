/**
 * Results that are kept of one series, until its candles change. Further ones are computed at every
 * call; `screener_results_uncached_total` tells.
 */
export const RESULTS_PER_SERIES_MAX = 256;

/** Stands for the result of a call that was asked for once and not kept. */
const ASKED_ONCE = Symbol('asked once');

/**
 * Results of one series' candles at one moment, by call. Numbers and points are kept at once; a whole series, 12 kB of
 * 500 candles, only from when a second one asks for it, or if a second one did so at the moment before: most are asked for
 * once, and what is kept until the next screening V8 has to copy at each collection.
 */
export class KeptResults {
  /** At most {@link RESULTS_PER_SERIES_MAX} entries. */
  #results = new Map<string, unknown>();
  /** Calls for a series that were asked for again at this moment; among those of `#results`. */
  #again = new Set<string>();
  /** Those of the moment before. */
  #againBefore: ReadonlySet<string> = new Set();

  /** Turns to other candles. */
  turn(): void {
    if (this.#results.size === 0) return;
    this.#results.clear();
    if (this.#again.size === 0 && this.#againBefore.size === 0) return;
    this.#againBefore = this.#again;
    this.#again = new Set();
  }

  /** What was kept of that call, the very object; undefined where nothing was. */
  get(call: string): unknown {
    const known = this.#results.get(call);
    if (known === ASKED_ONCE) return undefined;
    if (holdsSeries(known)) this.#again.add(call);
    return known;
  }

  /**
   * Says what a call that {@link get} knew nothing of has come to.
   * @returns `kept`: it is kept, and not to be changed from now on; `passed`: it isn't, as nobody else may want it;
   *   `full`: it isn't, as there is no room.
   */
  offer(call: string, result: unknown): 'kept' | 'passed' | 'full' {
    const isAskedAgain = this.#results.has(call);
    if (!isAskedAgain && this.#results.size >= RESULTS_PER_SERIES_MAX) return 'full';
    if (isAskedAgain) this.#again.add(call);
    const isKept = isAskedAgain || !holdsSeries(result) || this.#againBefore.has(call);
    this.#results.set(call, isKept ? result : ASKED_ONCE);
    return isKept ? 'kept' : 'passed';
  }
}

/** Whether it is a list, or a record of lists, as long as the candles. */
function holdsSeries(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return false;
  if (Array.isArray(result)) return true;
  for (const key in result) return Array.isArray((result as Record<string, unknown>)[key]);
  return false;
}
