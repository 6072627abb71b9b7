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

/** Filters whose uses are kept. Beyond, what was learnt first goes; its traders then share a lane with whoever else. */
const FILTERS_MAX = 2_000;

const NO_USES: ReadonlySet<number> = new Set();

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
  /** Milliseconds by trader id: an exponentially weighted mean, so that it follows the market. */
  readonly #costsMs = new Map<string, number>();
  /** By a filter's code, {@link USES_MAX} each at most. */
  readonly #uses = new Map<string, Set<number>>();
  /** Counts up with each use that was not known before. */
  #usesVersion = 0;
  #split: Split = {lanes: [], usesVersion: 0};

  /** Takes what a run has cost, and what its worker tells anew of what the filter uses. */
  record({id, filter}: CloudTrader, {tookMs, uses = []}: ScreeningReply): void {
    this.recordCost(id, tookMs);
    if (uses.length > 0) this.#learn(filter.code, uses);
  }

  recordCost(traderId: string, runMs: number): void {
    const before = this.#costsMs.get(traderId) ?? runMs;
    this.#costsMs.set(traderId, before + LAST_RUN_WEIGHT * (runMs - before));
  }

  forget(traderId: string): void {
    this.#costsMs.delete(traderId);
  }

  /**
   * The traders by lane; a lane may be empty. In each come first those that never ran, then the dearest: what is left for
   * another worker to take is then little.
   */
  arrange(traders: readonly CloudTrader[], laneCount: number): CloudTrader[][] {
    const byId = new Map(traders.map(trader => [trader.id, trader]));
    this.#split = this.#isFit(byId, laneCount) ? this.#split : this.#newSplit(traders, laneCount);
    const costOf = (id: string) => this.#costsMs.get(id) ?? Number.MAX_VALUE;
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
    const loads = lanes.map(lane => lane.map(id => this.#loadOf(traders.get(id)!)));
    const imbalance = imbalanceOf(loads);
    if (imbalance <= IMBALANCE_MAX) return true;
    const all = loads.flat();
    const others = splitIntoLanes(all, laneCount).map(lane => lane.map(index => all[index]!));
    return imbalanceOf(others) > IMBALANCE_GAIN * imbalance;
  }

  #newSplit(traders: readonly CloudTrader[], laneCount: number): Split {
    const loads = traders.map(trader => this.#loadOf(trader));
    const lanes = splitIntoLanes(loads, laneCount);
    return {
      lanes: lanes.map(lane => lane.map(index => traders[index]!.id)),
      usesVersion: this.#usesVersion,
    };
  }

  #loadOf({id, filter}: CloudTrader): LaneLoad {
    return {costMs: this.#costsMs.get(id), uses: this.#uses.get(filter.code) ?? NO_USES};
  }

  /** Workers tell each of theirs once; one that another has told is no news. */
  #learn(code: string, uses: readonly number[]): void {
    const known = this.#uses.get(code) ?? new Set();
    this.#uses.set(code, known);
    if (this.#uses.size > FILTERS_MAX) {
      for (const oldest of this.#uses.keys()) {
        this.#uses.delete(oldest);
        break;
      }
    }
    for (const use of uses) {
      if (known.has(use) || known.size >= USES_MAX) continue;
      known.add(use);
      this.#usesVersion++;
    }
  }
}
