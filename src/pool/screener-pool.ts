import {EventEmitter, setMaxListeners} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';
import {Piscina} from 'piscina';
import type {Attachment, MetricsHub} from '../hub/metrics-hub.js';
import type {KlineInterval, Ticker} from '../market/kline.js';
import type {KlineSnapshot} from '../market/kline-layout.js';
import type {FamilyKey, Metrics} from '../metrics/catalogue.js';
import type {ScreeningReply, ScreeningTask, TaskMarket} from '../screener/task.js';
import type {CloudTrader, TraderResult} from '../screener/trader.js';
import {MatchMemory} from './match-memory.js';
import {TRADER_FAMILIES, TraderRoster} from './trader-roster.js';

/** Milliseconds that a screening may take; then its unfinished traders carry an error and their workers are replaced. */
export const SCREENING_TIMEOUT_MS = 30_000;

/** Milliseconds that `shutdown()` leaves a running screening: well within the 5 s after which Fly kills a Machine. */
export const SHUTDOWN_GRACE_MS = 2_000;

/** Tasks that may wait for a worker; a trader beyond them carries an error in its result. */
export const QUEUED_TASKS_MAX = 10_000;

/** Interval of a trader that names none, as the screener's contract says. */
const DEFAULT_INTERVAL: KlineInterval = '5m';

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
  /** Milliseconds a screening may take. Default {@link SCREENING_TIMEOUT_MS}. */
  readonly screeningTimeoutMs?: number;
}

/** The market at the moment of a screening. */
export interface ScreeningMarket {
  readonly symbols: readonly string[];
  readonly tickers: ReadonlyMap<string, Ticker>;
  /** From `KlineStore.snapshot()`. */
  readonly klines: KlineSnapshot;
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

/** Screens traders in worker threads: one task a trader, so that whichever worker is free takes the next. */
export class ScreenerPool extends EventEmitter {
  readonly #hub: MetricsHub;
  readonly #metrics: ScreenerPoolOptions['metrics'];
  readonly #screeningTimeoutMs: number;
  readonly #memory = new MatchMemory();
  readonly #roster: TraderRoster;
  #workers: {piscina: Piscina; attachment: Attachment} | undefined;
  /** Resolves when the screening or resize before is done: these go one after another. */
  #turn: Promise<unknown> = Promise.resolve();
  #screening = 0;
  #pendingTasks = 0;
  #tasksProcessed = 0;

  constructor({hub, metrics, screeningTimeoutMs = SCREENING_TIMEOUT_MS}: ScreenerPoolOptions) {
    super();
    this.#hub = hub;
    this.#metrics = metrics;
    this.#screeningTimeoutMs = screeningTimeoutMs;
    this.#roster = new TraderRoster(hub, metrics, id => this.#memory.forget(id));
    hub.onCollect(() => this.#report());
  }

  /** Starts the workers. @throws Error where they are started already. */
  async initialize(workerCount: number): Promise<void> {
    if (this.#workers !== undefined) {
      throw new Error('Expected initialize() to be called once, got a second call');
    }
    this.#workers = this.#start(workerCount);
  }

  /**
   * Screens every enabled trader of the list; whoever isn't on it is forgotten. Resolves when the hub has merged what
   * the workers counted, with a result for each trader by its id. Never rejects for what a filter does.
   * @throws Error where the pool isn't running. @throws TypeError where two traders have one id.
   */
  executeFilters(
    traders: readonly CloudTrader[],
    market: ScreeningMarket,
  ): Promise<Map<string, TraderResult>> {
    return this.#inTurn(() => this.#screenAll(traders, market));
  }

  /** Replaces the workers by another number of them, between two screenings; what they counted is merged. */
  scaleWorkerPool(workerCount: number): Promise<void> {
    return this.#inTurn(async () => {
      this.#running();
      // The new workers then take the slots of the old, so `worker_id` has no more values than there are workers.
      await this.#stop();
      this.#workers = this.#start(workerCount);
    });
  }

  /**
   * Ends the workers and merges what they counted. A screening that runs may finish within `graceMs`; after that its
   * unfinished traders carry an error.
   */
  async shutdown(graceMs = SHUTDOWN_GRACE_MS): Promise<void> {
    const grace = new AbortController();
    const timer = sleep(graceMs, undefined, {signal: grace.signal}).catch(() => {});
    await Promise.race([this.#turn, timer]);
    grace.abort();
    await this.#stop();
    await this.#turn;
  }

  getStats(): PoolStats {
    const totalWorkers = this.#workers?.piscina.threads.length ?? 0;
    const queueDepth = this.#workers?.piscina.queueSize ?? 0;
    return {
      totalWorkers,
      busyWorkers: Math.min(totalWorkers, this.#pendingTasks - queueDepth),
      queueDepth,
      pendingTasks: this.#pendingTasks,
      tasksProcessed: this.#tasksProcessed,
    };
  }

  #start(workerCount: number) {
    const piscina = new Piscina({
      filename: new URL('../../workers/screener.js', import.meta.url).href,
      minThreads: workerCount,
      maxThreads: workerCount,
      maxQueue: QUEUED_TASKS_MAX,
    });
    const attachment = this.#hub.attach(piscina);
    // A worker that dies takes its task's result along; that result carries the error. Here it is only told.
    piscina.on('error', error => {
      if (this.listenerCount('error') > 0) this.emit('error', error);
    });
    return {piscina, attachment};
  }

  async #stop(): Promise<void> {
    await this.#workers?.piscina.destroy();
    await this.#workers?.attachment.settled();
    this.#workers = undefined;
  }

  #running(): Piscina {
    if (this.#workers === undefined) {
      throw new Error('Expected a pool that is initialized and not shut down');
    }
    return this.#workers.piscina;
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
    const piscina = this.#running();
    const enabled = traders.filter(trader => trader.enabled);
    const roster = this.#roster.update(enabled);
    const shared = this.#share(market);
    const signal = AbortSignal.timeout(this.#screeningTimeoutMs);
    setMaxListeners(enabled.length, signal);
    const results = await Promise.all(
      enabled.map(async trader => {
        const task = {trader: taskTraderOf(trader), market: shared, roster};
        return this.#screenOne(piscina, task, signal);
      }),
    );
    return new Map(results.map(result => [result.traderId, result]));
  }

  async #screenOne(
    piscina: Piscina,
    task: ScreeningTask,
    signal: AbortSignal,
  ): Promise<TraderResult> {
    const {id, name} = task.trader;
    const empty = {traderId: id, traderName: name, enabled: true, matches: []};
    this.#pendingTasks++;
    try {
      const reply: ScreeningReply = await piscina.run(task, {signal});
      await this.#hub.merged(reply.mark);
      return {...empty, ...this.#sort(task, reply)};
    } catch (error) {
      const late = `Screening took longer than ${this.#screeningTimeoutMs} ms`;
      return {...empty, error: signal.aborted ? late : String(error), executionTime: 0};
    } finally {
      this.#pendingTasks--;
      this.#tasksProcessed++;
    }
  }

  #sort({trader: {id, name}}: ScreeningTask, reply: ScreeningReply) {
    const {newMatches, continuingCount} = this.#memory.sort(id, reply.matches);
    const labels = {trader_id: id, trader_name: name};
    this.#metrics.traderNewMatches.set(labels, newMatches.length);
    this.#metrics.traderContinuingMatches.set(labels, continuingCount);
    this.#metrics.traderSymbolsWatching.set({trader_id: id}, reply.symbolCount);
    return {
      matches: newMatches,
      continuingMatches: continuingCount,
      executionTime: reply.executionTimeMs,
      ...(reply.error === undefined ? {} : {error: reply.error}),
    };
  }

  #share({symbols, tickers, klines, timestamp}: ScreeningMarket): TaskMarket {
    const texts = JSON.stringify([...tickers.values()]);
    return {screening: ++this.#screening, symbols, tickers: texts, klines, timestamp};
  }

  #report(): void {
    const {totalWorkers, busyWorkers, queueDepth} = this.getStats();
    this.#metrics.screenerWorkersActive.set(busyWorkers);
    this.#metrics.screenerWorkersIdle.set(totalWorkers - busyWorkers);
    this.#metrics.screenerQueueDepth.set(queueDepth);
  }
}

function taskTraderOf({id, name, filter}: CloudTrader) {
  const {code, requiredTimeframes, refreshInterval = DEFAULT_INTERVAL} = filter;
  const intervals = requiredTimeframes?.length ? requiredTimeframes : [refreshInterval];
  return {id, name, code, intervals};
}

function checkIds(traders: readonly CloudTrader[]): void {
  const seen = new Set<string>();
  for (const {id} of traders) {
    if (seen.has(id)) throw new TypeError(`Expected each trader's id once, got \`${id}\` twice`);
    seen.add(id);
  }
}
