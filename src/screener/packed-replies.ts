import type {FlushMark} from '../channel/worker-port.js';
import {ownText} from './realm/short-text.js';
import type {BadResults, FilterThrows, Screened} from './task.js';
import type {TraderMatch} from './trader.js';

/** Numbers of a trader: place, symbols looked at, milliseconds, matches. These of its matches follow. */
const REPLY_NUMBERS = 4;

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

  /** @param found What the filter found, or why it could not run. */
  add(place: number, found: Screened | Unscreened): void {
    if ('error' in found) {
      this.#numbers.push(place, 0, 0, 0);
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
    this.#numbers.push(place, symbolCount, executionTimeMs, matches.length);
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
    const [place, symbolCount, executionTimeMs, matchCount] = numbers.subarray(at) as unknown as [
      number,
      number,
      number,
      number,
    ];
    at += REPLY_NUMBERS;
    const end = at + matchCount * MATCH_NUMBERS;
    const matches = new FoundMatches(numbers.subarray(at, end), lists, market);
    replies.set(place, {matches, symbolCount, executionTimeMs, ...notes.get(place)});
    at = end;
  }
  return replies;
}

/** A trader's matches as they were packed; what most are asked for is just the symbol. */
export class FoundMatches {
  readonly #numbers: Float64Array;
  readonly #conditions: readonly (readonly string[])[];
  readonly #market: RepliedMarket;

  constructor(
    numbers: Float64Array,
    conditions: readonly (readonly string[])[],
    market: RepliedMarket,
  ) {
    this.#numbers = numbers;
    this.#conditions = conditions;
    this.#market = market;
  }

  get length(): number {
    return this.#numbers.length / MATCH_NUMBERS;
  }

  symbolAt(index: number): string {
    return this.#market.symbols[this.#numbers[index * MATCH_NUMBERS]!]!;
  }

  /** A new object at each call. */
  at(index: number): TraderMatch {
    const [, price, position] = this.#numbers.subarray(index * MATCH_NUMBERS);
    const {timestamp} = this.#market;
    const matchedConditions = [...this.#conditions[position!]!];
    return {symbol: this.symbolAt(index), price: price!, matchedConditions, timestamp};
  }
}
