import type {FlushMark} from '../channel/worker-port.js';
import {ownText} from './realm/short-text.js';
import type {BadResults, FilterThrows, Screened} from './task.js';
import type {TraderMatch} from './trader.js';

/** Numbers of a trader: place, milliseconds in all, symbols looked at, milliseconds of the filter, matches. These of its matches follow. */
const REPLY_NUMBERS = 5;

/** Numbers of a match: symbol's position in the market, price, position of its conditions. */
const MATCH_NUMBERS = 3;

/** What a worker answers for its batch: most of it numbers, as thousands of objects would cost the main thread dearly. */
export interface BatchReply {
  readonly numbers: Float64Array;
  /** JSON list of the matches' conditions, each list once. */
  readonly conditions: string;
  /** By place: what there is to say in words of a few. */
  readonly notes: ReadonlyMap<number, ReplyNote>;
  /** When the hub has merged this, it knows everything that the batch recorded. */
  readonly mark: FlushMark;
}

/** Why a filter could not run. */
export interface Unscreened {
  readonly error: string;
  /** True where it is the filter's syntax. */
  readonly isParseError?: boolean;
}

/** Why a filter could not run, where it threw, what it returned instead of a verdict, or what it uses that is news. */
export interface ReplyNote extends Partial<Unscreened> {
  readonly throws?: FilterThrows;
  readonly badResults?: BadResults;
  /** As in {@link Screened}. */
  readonly uses?: readonly number[];
}

/** What a worker found for a trader, or why the filter could not run at all. */
export interface ScreeningReply extends ReplyNote {
  readonly matches: FoundMatches;
  readonly symbolCount: number;
  readonly executionTimeMs: number;
  /** Milliseconds that the worker had to do with the trader: the filter's, and what it took to build rows and lists. */
  readonly tookMs: number;
}

/**
 * Packs what a worker found, trader by trader. All texts that it keeps are its own: one that a filter has made may be cut
 * from a much larger one and hold that in memory, which the traders after it would lack.
 */
export class ReplyPacker {
  readonly #numbers: number[] = [];
  readonly #notes = new Map<number, ReplyNote>();
  /** Lists as JSON. */
  readonly #conditions: string[] = [];
  /** Positions in `#conditions`, by JSON. */
  readonly #positions = new Map<string, number>();
  /** UTF-16 code units of `#conditions`. */
  #textLength = 0;

  /** What it holds, about: numbers, and texts twice over. */
  get bytes(): number {
    return 8 * this.#numbers.length + 4 * this.#textLength;
  }

  /**
   * @param found What the filter found, or why it could not run.
   * @param tookMs Milliseconds from its beginning to its end.
   */
  add(place: number, found: Screened | Unscreened, tookMs: number): void {
    if ('error' in found) {
      this.#numbers.push(place, tookMs, 0, 0, 0);
      this.#notes.set(place, found);
      return;
    }
    const {matches, symbolCount, executionTimeMs, throws, badResults, uses} = found;
    if (throws !== undefined || badResults !== undefined || uses !== undefined) {
      const note = {
        ...(throws && {throws: ownThrows(throws)}),
        ...(badResults && {badResults: ownResults(badResults)}),
        ...(uses && {uses}),
      };
      this.#notes.set(place, note);
    }
    this.#numbers.push(place, tookMs, symbolCount, executionTimeMs, matches.length);
    for (const {symbolIndex, price, conditions} of matches) {
      this.#numbers.push(symbolIndex, price, this.#positionOf(conditions));
    }
  }

  pack(mark: FlushMark): BatchReply {
    const conditions = `[${this.#conditions.join(',')}]`;
    return {numbers: Float64Array.from(this.#numbers), conditions, notes: this.#notes, mark};
  }

  #positionOf(conditions: readonly string[]): number {
    const key = JSON.stringify(conditions);
    const known = this.#positions.get(key);
    if (known !== undefined) return known;
    this.#positions.set(key, this.#conditions.length);
    this.#textLength += key.length;
    return this.#conditions.push(key) - 1;
  }
}

function ownThrows({symbolCount, firstMessage}: FilterThrows): FilterThrows {
  return {symbolCount, firstMessage: ownText(firstMessage)};
}

function ownResults({symbolCount, firstResult}: BadResults): BadResults {
  return {symbolCount, firstResult: ownText(firstResult)};
}

/** The market that a reply speaks of. */
export interface RepliedMarket {
  /** The very list of the market before where it has the same symbols. */
  readonly symbols: readonly string[];
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** A reply's traders by place, in the order in which they were screened. */
export function unpackReplies(
  {numbers, conditions, notes}: BatchReply,
  market: RepliedMarket,
): Map<number, ScreeningReply> {
  const lists = JSON.parse(conditions) as string[][];
  const replies = new Map<number, ScreeningReply>();
  for (let at = 0; at < numbers.length; ) {
    const place = numbers[at]!;
    const tookMs = numbers[at + 1]!;
    const symbolCount = numbers[at + 2]!;
    const executionTimeMs = numbers[at + 3]!;
    const matchCount = numbers[at + 4]!;
    at += REPLY_NUMBERS;
    const matches = new FoundMatches({numbers, at, length: matchCount, conditions: lists, market});
    const found = {matches, symbolCount, executionTimeMs, tookMs};
    replies.set(place, {...found, ...notes.get(place)});
    at += matchCount * MATCH_NUMBERS;
  }
  return replies;
}

/** Where a trader's matches stand. */
interface MatchPlace {
  readonly numbers: Float64Array;
  /** Position of the first one's numbers. */
  readonly at: number;
  /** Matches. */
  readonly length: number;
  readonly conditions: readonly (readonly string[])[];
  readonly market: RepliedMarket;
}

/** A trader's matches as they were packed; what most are asked for is just the symbol. */
export class FoundMatches {
  readonly #place: MatchPlace;

  constructor(place: MatchPlace) {
    this.#place = place;
  }

  get length(): number {
    return this.#place.length;
  }

  /** The market's, which the positions are of. */
  get symbols(): readonly string[] {
    return this.#place.market.symbols;
  }

  /** Position among {@link symbols}; it ascends from match to match. */
  symbolIndexAt(index: number): number {
    return this.#place.numbers[this.#place.at + index * MATCH_NUMBERS]!;
  }

  /** A new object at each call. */
  at(index: number): TraderMatch {
    const {numbers, at, conditions, market} = this.#place;
    const {timestamp} = market;
    const price = numbers[at + index * MATCH_NUMBERS + 1]!;
    const matchedConditions = [...conditions[numbers[at + index * MATCH_NUMBERS + 2]!]!];
    const symbol = this.symbols[this.symbolIndexAt(index)]!;
    return {symbol, price, matchedConditions, timestamp};
  }
}
