/** How much the last run weighs against those before: after five runs the first has a sixth of its weight. */
export const LAST_RUN_WEIGHT = 0.3;

/**
 * What each trader's run costs, in milliseconds: an exponentially weighted mean, so that it follows the market. Who costs
 * most goes first, which ends all early (Graham's longest-processing-time rule: at most a third over the best split).
 */
export class TraderCosts {
  /** By trader id. */
  readonly #costsMs = new Map<string, number>();

  record(traderId: string, runMs: number): void {
    const before = this.#costsMs.get(traderId) ?? runMs;
    this.#costsMs.set(traderId, before + LAST_RUN_WEIGHT * (runMs - before));
  }

  forget(traderId: string): void {
    this.#costsMs.delete(traderId);
  }

  /** The dearest first; those that never ran before all of them, as they may be anything. */
  order<T extends {readonly id: string}>(traders: readonly T[]): T[] {
    const costOf = ({id}: T) => this.#costsMs.get(id) ?? Number.MAX_VALUE;
    return traders.toSorted((a, b) => costOf(b) - costOf(a));
  }
}
