import {EventEmitter} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';
import {MetricsHub} from '../hub/metrics-hub.js';
import {bindCatalogue} from '../metrics/catalogue.js';
import type {CloudTrader, TraderResult} from '../screener/trader.js';
import {POOL_FAMILIES, type PoolMetrics} from './pool-metrics.js';
import {checkOptions, type ScreenerPoolOptions, type TotalOptions} from './pool-options.js';
import {Quarantine} from './quarantine.js';
import {ScreeningRun, type TaskEnd} from './screening-run.js';
import {
  checkMarket,
  MarketSharing,
  type ScreeningMarket,
  type SharedMarket,
} from './shared-market.js';
import {startFailure} from './start-failure.js';
import {TaskQueue} from './task-queue.js';
import {TraderLanes} from './trader-lanes.js';
import {checkIds, problemOf, taskTraderOf} from './trader-list.js';
import {labelsOf, TraderResults} from './trader-results.js';
import {TraderRoster} from './trader-roster.js';
import {checkWorkerCount} from './worker-count.js';
import {WorkerCrew} from './worker-crew.js';

/** Milliseconds that `shutdown()` leaves a running screening: well within the 5 s after which Fly kills a Machine. */
export const SHUTDOWN_GRACE_MS = 2_000;

const SHUT_DOWN = 'Expected a pool that is not shut down, got one that is';

/** What the pool does now and has done. */
export interface PoolStats {
  totalWorkers: number;
  busyWorkers: number;
  /** Tasks that wait for a worker, those of screenings that wait for their turn included. */
  queueDepth: number;
  /** Tasks that wait or run. */
  pendingTasks: number;
  /** Tasks that ended, with or without an error, since the pool was made. */
  tasksProcessed: number;
}

export type {ScreeningMarket} from './shared-market.js';

/** What one screening is about, and what comes of it by trader id. */
interface Screening {
  readonly lanes: readonly (readonly CloudTrader[])[];
  readonly shared: SharedMarket;
  readonly results: Map<string, TraderResult>;
}

/**
 * Screens traders in worker threads: each worker has a lane of traders that share much and takes them one by one, and then
 * whatever others have left. A task is a trader.
 */
export class ScreenerPool extends EventEmitter {
  readonly #options: TotalOptions;
  readonly #hub: MetricsHub;
  readonly #metrics: PoolMetrics;
  readonly #results: TraderResults;
  readonly #lanes = new TraderLanes();
  readonly #quarantine: Quarantine;
  readonly #roster: TraderRoster;
  readonly #queue: TaskQueue;
  /** Undefined before `initialize()`, after `shutdown()`, and while they are replaced. */
  #crew: WorkerCrew | undefined;
  #isInitialized = false;
  #isClosed = false;
  /** Resolves when the screening or resize before is done: these go one after another. */
  #turn: Promise<unknown> = Promise.resolve();
  #tasksProcessed = 0;
  readonly #market: MarketSharing;

  /** @throws RangeError, TypeError for an option out of its range. */
  constructor(options: ScreenerPoolOptions = {}) {
    super();
    this.#options = checkOptions(options);
    this.#hub = options.hub ?? new MetricsHub();
    const metrics = options.metrics ?? bindCatalogue(this.#hub.recorder, POOL_FAMILIES);
    this.#metrics = metrics;
    this.#results = new TraderResults(metrics);
    this.#quarantine = new Quarantine(this.#options.now);
    this.#queue = new TaskQueue(this.#options.queueTasksMax);
    this.#roster = new TraderRoster(this.#hub, metrics, id => this.#forget(id));
    this.#market = new MarketSharing({
      verbatim: metrics.screenerSeriesVerbatim,
      onUnsharable: error => this.#tell(error),
      onRowWritten: error => this.#options.onWarning(error.message),
      rowsAreReplaced: this.#options.rowsAreReplaced,
    });
    metrics.screenerTasksRefused.ensure({reason: 'queue_full'});
    this.#hub.onCollect(() => this.#report());
  }

  /**
   * Starts the workers, and resolves when filters can run in them.
   * @param workerCount Default: the option `workers`.
   * @throws Error where they were started before. @throws RangeError for a count that isn't 1 to 64.
   * @throws HelpersError where the module of helpers can't be used; the pool may then be initialized again.
   */
  async initialize(workerCount = this.#options.workers): Promise<void> {
    checkWorkerCount(workerCount);
    if (this.#isClosed) throw new Error(SHUT_DOWN);
    if (this.#isInitialized) {
      throw new Error('Expected initialize() to be called once, got a second call');
    }
    // Not read off the workers: amid a resize there are none, and the second pool would never end.
    this.#isInitialized = true;
    const crew = this.#start(workerCount);
    this.#crew = crew;
    await this.#inTurn(() => this.#checkHelpers(crew));
  }

  /**
   * Screens every enabled trader of the list; a disabled one is remembered, whoever isn't on it is forgotten.
   * Resolves when the hub has merged what the workers counted, with a result for each screened trader by its id. Never
   * rejects for what a filter does. Traders that the queue has no room for get a result with an error.
   * @throws Error where the pool isn't running. @throws TypeError where two traders have one id, or a part of the market is missing.
   */
  async executeFilters(
    traders: readonly CloudTrader[],
    market: ScreeningMarket,
  ): Promise<Map<string, TraderResult>> {
    checkIds(traders);
    checkMarket(market);
    const enabled = traders.filter(trader => trader.enabled);
    const placeCount = this.#queue.takePlaces(enabled.length);
    // Each of these is given back, or is a task's from here on.
    let placesLeft = placeCount;
    try {
      return await this.#inTurn(async () => {
        const crew = this.#running();
        const shared = this.#market.share(market);
        this.#updateRoster(traders);
        const results = new Map<string, TraderResult>();
        const runnable = this.#admit(enabled.slice(0, placeCount), results);
        this.#queue.giveBack(placeCount - runnable.length);
        placesLeft = 0;
        const lanes = this.#lanes.arrange(runnable, crew.count);
        await this.#screen(crew, {lanes, shared, results});
        return new Map(enabled.map(trader => [trader.id, this.#resultOf(trader, results)]));
      });
    } finally {
      this.#queue.giveBack(placesLeft);
    }
  }

  /**
   * Replaces the workers by another number of them, between two screenings; what they counted is merged.
   * @throws RangeError for a count that isn't 1 to 64; the pool then stays as it is.
   */
  async scaleWorkerPool(targetWorkers: number): Promise<void> {
    checkWorkerCount(targetWorkers);
    await this.#inTurn(async () => {
      if (this.#running().count === targetWorkers) return;
      // The new workers then take the slots of the old, so `worker_id` has no more values than there are workers.
      await this.#stop();
      if (!this.#isClosed) this.#crew = this.#start(targetWorkers);
    });
  }

  /**
   * Ends the workers for good and merges what they counted. A screening that runs may finish within `graceMs`; after that
   * its unfinished traders carry an error.
   */
  async shutdown(graceMs = SHUTDOWN_GRACE_MS): Promise<void> {
    this.#isClosed = true;
    const grace = new AbortController();
    const timer = sleep(graceMs, undefined, {signal: grace.signal}).catch(() => {});
    await Promise.race([this.#turn, timer]);
    grace.abort();
    await this.#stop();
    await this.#turn;
  }

  /** What each trader matched in its previous screening, by its id. */
  get matches(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#results.memory.symbols;
  }

  /** Takes these for what a trader matched in its previous screening, such as before a restart: they aren't new then. */
  remember(traderId: string, symbols: readonly string[]): void {
    this.#results.memory.remember(traderId, symbols);
  }

  getStats(): PoolStats {
    const {runningCount, waitingCount} = this.#queue;
    return {
      totalWorkers: this.#crew?.threadCount ?? 0,
      busyWorkers: runningCount,
      queueDepth: waitingCount,
      pendingTasks: runningCount + waitingCount,
      tasksProcessed: this.#tasksProcessed,
    };
  }

  #start(count: number): WorkerCrew {
    const {
      workerFile,
      workerHeapMb: heapMb,
      rowsCachedMax,
      flushIntervalMs,
      helpers,
    } = this.#options;
    const settings = {helpers: helpers?.href, heapMb, rowsCachedMax, flushIntervalMs};
    // A worker that dies takes its task along; that one's result carries the error. Here it is only told.
    const onError = (error: Error) => this.#tell(error);
    return new WorkerCrew({hub: this.#hub, workerFile, count, heapMb, settings, onError});
  }

  /** An 'error' that nobody listens to would throw. */
  #tell(error: Error): void {
    if (this.listenerCount('error') > 0) this.emit('error', error);
  }

  async #stop(): Promise<void> {
    const crew = this.#crew;
    this.#crew = undefined;
    await crew?.stop();
  }

  async #checkHelpers(crew: WorkerCrew): Promise<void> {
    const failure = await startFailure(crew, this.#options.helpers);
    if (!failure || this.#crew !== crew) return;
    await this.#stop();
    this.#isInitialized = false;
    throw failure;
  }

  #running(): WorkerCrew {
    if (this.#crew === undefined) {
      throw new Error(
        this.#isClosed
          ? SHUT_DOWN
          : 'Expected a pool that is initialized, got a call before initialize()',
      );
    }
    return this.#crew;
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(step);
    this.#turn = done.catch(() => {});
    return done;
  }

  #updateRoster(traders: readonly CloudTrader[]): void {
    const known = traders.filter(({id, enabled}) => enabled || this.#roster.has(id));
    this.#roster.update(known);
    for (const trader of known) if (!trader.enabled) this.#results.rest(trader);
  }

  /** Those that may run; the others have their results at once. */
  #admit(traders: readonly CloudTrader[], results: Map<string, TraderResult>): CloudTrader[] {
    return traders.filter(trader => {
      const refusal = this.#refusalOf(trader);
      if (refusal !== undefined) results.set(trader.id, this.#results.fail(trader, refusal));
      return refusal === undefined;
    });
  }

  /** Why a trader isn't to be run now. */
  #refusalOf(trader: CloudTrader): string | undefined {
    const problem = problemOf(trader);
    if (problem !== undefined) return problem;
    const refusal = this.#quarantine.refusal(trader.id, trader.filter.code);
    // It may have another name than when it was quarantined.
    if (refusal !== undefined) this.#metrics.traderQuarantined.set(labelsOf(trader), 1);
    return refusal;
  }

  /** The result of a trader; where it has none, it had no place. */
  #resultOf(trader: CloudTrader, results: ReadonlyMap<string, TraderResult>): TraderResult {
    const result = results.get(trader.id);
    if (result !== undefined) return result;
    this.#metrics.screenerTasksRefused.inc({reason: 'queue_full'});
    const {queueTasksMax} = this.#options;
    return this.#results.fail(trader, `The queue is full: ${queueTasksMax} tasks may wait`);
  }

  /** Runs the traders, and puts what they found to the results. */
  async #screen(crew: WorkerCrew, {lanes, shared, results}: Screening): Promise<void> {
    const traders = lanes.flat();
    const {market, repliedMarket} = shared;
    const isOpen = () => this.#crew === crew;
    const run = new ScreeningRun({
      hub: this.#hub,
      crew,
      traders: traders.map(taskTraderOf),
      laneSizes: lanes.map(({length}) => length),
      market,
      repliedMarket,
      limitMs: this.#options.taskTimeoutMs,
      heapMb: this.#options.workerHeapMb,
      isOpen,
      onRerun: count => this.#metrics.screenerTasksRerun.inc(count),
      onEnd: (index, end) => {
        const trader = traders[index]!;
        this.#tasksProcessed++;
        // What ended with the pool is no fault of the filter's.
        const isForeign = !isOpen() && !('reply' in end);
        const result = isForeign
          ? this.#results.fail(trader, 'The pool was shut down')
          : this.#settle(trader, end);
        results.set(trader.id, result);
      },
    });
    await this.#queue.run(traders.length, run, () => run.run());
  }

  #settle(trader: CloudTrader, end: TaskEnd): TraderResult {
    const {id, filter} = trader;
    if ('reply' in end) {
      this.#lanes.record(trader, end.reply);
      this.#quarantine.clear(id);
      this.#metrics.traderQuarantined.set(labelsOf(trader), 0);
      return this.#results.accept(trader, end.reply);
    }
    const {reason, message} = end;
    const executionTime = reason === 'timeout' ? this.#options.taskTimeoutMs : 0;
    if (executionTime > 0) this.#lanes.recordCost(id, executionTime);
    this.#metrics.traderRunaways.inc({...labelsOf(trader), reason});
    const told = this.#quarantine.ended(id, filter.code, reason);
    this.#metrics.traderQuarantined.set(labelsOf(trader), told === undefined ? 0 : 1);
    if (told !== undefined) {
      this.#options.onWarning(`Trader ${trader.name} (${id}): ${told}`);
      this.#options.onQuarantine(trader, told);
    }
    return {...this.#results.fail(trader, message), executionTime};
  }

  #forget(traderId: string): void {
    this.#results.forget(traderId);
    this.#lanes.forget(traderId);
    this.#quarantine.clear(traderId);
  }

  #report(): void {
    const {totalWorkers, busyWorkers, queueDepth} = this.getStats();
    this.#metrics.screenerWorkersActive.set(busyWorkers);
    this.#metrics.screenerWorkersIdle.set(Math.max(0, totalWorkers - busyWorkers));
    this.#metrics.screenerQueueDepth.set(queueDepth);
  }
}
