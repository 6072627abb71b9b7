import {EventEmitter} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Attachment, MetricsHub} from '../hub/metrics-hub.js';
import type {MarketData, Ticker} from '../market/kline.js';
import type {KlineSnapshot} from '../market/kline-layout.js';
import {KlineMirror} from '../market/kline-mirror.js';
import type {FamilyKey, Metrics} from '../metrics/catalogue.js';
import type {ScreeningReply, ScreeningTask, TaskMarket} from '../screener/task.js';
import {type CloudTrader, intervalsOf, type TraderResult} from '../screener/trader.js';
import {Lanes} from './lanes.js';
import {MatchMemory} from './match-memory.js';
import {Piscina} from './piscina.js';
import {TaskLimit} from './task-limit.js';
import {TRADER_FAMILIES, TraderRoster} from './trader-roster.js';
import {checkWorkerCount} from './worker-count.js';

/** Milliseconds that a trader's filter may run over all symbols; then its worker is replaced and its result says so. */
export const TASK_TIMEOUT_MS = 5_000;

/** Milliseconds that `shutdown()` leaves a running screening: well within the 5 s after which Fly kills a Machine. */
export const SHUTDOWN_GRACE_MS = 2_000;

/** MiB of heap a worker; one that needs more dies, and its task's result says so. */
export const WORKER_HEAP_MB = 512;

/** The families that the pool records on the main thread. */
export const POOL_FAMILIES = [
  ...TRADER_FAMILIES,
  'screenerWorkersActive',
  'screenerWorkersIdle',
  'screenerQueueDepth',
] as const satisfies readonly FamilyKey[];

/** Options of {@link ScreenerPool}. */
export interface ScreenerPoolOptions {
  readonly hub: MetricsHub;
  /** Families of the catalogue, bound to the hub's recorder. */
  readonly metrics: Metrics<(typeof POOL_FAMILIES)[number]>;
  /** Milliseconds a trader. Default {@link TASK_TIMEOUT_MS}. */
  readonly taskTimeoutMs?: number;
  /** MiB of heap a worker. Default {@link WORKER_HEAP_MB}. */
  readonly workerHeapMb?: number;
  /** The module whose functions filters get as `helpers`. Default: the built-in indicators. */
  readonly helpers?: URL;
}

/** The market at the moment of a screening. */
export interface ScreeningMarket {
  readonly symbols: readonly string[];
  readonly tickers: ReadonlyMap<string, Ticker>;
  /** From `KlineStore.snapshot()`; or the candles themselves, of which the pool then keeps a mirror. */
  readonly klines: KlineSnapshot | MarketData['klines'];
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** What the pool does now and has done. */
export interface PoolStats {
  readonly totalWorkers: number;
  readonly busyWorkers: number;
  /** Tasks that wait for a worker. */
  readonly queueDepth: number;
  /** Tasks that wait or run. */
  readonly pendingTasks: number;
  /** Tasks that ended, with or without an error, since the pool was made. */
  readonly tasksProcessed: number;
}

/** A task that no worker has been given yet. */
type UntimedTask = Omit<ScreeningTask, 'begun'>;

/** The workers that run now. */
interface Workers {
  readonly piscina: Piscina;
  readonly attachment: Attachment;
  readonly count: number;
}

/** Screens traders in worker threads: one task a trader, so that whichever worker is free takes the next. */
export class ScreenerPool extends EventEmitter {
  readonly #hub: MetricsHub;
  readonly #metrics: ScreenerPoolOptions['metrics'];
  readonly #taskTimeoutMs: number;
  readonly #workerHeapMb: number;
  readonly #helpers: URL | undefined;
  readonly #memory = new MatchMemory();
  readonly #roster: TraderRoster;
  /** Undefined before `initialize()`, after `shutdown()`, and while they are replaced. */
  #workers: Workers | undefined;
  #isInitialized = false;
  #isClosed = false;
  /** Resolves when the screening or resize before is done: these go one after another. */
  #turn: Promise<unknown> = Promise.resolve();
  #screening = 0;
  /** A lane a worker; at most one task waits for each trader of the screening that runs. */
  readonly #lanes = new Lanes();
  #tasksProcessed = 0;
  /** The candles of callers that hand over Maps. */
  readonly #mirror = new KlineMirror();

  constructor({
    hub,
    metrics,
    taskTimeoutMs = TASK_TIMEOUT_MS,
    workerHeapMb = WORKER_HEAP_MB,
    helpers,
  }: ScreenerPoolOptions) {
    super();
    this.#hub = hub;
    this.#metrics = metrics;
    this.#taskTimeoutMs = taskTimeoutMs;
    this.#workerHeapMb = workerHeapMb;
    this.#helpers = helpers;
    this.#roster = new TraderRoster(hub, metrics, id => this.#memory.forget(id));
    hub.onCollect(() => this.#report());
  }

  /**
   * Starts the workers.
   * @throws Error where they were started before. @throws RangeError for a count that isn't 1 to 64.
   */
  async initialize(workerCount: number): Promise<void> {
    checkWorkerCount(workerCount);
    if (this.#isInitialized || this.#isClosed) {
      throw new Error('Expected initialize() to be called once, got a second call');
    }
    // Not read off the workers: amid a resize there are none, and the second pool would never end.
    this.#isInitialized = true;
    this.#workers = this.#start(workerCount);
  }

  /**
   * Screens every enabled trader of the list; a disabled one is remembered, whoever isn't on it is forgotten.
   * Resolves when the hub has merged what the workers counted, with a result for each screened trader by its id. Never
   * rejects for what a filter does.
   * @throws Error where the pool isn't running. @throws TypeError where two traders have one id.
   */
  executeFilters(
    traders: readonly CloudTrader[],
    market: ScreeningMarket,
  ): Promise<Map<string, TraderResult>> {
    return this.#inTurn(() => this.#screenAll(traders, market));
  }

  /**
   * Replaces the workers by another number of them, between two screenings; what they counted is merged.
   * @throws RangeError for a count that isn't 1 to 64; the pool then stays as it is.
   */
  async scaleWorkerPool(workerCount: number): Promise<void> {
    checkWorkerCount(workerCount);
    await this.#inTurn(async () => {
      this.#running();
      // The new workers then take the slots of the old, so `worker_id` has no more values than there are workers.
      await this.#stop();
      if (!this.#isClosed) this.#workers = this.#start(workerCount);
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
    return this.#memory.symbols;
  }

  /** Takes these for what a trader matched in its previous screening, such as before a restart: they aren't new then. */
  remember(traderId: string, symbols: readonly string[]): void {
    this.#memory.remember(traderId, symbols);
  }

  getStats(): PoolStats {
    const {runningCount, waitingCount} = this.#lanes;
    return {
      totalWorkers: this.#workers?.piscina.threads.length ?? 0,
      busyWorkers: runningCount,
      queueDepth: waitingCount,
      pendingTasks: runningCount + waitingCount,
      tasksProcessed: this.#tasksProcessed,
    };
  }

  #start(count: number): Workers {
    const piscina = new Piscina({
      filename: new URL('../../workers/screener.js', import.meta.url).href,
      minThreads: count,
      maxThreads: count,
      workerData: {helpers: this.#helpers?.href},
      resourceLimits: {maxOldGenerationSizeMb: this.#workerHeapMb},
    });
    const attachment = this.#hub.attach(piscina);
    // A worker that dies takes its task's result along; that result carries the error. Here it is only told.
    piscina.on('error', error => this.#tell(error));
    return {piscina, attachment, count};
  }

  /** An 'error' that nobody listens to would throw. */
  #tell(error: unknown): void {
    if (this.listenerCount('error') > 0) this.emit('error', error);
  }

  async #stop(): Promise<void> {
    const workers = this.#workers;
    this.#workers = undefined;
    this.#lanes.open();
    await workers?.piscina.destroy();
    await workers?.attachment.settled();
  }

  #running(): Workers {
    if (this.#workers === undefined) {
      throw new Error('Expected a pool that is initialized and not shut down');
    }
    return this.#workers;
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(step);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #screenAll(
    traders: readonly CloudTrader[],
    market: ScreeningMarket,
  ): Promise<Map<string, TraderResult>> {
    checkIds(traders);
    const workers = this.#running();
    const enabled = traders.filter(trader => trader.enabled);
    const disabled = traders.filter(({id, enabled}) => !enabled && this.#roster.has(id));
    const roster = this.#roster.update([...enabled, ...disabled]);
    for (const trader of disabled) this.#rest(trader);
    const shared = this.#share(market);
    const results = await Promise.all(
      enabled.map(async trader => {
        const task = {trader: taskTraderOf(trader), market: shared, roster};
        return this.#lanes.run(workers.count, () => this.#screenOne(workers, task));
      }),
    );
    return new Map(results.map(result => [result.traderId, result]));
  }

  async #screenOne(workers: Workers, task: UntimedTask): Promise<TraderResult> {
    const {id, name} = task.trader;
    const empty = {traderId: id, traderName: name, enabled: true, matches: []};
    try {
      if (this.#workers !== workers) throw new Error('The pool was shut down');
      return {...empty, ...this.#sort(task, await this.#run(workers.piscina, task))};
    } catch (error) {
      return {...empty, error: (error as Error).message, executionTime: 0};
    } finally {
      this.#tasksProcessed++;
    }
  }

  /** Runs a task until its result is here and counted; at the time limit its worker is ended. */
  async #run(piscina: Piscina, task: UntimedTask): Promise<ScreeningReply> {
    const controller = new AbortController();
    const {signal} = controller;
    const limitMs = this.#taskTimeoutMs;
    const limit = new TaskLimit({limitMs, onOver: () => controller.abort()});
    const late = new Error(`Screening took longer than ${limitMs} ms`);
    try {
      const timed: ScreeningTask = {...task, begun: limit.begun};
      const reply: ScreeningReply = await piscina.run(timed, {signal});
      // A filter can keep its worker from ever flushing: wait no longer for that than for the filter itself.
      await Promise.race([this.#hub.merged(reply.mark), abortOf(signal)]);
      if (signal.aborted) throw late;
      return reply;
    } catch (error) {
      throw signal.aborted ? late : error;
    } finally {
      limit.clear();
    }
  }

  #sort({trader: {id, name}}: UntimedTask, reply: ScreeningReply) {
    const {newMatches, continuingCount} = this.#memory.sort(id, reply.matches);
    const labels = {trader_id: id, trader_name: name};
    this.#metrics.traderNewMatches.set(labels, newMatches.length);
    this.#metrics.traderContinuingMatches.set(labels, continuingCount);
    this.#metrics.traderSymbolsWatching.set({trader_id: id}, reply.symbolCount);
    return {
      matches: newMatches,
      continuingMatches: continuingCount,
      executionTime: reply.executionTimeMs,
      symbolCount: reply.symbolCount,
      ...(reply.error === undefined ? {} : {error: reply.error}),
      ...(reply.throws === undefined ? {} : {throws: reply.throws}),
    };
  }

  /** A trader that isn't screened now matches nothing; what it matched last is still its previous screening. */
  #rest({id, name}: CloudTrader): void {
    const labels = {trader_id: id, trader_name: name};
    this.#metrics.traderNewMatches.set(labels, 0);
    this.#metrics.traderContinuingMatches.set(labels, 0);
    this.#metrics.traderSymbolsWatching.set({trader_id: id}, 0);
  }

  #share({symbols, tickers, klines, timestamp}: ScreeningMarket): TaskMarket {
    const texts = JSON.stringify([...tickers.values()]);
    // Nobody reads the mirror now: screenings go one after another.
    const snapshot =
      klines instanceof Map ? this.#mirror.update(klines, error => this.#tell(error)) : klines;
    return {screening: ++this.#screening, symbols, tickers: texts, klines: snapshot, timestamp};
  }

  #report(): void {
    const {totalWorkers, busyWorkers, queueDepth} = this.getStats();
    this.#metrics.screenerWorkersActive.set(busyWorkers);
    this.#metrics.screenerWorkersIdle.set(Math.max(0, totalWorkers - busyWorkers));
    this.#metrics.screenerQueueDepth.set(queueDepth);
  }
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    signal.addEventListener('abort', () => resolve(), {once: true});
  });
}

function taskTraderOf(trader: CloudTrader) {
  const {id, name, filter} = trader;
  return {id, name, code: filter.code, intervals: intervalsOf(trader)};
}

function checkIds(traders: readonly CloudTrader[]): void {
  const seen = new Set<string>();
  for (const {id} of traders) {
    if (seen.has(id)) throw new TypeError(`Expected each trader's id once, got \`${id}\` twice`);
    seen.add(id);
  }
}
