import type {FlushMark} from '../channel/worker-port.js';
import type {FamilyKey, Metrics} from '../metrics/catalogue.js';
import {OWN_SLOT} from '../metrics/series.js';
import {BatchState, sharedNow} from './batch-state.js';
import {FilterRealm} from './filter-realm.js';
import {HeapBudget, threadHeap} from './heap-budget.js';
import {type BatchReply, ReplyPacker, type Unscreened} from './packed-replies.js';
import type {CompiledFilter} from './realm/filter-runner.js';
import {SharedLanes} from './shared-lanes.js';
import type {Screened, ScreeningBatch, TaskMarket, TaskTrader} from './task.js';
import {USES_MAX} from './use-notes.js';

/**
 * The families that a screening worker records: what it has done. What of it counts for a trader is recorded once, by the
 * main thread, when it takes the result: a worker may die after it has counted and before it has answered, and the trader
 * is then screened again.
 */
export const SCREENER_FAMILIES = [
  'screenerTaskDuration',
  'screenerFiltersCompiled',
  'screenerRowsDropped',
  'screenerResultsUncached',
] as const satisfies readonly FamilyKey[];

/**
 * Compiled filters that a worker keeps. Beyond, the one that it ran longest ago is compiled again when it comes back, as
 * `screener_filters_compiled_total` tells.
 */
export const COMPILED_FILTERS_MAX = 2_000;

/**
 * Bytes of matches that a worker holds back before it answers. Then it answers, with what it has, and is given a further batch:
 * it must never be that one trader lacks the memory which others' matches take.
 */
export const REPLY_BYTES_MAX = 2 ** 20;

/** What a screener needs from its thread. */
export interface ScreenerOptions {
  readonly metrics: Metrics<(typeof SCREENER_FAMILIES)[number]>;
  /** What filters get as `helpers`: a module of the user's; undefined for the built-in indicators. */
  readonly helpers: URL | undefined;
  /** Candles of which rows are kept. */
  readonly rowsCachedMax: number;
  /** Posts what was recorded; called at the end of each batch. */
  readonly flush: () => FlushMark;
  /** Milliseconds of a clock that never steps back. */
  readonly now: () => number;
  /** Bytes that the thread may use. */
  readonly heapBytes: number;
  /** Ends the thread, whatever it runs. */
  readonly exit: () => void;
}

/** Runs traders' filters over the market in one worker thread. */
export class Screener {
  readonly #options: ScreenerOptions;
  readonly #budget: HeapBudget;
  /** What the main thread reads of the batch that runs. */
  #state: BatchState | undefined;
  /** What filters run in; a new one is made where a filter has spoilt it for others. */
  #realm: Promise<FilterRealm>;
  /** By code, the one that ran last at the end: filters of `#realm`, or why they don't parse. */
  #filters = new Map<string, CompiledFilter | string>();
  /** Traders that were screened last, and the text that they were read from: mostly the next batch's, too. */
  #traders: readonly TaskTrader[] = [];
  #tradersText = '[]';
  /** The lane that it took traders from last: what it has kept of series and indicators is these traders'. */
  #lane: number | undefined;

  constructor(options: ScreenerOptions) {
    this.#options = options;
    this.#budget = new HeapBudget({
      budgetBytes: options.heapBytes,
      probe: threadHeap(),
      onExceeded: () => {
        this.#state?.runOut();
        options.exit();
      },
    });
    this.#realm = this.#newRealm();
    // Told by problem() and by each screening.
    this.#realm.catch(() => {});
  }

  /** Why no filter can run in this thread; undefined where nothing speaks against it. */
  async problem(): Promise<string | undefined> {
    return this.#realm.then(
      () => undefined,
      error => String((error as Error).message),
    );
  }

  /**
   * Screens traders of its lane, then of others, until none is left; then flushes what that recorded.
   * Never rejects for what a filter does.
   */
  async screen(batch: ScreeningBatch): Promise<BatchReply> {
    const {market, lanes: memory, state: stateMemory} = batch;
    const traders = this.#tradersOf(batch.traders);
    const lanes = new SharedLanes(memory);
    const lane = lanes.join(this.#lane);
    this.#lane = lane ?? this.#lane;
    const state = new BatchState(stateMemory);
    this.#state = state;
    const {metrics, flush, now} = this.#options;
    const replies = new ReplyPacker();
    const durationsMs: number[] = [];
    const excuse = (ms: number) => state.excuse(ms);
    while (replies.bytes < REPLY_BYTES_MAX) {
      const place = lanes.take(lane);
      if (place === undefined) break;
      state.begin(place, sharedNow());
      const start = now();
      const found = await this.#screenOne(traders[place]!, market, excuse);
      const tookMs = now() - start;
      durationsMs.push(tookMs);
      state.rest();
      replies.add(place, found, tookMs);
    }
    // Not earlier: what dies with the worker is run again, and would count twice.
    for (const ms of durationsMs) {
      metrics.screenerTaskDuration.observe({worker_id: OWN_SLOT}, ms);
    }
    // Flush before returning: an idle piscina worker runs no timers.
    const mark = flush();
    state.end();
    return replies.pack(mark);
  }

  #tradersOf(text: string): readonly TaskTrader[] {
    if (text !== this.#tradersText) {
      this.#traders = JSON.parse(text) as TaskTrader[];
      this.#tradersText = text;
    }
    return this.#traders;
  }

  async #screenOne(
    trader: TaskTrader,
    market: TaskMarket,
    excuse: (ms: number) => void,
  ): Promise<Screened | Unscreened> {
    const realm = await this.#realm;
    const filter = this.#filterOf(realm, trader.code);
    if (typeof filter === 'string') return {error: filter, isParseError: true};
    return this.#run(realm, {compiled: filter, intervals: trader.intervals, market, excuse});
  }

  #run(realm: FilterRealm, run: Parameters<FilterRealm['run']>[0]): Screened | {error: string} {
    this.#budget.begin();
    const {screened, isSpoilt} = realm.run(run);
    this.#countDrops(realm);
    if (isSpoilt) this.#renew();
    return 'uses' in screened
      ? {...screened, uses: newUses(run.compiled, screened.uses)}
      : screened;
  }

  #countDrops(realm: FilterRealm): void {
    const {screenerRowsDropped, screenerResultsUncached} = this.#options.metrics;
    const {rowCount, resultCount} = realm.takeDrops();
    screenerRowsDropped.inc(rowCount);
    screenerResultsUncached.inc(resultCount);
  }

  #renew(): void {
    this.#realm = this.#newRealm();
    this.#filters = new Map();
  }

  #newRealm(): Promise<FilterRealm> {
    return FilterRealm.create({...this.#options, look: bytes => this.#budget.look(bytes)});
  }

  #filterOf(realm: FilterRealm, code: string): CompiledFilter | string {
    const filter = this.#filters.get(code) ?? this.#compile(realm, code);
    this.#filters.delete(code);
    this.#filters.set(code, filter);
    if (this.#filters.size > COMPILED_FILTERS_MAX) {
      for (const oldest of this.#filters.keys()) {
        this.#filters.delete(oldest);
        break;
      }
    }
    return filter;
  }

  #compile(realm: FilterRealm, code: string): CompiledFilter | string {
    this.#options.metrics.screenerFiltersCompiled.inc();
    try {
      return realm.compile(code);
    } catch (error) {
      return `Filter does not parse: ${String(error)}`;
    }
  }
}

/** Those of the uses that aren't told yet of this filter; undefined where it has no new ones. */
function newUses({usesTold}: CompiledFilter, uses: readonly number[] = []): number[] | undefined {
  const found: number[] = [];
  for (const use of uses) {
    if (usesTold.has(use) || usesTold.size >= USES_MAX) continue;
    usesTold.add(use);
    found.push(use);
  }
  return found.length === 0 ? undefined : found;
}
