import type {ScreeningReply} from '../screener/packed-replies.js';
import type {CloudTrader} from '../screener/trader.js';
import {USES_MAX} from '../screener/use-notes.js';
import {imbalanceOf, type LaneLoad, splitIntoLanes} from './lane-split.js';

/** How much the last run weighs against those before: after five runs the first has a sixth of its weight. */
export const LAST_RUN_WEIGHT = 0.3;

/** Lanes are kept while the dearest costs no more than so many times their mean. */
export const IMBALANCE_MAX = 1.1;

/** Beyond that, other lanes are worth it where their imbalance is at most so many times that of the old ones. */
const IMBALANCE_GAIN = 0.95;

/** What is known of a trader. */
interface Known {
  readonly code: string;
  /** What its filter uses, {@link USES_MAX} at most: of all who have that code. */
  readonly uses: Set<number>;
  /** Milliseconds: an exponentially weighted mean, so that it follows the market; undefined before the first run. */
  costMs: number | undefined;
}

/** The last lanes, and what they were made of. */
interface Split {
  /** Trader ids, by lane. */
  readonly lanes: readonly (readonly string[])[];
  readonly usesVersion: number;
}

/**
 * Gives traders to workers: a lane each, of about equal cost as measured run by run, and of traders that use the same
 * intervals and indicators. Lanes are kept from screening to screening while they are about even, so that a worker finds
 * again what it has kept for its traders.
 */
export class TraderLanes {
  /** By trader id. */
  readonly #known = new Map<string, Known>();
  /** By code, of which a trader is known. */
  readonly #codes = new Map<string, {readonly uses: Set<number>; traderCount: number}>();
  /** Counts up with each use that was not known before. */
  #usesVersion = 0;
  #split: Split = {lanes: [], usesVersion: 0};

  /** Takes what a run has cost, and what its worker tells anew of what the filter uses. */
  record(trader: CloudTrader, {tookMs, uses = []}: ScreeningReply): void {
    const known = this.#knownOf(trader);
    this.recordCost(trader.id, tookMs);
    this.#learn(known, uses);
  }

  /** Takes what a run has cost that came to no end. */
  recordCost(traderId: string, runMs: number): void {
    const known = this.#known.get(traderId);
    if (known === undefined) return;
    const before = known.costMs ?? runMs;
    known.costMs = before + LAST_RUN_WEIGHT * (runMs - before);
  }

  forget(traderId: string): void {
    const known = this.#known.get(traderId);
    this.#known.delete(traderId);
    if (known !== undefined) this.#release(known.code);
  }

  /**
   * The traders by lane; a lane may be empty. In each come first those that never ran, then the dearest: what is left for
   * another worker to take is then little.
   */
  arrange(traders: readonly CloudTrader[], laneCount: number): CloudTrader[][] {
    const byId = new Map(traders.map(trader => [trader.id, trader]));
    this.#split = this.#isFit(byId, laneCount) ? this.#split : this.#newSplit(traders, laneCount);
    const costOf = (id: string) => this.#known.get(id)?.costMs ?? Number.MAX_VALUE;
    return this.#split.lanes.map(ids =>
      ids.toSorted((a, b) => costOf(b) - costOf(a)).map(id => byId.get(id)!),
    );
  }

  /** Whether the lanes are of these very traders and uses, and about as even as others would be. */
  #isFit(traders: ReadonlyMap<string, CloudTrader>, laneCount: number): boolean {
    const {lanes, usesVersion} = this.#split;
    const ids = lanes.flat();
    if (lanes.length !== laneCount || usesVersion !== this.#usesVersion) return false;
    if (ids.length !== traders.size || !ids.every(id => traders.has(id))) return false;
    const loads = lanes.map(lane => lane.map(id => this.#knownOf(traders.get(id)!)));
    const imbalance = imbalanceOf(loads);
    if (imbalance <= IMBALANCE_MAX) return true;
    const all = loads.flat();
    const others = splitIntoLanes(all, laneCount).map(lane => lane.map(index => all[index]!));
    return imbalanceOf(others) > IMBALANCE_GAIN * imbalance;
  }

  #newSplit(traders: readonly CloudTrader[], laneCount: number): Split {
    const loads = traders.map(trader => this.#knownOf(trader));
    const lanes = splitIntoLanes(loads, laneCount);
    return {
      lanes: lanes.map(lane => lane.map(index => traders[index]!.id)),
      usesVersion: this.#usesVersion,
    };
  }

  /** With another code it uses other things; its cost is the best guess that there is. */
  #knownOf({id, filter}: CloudTrader): Known & LaneLoad {
    const before = this.#known.get(id);
    if (before?.code === filter.code) return before;
    const {code} = filter;
    const shared = this.#codes.get(code) ?? {uses: new Set<number>(), traderCount: 0};
    shared.traderCount++;
    this.#codes.set(code, shared);
    if (before !== undefined) {
      this.#release(before.code);
      this.#usesVersion++;
    }
    const known: Known = {code, uses: shared.uses, costMs: before?.costMs};
    this.#known.set(id, known);
    return known;
  }

  #release(code: string): void {
    const shared = this.#codes.get(code);
    if (shared !== undefined && --shared.traderCount === 0) this.#codes.delete(code);
  }

  /** Workers tell each of theirs; what another has told is no news. */
  #learn({uses}: Known, told: Iterable<number>): void {
    for (const use of told) {
      if (uses.has(use) || uses.size >= USES_MAX) continue;
      uses.add(use);
      this.#usesVersion++;
    }
  }
}
