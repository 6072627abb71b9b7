import type {MetricsHub} from '../hub/metrics-hub.js';
import {
  type RepliedMarket,
  type ScreeningReply,
  unpackReplies,
} from '../screener/packed-replies.js';
import {SharedLanes} from '../screener/shared-lanes.js';
import type {TaskMarket, TaskTrader} from '../screener/task.js';
import {type BatchEnd, BatchRun, type WorkerEnd} from './batch-run.js';
import type {WorkerCrew} from './worker-crew.js';

/** Further workers that a trader is given to after its worker has died of something else than the trader. */
export const RERUNS_MAX = 2;

/**
 * Workers that may be lost over one screening while they ran no trader, such as because they don't start. After that what
 * is left ends with the last one's error.
 */
export const IDLE_ENDS_MAX = 10;

/** How a trader's run ended: with a reply, or with the end of its worker. */
export type TaskEnd = {readonly reply: ScreeningReply} | Omit<WorkerEnd, 'place'>;

/** Options of {@link ScreeningRun}. */
export interface ScreeningRunOptions {
  readonly hub: MetricsHub;
  readonly crew: WorkerCrew;
  /** Those of the first lane first, in each lane in the order in which they are to be begun. */
  readonly traders: readonly TaskTrader[];
  /** Traders of each lane, a worker each; see `SharedLanes`. */
  readonly laneSizes: readonly number[];
  readonly market: TaskMarket;
  /** What `market` says, for this thread. */
  readonly repliedMarket: RepliedMarket;
  /** Milliseconds that each trader may run. */
  readonly limitMs: number;
  /** MiB that each worker may use. */
  readonly heapMb: number;
  /** False once the pool is shut down: there is no other worker then. */
  readonly isOpen: () => boolean;
  /** Told once for each trader, by its place in the list. */
  readonly onEnd: (index: number, end: TaskEnd) => void;
  /** Told how many traders are given to another worker because theirs was lost over something else. */
  readonly onRerun: (count: number) => void;
}

/** The traders that are left, and the lanes that workers take them from. */
interface Round {
  /** Positions among all traders, by place in the lanes. */
  readonly indexes: readonly number[];
  /** JSON list of these traders, by place in the lanes. */
  readonly tradersText: string;
  readonly lanes: SharedLanes;
}

/**
 * Screens a list of traders: each worker gets one batch, and takes from the lanes what is next. Where a worker is lost, the
 * trader that it ran then gets the error, another worker takes what was left of its lane, and what it had found of others and
 * not told yet is screened again, in a round of its own.
 */
export class ScreeningRun {
  readonly #options: ScreeningRunOptions;
  /** Positions of the traders whose end is still to be told. */
  readonly #left: Set<number>;
  /** Workers that died of something else while they ran the trader, by its position. */
  readonly #deaths = new Map<number, number>();
  #idleEnds = 0;
  /** Set when no worker is to be tried any more. */
  #lastEnd: Omit<WorkerEnd, 'place'> | undefined;
  #lanes = new SharedLanes([]);
  /** Batches that aren't answered yet. */
  readonly #batches = new Set<BatchRun>();

  constructor(options: ScreeningRunOptions) {
    this.#options = options;
    this.#left = new Set(options.traders.keys());
  }

  /** Workers that run a trader now, or are about to. */
  get runningCount(): number {
    return this.#begunCount() + this.#beginningCount();
  }

  /** Traders that no worker has taken or is about to. What a lost worker took is left out until it is in a lane again. */
  get waitingCount(): number {
    return this.#lanes.untakenCount - this.#beginningCount();
  }

  /** Resolves when the end of each trader has been told. */
  async run(): Promise<void> {
    const {onEnd, onRerun, isOpen} = this.#options;
    for (let round = 0; this.#left.size > 0 && this.#lastEnd === undefined && isOpen(); round++) {
      if (round > 0) onRerun(this.#left.size);
      await this.#runRound();
    }
    const end = this.#lastEnd ?? {reason: 'worker_died', message: 'The pool was shut down'};
    for (const index of this.#left) onEnd(index, end);
  }

  async #runRound(): Promise<void> {
    const indexes = [...this.#left];
    const tradersText = JSON.stringify(indexes.map(index => this.#options.traders[index]));
    const round = {indexes, tradersText, lanes: new SharedLanes(this.#sizesLeft())};
    this.#lanes = round.lanes;
    const batchCount = Math.min(this.#options.crew.count, indexes.length);
    await Promise.all(Array.from({length: batchCount}, () => this.#runBatches(round)));
  }

  /** How many traders of each lane are left. */
  #sizesLeft(): number[] {
    let first = 0;
    return this.#options.laneSizes.map(size => {
      const end = first + size;
      let count = 0;
      for (; first < end; first++) if (this.#left.has(first)) count++;
      return count;
    });
  }

  /** One batch after another, as long as there is something to take: where the one before was lost, or full. */
  async #runBatches(round: Round): Promise<void> {
    do {
      const end = await this.#runBatch(round);
      if ('reply' in end) this.#accept(round, end);
      else this.#blame(round, end);
    } while (this.#options.isOpen() && !this.#lastEnd && round.lanes.untakenCount > 0);
  }

  async #runBatch({tradersText, lanes}: Round): Promise<BatchEnd> {
    const {market} = this.#options;
    const batch = new BatchRun(this.#options);
    this.#batches.add(batch);
    try {
      return await batch.run({
        traders: tradersText,
        market,
        lanes: lanes.memory,
      });
    } finally {
      this.#batches.delete(batch);
    }
  }

  #accept({indexes}: Round, {reply}: Extract<BatchEnd, {readonly reply: unknown}>): void {
    for (const [place, found] of unpackReplies(reply, this.#options.repliedMarket)) {
      this.#tell(indexes[place]!, {reply: found});
    }
  }

  #blame({indexes}: Round, {place, reason, message}: WorkerEnd): void {
    // What ends with the pool is nobody's doing.
    if (!this.#options.isOpen()) return;
    if (place === undefined) {
      if (++this.#idleEnds > IDLE_ENDS_MAX) this.#lastEnd = {reason, message};
      return;
    }
    const index = indexes[place]!;
    const deathCount = (this.#deaths.get(index) ?? 0) + 1;
    this.#deaths.set(index, deathCount);
    if (reason === 'worker_died' && deathCount <= RERUNS_MAX) return;
    this.#tell(index, {reason, message});
  }

  #tell(index: number, end: TaskEnd): void {
    if (this.#left.delete(index)) this.#options.onEnd(index, end);
  }

  #begunCount(): number {
    return [...this.#batches].filter(({state}) => state.hasBegun && !state.hasEnded).length;
  }

  /** Batches that no worker has begun, as far as there is something left for them. */
  #beginningCount(): number {
    const count = [...this.#batches].filter(({state}) => !state.hasBegun).length;
    return Math.min(count, this.#lanes.untakenCount);
  }
}
