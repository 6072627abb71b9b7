import type {FoundMatches} from '../screener/packed-replies.js';
import type {TraderMatch} from '../screener/trader.js';

/** What a screening found, told apart by what the one before had found. */
export interface SortedMatches {
  readonly newMatches: TraderMatch[];
  readonly continuingCount: number;
}

/** What a trader matched: by position in a market's list of symbols, or by name. */
class Matched {
  /** Ascending. */
  readonly #indexes: readonly number[];
  readonly #symbols: readonly string[];
  #names: ReadonlySet<string> | undefined;

  constructor(indexes: readonly number[], symbols: readonly string[], names?: ReadonlySet<string>) {
    this.#indexes = indexes;
    this.#symbols = symbols;
    this.#names = names;
  }

  /** Made when first asked for: a set of names a trader and screening was half of what taking results cost the main thread. */
  get names(): ReadonlySet<string> {
    this.#names ??= new Set(this.#indexes.map(index => this.#symbols[index]!));
    return this.#names;
  }

  /** Positions, where they are of that very list. */
  indexesIn(symbols: readonly string[]): readonly number[] | undefined {
    return symbols === this.#symbols ? this.#indexes : undefined;
  }
}

/**
 * Which symbols each trader matched in its previous screening. It lives on the main thread, so it depends neither on
 * which worker screens what nor on how long a worker lives.
 */
export class MatchMemory {
  /** By trader id. */
  readonly #matched = new Map<string, Matched>();

  /** Tells new matches from continuing ones, and remembers these for the next time. */
  sort(traderId: string, matches: FoundMatches): SortedMatches {
    const before = this.#matched.get(traderId);
    const {symbols} = matches;
    const known = before?.indexesIn(symbols);
    const indexes: number[] = [];
    const newMatches: TraderMatch[] = [];
    let at = 0;
    for (let i = 0; i < matches.length; i++) {
      const index = matches.symbolIndexAt(i);
      indexes.push(index);
      let isKnown: boolean | undefined;
      if (known !== undefined) {
        // Both ascend.
        while (at < known.length && known[at]! < index) at++;
        isKnown = known[at] === index;
      } else {
        isKnown = before?.names.has(symbols[index]!);
      }
      if (!isKnown) newMatches.push(matches.at(i));
    }
    this.#matched.set(traderId, new Matched(indexes, symbols));
    return {newMatches, continuingCount: matches.length - newMatches.length};
  }

  /** What each trader matched in its previous screening, by its id. */
  get symbols(): ReadonlyMap<string, ReadonlySet<string>> {
    return new Map([...this.#matched].map(([id, {names}]) => [id, names]));
  }

  /** Takes these for what a trader matched in its previous screening. */
  remember(traderId: string, symbols: readonly string[]): void {
    this.#matched.set(traderId, new Matched([], [], new Set(symbols)));
  }

  /** Forgets a trader that is gone. */
  forget(traderId: string): void {
    this.#matched.delete(traderId);
  }
}
