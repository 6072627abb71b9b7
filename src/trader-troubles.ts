import type {CloudTrader, TraderResult} from './screener/trader.js';

/** Why a trader's matches may be missing. */
interface Trouble {
  /** Trouble of one kind is told once, though its text may be another with each screening. */
  readonly kind: string;
  readonly line: string;
  /** Whether it comes and goes with the symbols: one screening without it is no end of it. */
  readonly isPartial?: boolean;
}

/** What was told last of a trader. */
interface Told {
  readonly kind: string;
  readonly isPartial: boolean;
  /** Another filter may have the same trouble anew. */
  readonly code: string | undefined;
}

/** Tells what keeps traders from matching what they might: a line each, until that changes. */
export class TraderTroubles {
  readonly #tell: (line: string) => void;
  /** By trader id: at most one entry a trader of the last screening. */
  #told = new Map<string, Told>();

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  /** @param hasMarket Whether any ticker has come: before, that a trader sees no symbol is no trouble. */
  tell(
    results: ReadonlyMap<string, TraderResult>,
    traders: ReadonlyMap<string, CloudTrader>,
    hasMarket: boolean,
  ): void {
    const told = new Map<string, Told>();
    for (const [id, result] of results) {
      const code = traders.get(id)?.filter.code;
      const before = this.#told.get(id);
      const last = before?.code === code ? before : undefined;
      const trouble = troubleOf(result, hasMarket);
      if (trouble === undefined) {
        if (last?.isPartial) told.set(id, last);
        continue;
      }
      const {kind, line, isPartial = false} = trouble;
      told.set(id, {kind, isPartial, code});
      if (last?.kind !== kind) this.#tell(line);
    }
    this.#told = told;
  }
}

/** The worst trouble of a trader, undefined where nothing speaks against its matches. */
function troubleOf(result: TraderResult, hasMarket: boolean): Trouble | undefined {
  const {traderName: name, error, throws, badResults, symbolCount} = result;
  if (error !== undefined)
    return {kind: error, line: `Trader ${name} can't be screened: ${error} [trader_unscreened]`};
  if (throws !== undefined && throws.symbolCount === symbolCount) {
    const line = `The filter of trader ${name} fails on every symbol: ${throws.firstMessage} [filter_throws]`;
    return {kind: 'throws', line};
  }
  if (symbolCount === 0 && hasMarket) {
    const line = `Trader ${name} sees no symbol: the market has no candles of its intervals yet [trader_blind]`;
    return {kind: 'blind', line};
  }
  if (badResults !== undefined) {
    const {symbolCount: count, firstResult} = badResults;
    const line = `The filter of trader ${name} returned no verdict for ${count} of ${symbolCount} symbols: expected a boolean or {match: boolean}, got ${firstResult} [filter_no_verdict]`;
    return {kind: 'bad results', line, isPartial: true};
  }
  if (throws === undefined) return undefined;
  const line = `The filter of trader ${name} fails on ${throws.symbolCount} of ${symbolCount} symbols: ${throws.firstMessage} [filter_throws]`;
  return {kind: 'partial throws', line, isPartial: true};
}
