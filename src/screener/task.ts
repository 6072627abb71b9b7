import type {KlineInterval} from '../market/kline.js';
import type {KlineSnapshot} from '../market/kline-layout.js';

/** What every worker of a pool is started with. */
export interface WorkerSettings {
  /** URL of the module whose functions filters get as `helpers`; undefined for the built-in ones. */
  readonly helpers: string | undefined;
  /** MiB of memory that it may use. */
  readonly heapMb: number;
  /** Candles of which it keeps the rows. */
  readonly rowsCachedMax: number;
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
  /** Counts up; a worker reads the texts once a screening. */
  readonly screening: number;
  /** JSON list of symbols. Lists are texts here: one crosses a thread boundary at the price of a copy. */
  readonly symbols: string;
  /** JSON list of symbols, each with its ticker. */
  readonly tickers: string;
  readonly klines: KlineSnapshot;
}

/**
 * What a worker gets of a screening: the list of all its traders, of which it runs what is next in its lane until none is left.
 * One message a worker and screening, and not one a trader: each has its price on the main thread.
 */
export interface ScreeningBatch {
  /** JSON list of {@link TaskTrader}, the same for all workers of a screening: lane behind lane, in each what costs most first. */
  readonly traders: string;
  readonly market: TaskMarket;
  /** Memory of the `SharedLanes` of the traders' places. */
  readonly lanes: SharedArrayBuffer;
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

/** A symbol that a filter matches: whether that is new is the main thread's to say. */
export interface SymbolMatch {
  /** Position among the market's symbols. */
  readonly symbolIndex: number;
  /** Last price: `parseFloat(ticker.c)`. */
  readonly price: number;
  readonly conditions: readonly string[];
}

/** What one run of a filter over all symbols found. */
export interface Screened {
  /** In the market's order. */
  readonly matches: readonly SymbolMatch[];
  /** Symbols that had a ticker and candles, and so were looked at. */
  readonly symbolCount: number;
  /** Milliseconds that the filter ran, over all symbols. */
  readonly executionTimeMs: number;
  /** Symbols for which the filter threw, and what it threw first: no match each, says the contract, but worth a word. */
  readonly throws?: FilterThrows;
  /** Symbols for which it returned neither a boolean nor `{match: boolean}`: no match each, too. */
  readonly badResults?: BadResults;
  /** What it asked for of one symbol that others may ask for, too; see use-notes.ts. From a worker: what is new of it. */
  readonly uses?: readonly number[] | undefined;
}
