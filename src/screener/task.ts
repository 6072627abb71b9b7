import type {FlushMark} from '../channel/worker-port.js';
import type {KlineInterval} from '../market/kline.js';
import type {KlineSnapshot} from '../market/kline-layout.js';
import type {TraderMatch} from './trader.js';

/** A trader as a worker needs to know it. */
export interface TaskTrader {
  readonly id: string;
  readonly name: string;
  /** The filter's body. */
  readonly code: string;
  readonly intervals: readonly KlineInterval[];
}

/** One live trader, by which a worker notices what has left: an id that came back has another epoch. */
export type RosterEntry = readonly [id: string, epoch: number];

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

/** One trader to screen. */
export interface ScreeningTask {
  readonly trader: TaskTrader;
  readonly market: TaskMarket;
  readonly roster: readonly RosterEntry[];
  /** One Float64: the worker writes there when it begins, in milliseconds of the clock that all threads share. */
  readonly begun: SharedArrayBuffer;
}

/** How a filter failed where it should have answered. */
export interface FilterThrows {
  readonly symbolCount: number;
  readonly firstMessage: string;
}

/** What a worker found. */
export interface ScreeningReply {
  /** Every symbol that matches, in the market's order: whether it is new is the main thread's to say. */
  readonly matches: readonly TraderMatch[];
  /** Symbols that had a ticker and candles, and so were looked at. */
  readonly symbolCount: number;
  /** Milliseconds that the filter ran, over all symbols. */
  readonly executionTimeMs: number;
  /** Why the filter could not run at all. */
  readonly error?: string;
  /** Symbols for which the filter threw, and what it threw first: no match each, says the contract, but worth a word. */
  readonly throws?: FilterThrows;
  /** When the hub has merged this, it knows everything that the task recorded. */
  readonly mark: FlushMark;
}
