import type {TraderErrorReason} from '../metrics/catalogue.js';
import type {ScreeningReply} from '../screener/packed-replies.js';
import type {CloudTrader, TraderResult} from '../screener/trader.js';
import {MatchMemory} from './match-memory.js';
import type {TraderMetrics} from './trader-roster.js';

/**
 * Makes results of what workers answer, and counts them: here, on the main thread, where each is taken exactly once,
 * however many workers have died over it.
 */
export class TraderResults {
  readonly #metrics: TraderMetrics;
  /** What each trader matched in its previous screening. */
  readonly memory = new MatchMemory();

  constructor(metrics: TraderMetrics) {
    this.#metrics = metrics;
  }

  /** The result of a screening that has come to its end, be it that the filter doesn't parse. */
  accept(trader: CloudTrader, reply: ScreeningReply): TraderResult {
    const {matches, symbolCount, executionTimeMs, error, throws, badResults} = reply;
    const labels = labelsOf(trader);
    this.#metrics.traderScreenings.inc(labels);
    this.#metrics.traderMatches.inc(labels, matches.length);
    this.#metrics.traderExecutionTime.observe(labels, executionTimeMs);
    for (const reason of reasonsOf(reply)) this.#metrics.traderErrors.inc({...labels, reason});
    if (error !== undefined) return this.fail(trader, error);
    const {newMatches, continuingCount} = this.memory.sort(trader.id, matches);
    this.#metrics.traderNewMatches.set(labels, newMatches.length);
    this.#metrics.traderContinuingMatches.set(labels, continuingCount);
    this.#metrics.traderSymbolsWatching.set({trader_id: trader.id}, symbolCount);
    return {
      ...emptyResult(trader),
      matches: newMatches,
      continuingMatches: continuingCount,
      executionTime: executionTimeMs,
      symbolCount,
      ...(throws === undefined ? {} : {throws}),
      ...(badResults === undefined ? {} : {badResults}),
    };
  }

  /**
   * The result of a trader that was not screened to the end. It matches nothing now; its previous screening is still the
   * last that came to an end, so that what goes on matching isn't signalled a second time.
   */
  fail(trader: CloudTrader, error: string): TraderResult {
    this.rest(trader);
    return {...emptyResult(trader), error};
  }

  /** Shows that a trader matches nothing now, and leaves its memory alone. */
  rest(trader: CloudTrader): void {
    this.#metrics.traderNewMatches.set(labelsOf(trader), 0);
    this.#metrics.traderContinuingMatches.set(labelsOf(trader), 0);
    this.#metrics.traderSymbolsWatching.set({trader_id: trader.id}, 0);
  }

  /** Forgets a trader that is gone. */
  forget(traderId: string): void {
    this.memory.forget(traderId);
  }
}

/** Why a screening found less than it might have: each reason once, however many symbols it concerns. */
function reasonsOf(reply: ScreeningReply): TraderErrorReason[] {
  const {error, isParseError, throws, badResults, symbolCount} = reply;
  if (error !== undefined) return [isParseError ? 'parse' : 'failed'];
  const reasons: TraderErrorReason[] = [];
  if (throws !== undefined) reasons.push('throw');
  if (badResults !== undefined) reasons.push('bad_result');
  if (symbolCount === 0) reasons.push('no_data');
  return reasons;
}

function emptyResult({id, name}: CloudTrader): TraderResult {
  return {
    traderId: id,
    traderName: name,
    enabled: true,
    matches: [],
    continuingMatches: 0,
    executionTime: 0,
  };
}

/** The labels of a trader's series. */
export function labelsOf({id, name}: Pick<CloudTrader, 'id' | 'name'>) {
  return {trader_id: id, trader_name: name};
}
