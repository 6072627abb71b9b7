import type {MarketData, Ticker} from '../market/kline.js';
import type {KlineSnapshot} from '../market/kline-layout.js';
import {KlineMirror, KlinesUnsharableError, type RowWrittenError} from '../market/kline-mirror.js';
import type {Metrics} from '../metrics/catalogue.js';
import type {RepliedMarket} from '../screener/packed-replies.js';
import type {TaskMarket} from '../screener/task.js';

/** The market at the moment of a screening. */
export interface ScreeningMarket {
  readonly symbols: readonly string[];
  readonly tickers: ReadonlyMap<string, Ticker>;
  /** From `KlineStore.snapshot()`; or the candles themselves, of which the pool then keeps a mirror. */
  readonly klines: KlineSnapshot | MarketData['klines'];
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** A market, for the workers and for this thread. */
export interface SharedMarket {
  readonly market: TaskMarket;
  readonly repliedMarket: RepliedMarket;
}

/** Options of {@link MarketSharing}. */
export interface MarketSharingOptions {
  /** Set to the number of series that had to be copied as they are. */
  readonly verbatim: Metrics<'screenerSeriesVerbatim'>['screenerSeriesVerbatim'];
  /** Told of each series or ticker that is left out. */
  readonly onUnsharable: (error: KlinesUnsharableError) => void;
  /** Told once where `rowsAreReplaced` turns out not to hold. */
  readonly onRowWritten: (error: RowWrittenError) => void;
  /** See `KlineMirrorOptions`. */
  readonly rowsAreReplaced: boolean;
}

/** A list of symbols, kept while the markets that follow have the same. */
interface SharedSymbols {
  /** Of this thread's own: the caller may go on with its list. */
  readonly list: readonly string[];
  /** As JSON. */
  readonly text: string;
  /** False where a symbol stands in it twice: a match's position then doesn't tell which symbol is meant, as the name does. */
  readonly isUnique: boolean;
}

/** Makes of a caller's market what workers can read, one screening after another. */
export class MarketSharing {
  readonly #verbatim: Metrics<'screenerSeriesVerbatim'>['screenerSeriesVerbatim'];
  readonly #onUnsharable: (error: KlinesUnsharableError) => void;
  /** The candles of callers that hand over Maps. */
  readonly #mirror: KlineMirror;
  #screening = 0;
  #symbols: SharedSymbols = {list: [], text: '[]', isUnique: true};

  constructor({verbatim, onUnsharable, onRowWritten, rowsAreReplaced}: MarketSharingOptions) {
    this.#verbatim = verbatim;
    this.#onUnsharable = onUnsharable;
    this.#mirror = new KlineMirror({rowsAreReplaced, onRowWritten});
  }

  /** Not to be called while what it shared before is still screened: a mirror has room for one moment. */
  share({symbols, tickers, klines, timestamp}: ScreeningMarket): SharedMarket {
    const snapshot =
      klines instanceof Map ? this.#mirror.update(klines, this.#onUnsharable) : klines;
    this.#verbatim.set(snapshot.verbatim.length);
    if (!isSame(symbols, this.#symbols)) this.#symbols = shareSymbols(symbols);
    const {list, text} = this.#symbols;
    const market = {
      screening: ++this.#screening,
      symbols: text,
      tickers: this.#encode(tickers),
      klines: snapshot,
    };
    return {market, repliedMarket: {symbols: list, timestamp}};
  }

  /** Entries as JSON. A symbol whose ticker is no object has none; one that JSON can't hold is left out, and told. */
  #encode(tickers: ReadonlyMap<string, Ticker>): string {
    const entries = [...tickers].filter(([, ticker]) => isObject(ticker));
    try {
      return JSON.stringify(entries);
    } catch {
      return `[${entries.flatMap(entry => this.#encodeEntry(entry)).join(',')}]`;
    }
  }

  #encodeEntry(entry: readonly [symbol: string, ticker: Ticker]): string[] {
    try {
      return [JSON.stringify(entry)];
    } catch (cause) {
      const message = `Expected a ticker of ${entry[0]} that JSON can hold, got ${String(cause)}`;
      this.#onUnsharable(new KlinesUnsharableError(message, {cause}));
      return [];
    }
  }
}

function shareSymbols(symbols: readonly string[]): SharedSymbols {
  const list = [...symbols];
  return {list, text: JSON.stringify(list), isUnique: new Set(list).size === list.length};
}

/** Whether the list is still what it was; never of one that names a symbol twice. */
function isSame(symbols: readonly string[], {list, isUnique}: SharedSymbols): boolean {
  if (!isUnique || symbols.length !== list.length) return false;
  for (let i = 0; i < list.length; i++) if (symbols[i] !== list[i]) return false;
  return true;
}

/** The caller's types may not hold. */
function isObject(ticker: Ticker | null | undefined): boolean {
  return typeof ticker === 'object' && ticker !== null;
}

/**
 * Checks what a caller from JavaScript may have got wrong of a market as a whole. What is wrong with a series or a ticker
 * leaves these out, and no more.
 * @throws TypeError
 */
export function checkMarket(market: ScreeningMarket): void {
  const {symbols, tickers, klines} = (market ?? {}) as Partial<
    Record<keyof ScreeningMarket, unknown>
  >;
  if (!Array.isArray(symbols)) throw unfit('symbols', 'a list', symbols);
  if (!(tickers instanceof Map)) throw unfit('tickers', 'a Map', tickers);
  const isSnapshot = Array.isArray((klines as Partial<KlineSnapshot> | null)?.segments);
  if (!(klines instanceof Map) && !isSnapshot) throw unfit('klines', 'a Map or a snapshot', klines);
}

function unfit(name: string, expected: string, got: unknown): TypeError {
  const kind = got === null ? 'null' : typeof got;
  return new TypeError(`Expected \`${name}\` of the market to be ${expected}, got \`${kind}\``);
}
