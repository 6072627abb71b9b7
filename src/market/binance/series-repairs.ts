import {backoffMs} from '../../backoff.js';
import {type Clock, pause} from '../clock.js';
import {INTERVAL_MS, type Kline, type KlineInterval} from '../kline.js';
import type {MeasuredKlines} from '../measured-klines.js';
import type {ExchangeTime} from './exchange-time.js';
import type {FeedLimits} from './limits.js';
import type {MarketApi} from './market-api.js';
import {RestError} from './rest-error.js';

/**
 * A candle that ended less long ago may still be told as open: clocks are compared no better than that. It is then taken as
 * open, and its end comes by the stream or by the next repair.
 */
const CLOSE_MARGIN_MS = 2_000;

/** Repairs of a series that brought rows that could not be read; then what they hide counts as nowhere to be had. */
const MALFORMED_REPAIRS_MAX = 3;

export interface SeriesRepairsOptions {
  readonly api: MarketApi;
  readonly klines: MeasuredKlines;
  readonly clock: Clock;
  readonly limits: FeedLimits;
  readonly random: () => number;
  readonly time: ExchangeTime;
  /** Candles a series, the open one included. */
  readonly historyCandles: number;
  readonly signal: AbortSignal;
  readonly onFailure: (symbol: string, interval: KlineInterval, error: unknown) => void;
  /** Told after each series that is up to date, or that the exchange refuses to tell of. */
  readonly onDone: () => void;
}

interface Repair {
  readonly symbol: string;
  readonly interval: KlineInterval;
  /** Another was asked for since the present one began. */
  isAskedAgain: boolean;
  isCancelled: boolean;
}

/** Brings series up to date by REST: their history at first, later what the stream could not tell. */
export class SeriesRepairs {
  readonly #options: SeriesRepairsOptions;
  /** Those that wait or run, by series: at most one each. */
  readonly #repairs = new Map<string, Repair>();
  /** Those that wait for their turn. */
  readonly #queue: Repair[] = [];
  /** Series whose history was loaded. */
  readonly #loaded = new Set<string>();
  #runningCount = 0;
  /** Resolve when nothing is left to do. */
  #idle: (() => void)[] = [];

  constructor(options: SeriesRepairsOptions) {
    this.#options = options;
  }

  /** Series that are being brought up to date, or wait for it. */
  get pendingCount(): number {
    return this.#repairs.size;
  }

  /** Brings a series up to date soon. */
  request(symbol: string, interval: KlineInterval): void {
    const key = keyOf(symbol, interval);
    const known = this.#repairs.get(key);
    if (known) {
      known.isAskedAgain = true;
      return;
    }
    const repair = {symbol, interval, isAskedAgain: false, isCancelled: false};
    this.#repairs.set(key, repair);
    this.#queue.push(repair);
    this.#pump();
  }

  /** Forgets a series; what is under way for it is thrown away. */
  forget(symbol: string, interval: KlineInterval): void {
    const key = keyOf(symbol, interval);
    const repair = this.#repairs.get(key);
    if (repair) repair.isCancelled = true;
    this.#repairs.delete(key);
    this.#loaded.delete(key);
    this.#tellIdle();
  }

  /** Resolves when nothing is left to do, or the signal aborts. */
  idle(): Promise<void> {
    const {signal} = this.#options;
    if (this.#repairs.size === 0 || signal.aborted) return Promise.resolve();
    return new Promise(resolve => {
      this.#idle.push(resolve);
      signal.addEventListener('abort', () => resolve(), {once: true});
    });
  }

  #pump(): void {
    const {restParallelMax} = this.#options.limits;
    while (this.#runningCount < restParallelMax) {
      const repair = this.#queue.shift();
      if (repair === undefined) return;
      this.#runningCount += 1;
      // It never rejects.
      void this.#run(repair).then(() => {
        this.#runningCount -= 1;
        this.#pump();
        this.#tellIdle();
      });
    }
  }

  /**
   * Tries until the series is whole, cancelled, or the signal aborts. What the exchange calls wrong is not asked again, or one
   * symbol that is gone would keep the whole machine from its start: the next gap that the stream tells of asks anew.
   */
  async #run(repair: Repair): Promise<void> {
    const {clock, limits, random, signal, onFailure, onDone} = this.#options;
    const {symbol, interval} = repair;
    const backoff = {baseMs: limits.backoffBaseMs, capMs: limits.backoffCapMs};
    for (let failureCount = 0; !repair.isCancelled && !signal.aborted; failureCount += 1) {
      repair.isAskedAgain = false;
      try {
        const isWhole = await this.#attempt(repair, failureCount);
        if (repair.isCancelled) return;
        if (isWhole && !repair.isAskedAgain) {
          this.#repairs.delete(keyOf(symbol, interval));
          onDone();
          return;
        }
      } catch (error) {
        if (signal.aborted || repair.isCancelled) return;
        onFailure(symbol, interval, error);
        if (isRefused(error)) {
          this.#repairs.delete(keyOf(symbol, interval));
          onDone();
          return;
        }
      }
      await pause(clock, backoffMs(failureCount, {...backoff, random}), signal);
    }
  }

  /** True where nothing is wanted any more. */
  async #attempt(repair: Repair, failureCount: number): Promise<boolean> {
    const {api, klines, clock, signal} = this.#options;
    const {symbol, interval} = repair;
    const askedMs = clock.epochMs();
    const startMs = this.#startOf(symbol, interval);
    const {rows, malformedCount} = await api.klines({symbol, interval, startMs});
    const last = rows.at(-1);
    const isLastClosed = last !== undefined && (await this.#hasClosed(last, askedMs));
    if (repair.isCancelled || signal.aborted) return false;
    const closed = isLastClosed ? rows : rows.slice(0, -1);
    const isRepair = this.#loaded.has(keyOf(symbol, interval));
    if (malformedCount > 0) klines.countParseErrors(symbol, malformedCount);
    const {invalidCandles} = klines.merge(symbol, interval, closed, {isRepair});
    if (last && !isLastClosed) this.#recordOpen(symbol, interval, last);
    this.#loaded.add(keyOf(symbol, interval));
    const isReadable = malformedCount + invalidCandles === 0;
    if (isReadable || failureCount >= MALFORMED_REPAIRS_MAX) {
      // What this answer lacks, the market has not traded; what is older than the history, nobody asks for.
      const lastMs = last?.[0] ?? startMs;
      const settledMs = isLastClosed ? lastMs : lastMs - INTERVAL_MS[interval];
      klines.settle(symbol, interval, Number.NEGATIVE_INFINITY, settledMs);
    }
    const wantedMs = klines.reach(symbol, interval)?.wantedFromMs;
    return isReadable ? wantedMs === undefined : failureCount >= MALFORMED_REPAIRS_MAX;
  }

  /**
   * Whether the newest candle of an answer is its end, and not the one still open: by both clocks, as one that is ahead would
   * make an open candle final in the middle of its life. A clock that is behind costs another repair at most.
   */
  async #hasClosed(kline: Kline, askedMs: number): Promise<boolean> {
    const {time} = this.#options;
    const endMs = kline[6] + CLOSE_MARGIN_MS;
    if (endMs >= Math.min(askedMs, time.at(askedMs))) return false;
    await time.refresh();
    return endMs < Math.min(askedMs, time.at(askedMs));
  }

  /** The oldest candle that the series lacks, or may have in an old state; no older than its history goes. */
  #startOf(symbol: string, interval: KlineInterval): number {
    const nowMs = this.#options.time.nowMs();
    const lengthMs = INTERVAL_MS[interval];
    const openMs = Math.floor(nowMs / lengthMs) * lengthMs;
    const oldestMs = openMs - (this.#options.historyCandles - 1) * lengthMs;
    const reach = this.#options.klines.reach(symbol, interval);
    if (!reach || !this.#loaded.has(keyOf(symbol, interval))) return oldestMs;
    const behindMs = reach.newestOpenTime + (reach.isNewestClosed ? lengthMs : 0);
    return Math.max(oldestMs, Math.min(behindMs, reach.wantedFromMs ?? behindMs));
  }

  /** The stream's word on an open candle is newer: REST's counts only where the stream has said nothing. */
  #recordOpen(symbol: string, interval: KlineInterval, kline: Kline): void {
    const {klines} = this.#options;
    const reach = klines.reach(symbol, interval);
    if (reach && reach.newestOpenTime >= kline[0]) return;
    klines.record(symbol, interval, kline, false);
  }

  #tellIdle(): void {
    if (this.#repairs.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof RestError && error.code === 'rest_refused';
}

function keyOf(symbol: string, interval: KlineInterval): string {
  return `${interval} ${symbol}`;
}
