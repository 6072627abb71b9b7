import type {FlushMark} from '../channel/worker-port.js';
import type {KlineInterval} from '../market/kline.js';
import type {KlineSnapshot} from '../market/kline-layout.js';
import type {TraderMatch} from './trader.js';

/** What every worker of a pool is started with. */
export interface WorkerSettings {
  /** URL of the module whose functions filters get as `helpers`; undefined for the built-in ones. */
  readonly helpers: string | undefined;
  /** Milliseconds between flushes by a timer, beside that at each batch's end; 0 for none. */
  readonly flushIntervalMs: number;
}

/** A trader as a worker needs to know it. */
export interface TaskTrader {
  /** The filter's body. */
  readonly code: string;
  readonly intervals: readonly KlineInterval[];
}

/** What all tasks of one screening share. */
export interface TaskMarket {
  /** Counts up; a worker reads the tickers once a screening. */
  readonly screening: number;
  readonly symbols: readonly string[];
  /** JSON list of tickers: a text crosses a thread boundary at the price of a copy. */
  readonly tickers: string;
  readonly klines: KlineSnapshot;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/**
 * What a worker gets of a screening: the list of all its traders, of which it runs whichever is next until none is left.
 * One message a worker and screening, and not one a trader: each has its price on the main thread.
 */
export interface ScreeningBatch {
  /** The same for all workers of a screening; what costs most comes first. */
  readonly traders: readonly TaskTrader[];
  readonly market: TaskMarket;
  /** Memory of a `SharedList` of the traders' places. */
  readonly list: SharedArrayBuffer;
  /** Memory of a `BatchState`, which the worker writes. */
  readonly state: SharedArrayBuffer;
}

/** How a filter failed where it should have answered. */
export interface FilterThrows {
  readonly symbolCount: number;
  readonly firstMessage: string;
}

/** What a filter returned instead of a verdict. */
export interface BadResults {
  readonly symbolCount: number;
  /** The first of them, in words. */
  readonly firstResult: string;
}

/** What one run of a filter over all symbols found. */
export interface Screened {
  /** Every symbol that matches, in the market's order: whether it is new is the main thread's to say. */
  readonly matches: readonly TraderMatch[];
  /** Symbols that had a ticker and candles, and so were looked at. */
  readonly symbolCount: number;
  /** Milliseconds that the filter ran, over all symbols. */
  readonly executionTimeMs: number;
  /** Symbols for which the filter threw, and what it threw first: no match each, says the contract, but worth a word. */
  readonly throws?: FilterThrows;
  /** Symbols for which it returned neither a boolean nor `{match: boolean}`: no match each, too. */
  readonly badResults?: BadResults;
}

/** What a worker answers for a trader: what it found, or why the filter could not run at all. */
export interface ScreeningReply extends Partial<Screened> {
  readonly error?: string;
  /** True where `error` is the filter's syntax. */
  readonly isParseError?: boolean;
}

/** What a worker answers for its batch. */
export interface BatchReply {
  /** Places in the list of those that it ran. */
  readonly places: readonly number[];
  /** What each of them found. */
  readonly replies: readonly ScreeningReply[];
  /** When the hub has merged this, it knows everything that the batch recorded. */
  readonly mark: FlushMark;
}
