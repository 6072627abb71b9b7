import type {FoundMatches} from '../screener/packed-replies.js';
import type {TraderMatch} from '../screener/trader.js';

/** What a screening found, told apart by what the one before had found. */
export interface SortedMatches {
  readonly newMatches: TraderMatch[];
  readonly continuingCount: number;
}

/**
 * Which symbols each trader matched in its previous screening. It lives on the main thread, so it depends neither on
 * which worker screens what nor on how long a worker lives.
 */
export class MatchMemory {
  /** By trader id. */
  readonly #symbols = new Map<string, ReadonlySet<string>>();

  /** Tells new matches from continuing ones, and remembers these for the next time. */
  sort(traderId: string, matches: FoundMatches): SortedMatches {
    const before = this.#symbols.get(traderId);
    const symbols = new Set<string>();
    const newMatches: TraderMatch[] = [];
    for (let i = 0; i < matches.length; i++) {
      const symbol = matches.symbolAt(i);
      symbols.add(symbol);
      if (!before?.has(symbol)) newMatches.push(matches.at(i));
    }
    this.#symbols.set(traderId, symbols);
    return {newMatches, continuingCount: matches.length - newMatches.length};
  }

  /** What each trader matched in its previous screening, by its id. */
  get symbols(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#symbols;
  }

  /** Takes these for what a trader matched in its previous screening. */
  remember(traderId: string, symbols: readonly string[]): void {
    this.#symbols.set(traderId, new Set(symbols));
  }

  /** Forgets a trader that is gone. */
  forget(traderId: string): void {
    this.#symbols.delete(traderId);
  }
}
