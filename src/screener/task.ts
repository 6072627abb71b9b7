import type {FlushMark} from '../channel/worker-port.js';
import type {KlineInterval} from '../market/kline.js';
import type {KlineSnapshot} from '../market/kline-layout.js';
import type {TraderMatch} from './trader.js';

/** What every worker of a pool is started with. */
export interface WorkerSettings {
  /** URL of the module whose functions filters get as `helpers`; undefined for the built-in ones. */
  readonly helpers: string | undefined;
  /** Milliseconds between flushes by a timer, beside that at each task's end; 0 for none. */
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

/** Float64 numbers of a task's marks. */
export const TASK_MARKS = 2;

/** Position in a task's marks: when the worker has begun; 0 before. */
export const MARK_BEGUN = 0;

/** Position in a task's marks: when the worker was about to answer; 0 before. */
export const MARK_ENDED = 1;

/** One trader to screen. */
export interface ScreeningTask {
  readonly trader: TaskTrader;
  readonly market: TaskMarket;
  /** {@link TASK_MARKS} Float64 that the worker writes, in milliseconds of the clock that all threads share. */
  readonly marks: SharedArrayBuffer;
}

/** How a filter failed where it should have answered. */
export interface FilterThrows {
  readonly symbolCount: number;
  readonly firstMessage: string;
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
}

/** What a worker answers: what it found, or why the filter could not run at all. */
export interface ScreeningReply extends Partial<Screened> {
  readonly error?: string;
  /** When the hub has merged this, it knows everything that the task recorded. */
  readonly mark: FlushMark;
}
