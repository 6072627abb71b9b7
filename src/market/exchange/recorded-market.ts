import type {MarketEvent} from '../feed.js';
import type {Kline} from '../kline.js';
import type {RecordedSeries} from '../replay.js';
import type {SeriesHistory} from '../simulated-market.js';
import type {ExchangeMarket} from './market-book.js';

export interface RecordedMarketOptions {
  /** Candles that close before it are history, epoch ms. Default: when the first candle opens, so there is none. */
  startMs?: number;
  /** Updates of each candle, its closing one included. Default 4. */
  updatesPerCandle?: number;
}

/** Where the market stands in a series. */
interface Cursor {
  readonly series: RecordedSeries;
  /** The candle that is traded next, or now. */
  position: number;
  /** Updates that this candle has had. */
  updates: number;
}

/**
 * Recorded candles as a market that goes by the clock. What happened within a candle isn't recorded: each update shows it a
 * part further on, from its open over one extreme and the other to its close, with the recording's very digits; volumes and
 * trades grow evenly. At its end each candle is the recorded row, verbatim. Where the recording has a gap, nothing happens.
 */
export class RecordedMarket implements ExchangeMarket {
  readonly #updatesPerCandle: number;
  readonly #cursors: readonly Cursor[];
  readonly #history: SeriesHistory[];
  #timeMs: number;

  /** Takes series of ascending candles. Throws a `TypeError` for none, or for `updatesPerCandle` that is no integer from 1. */
  constructor(series: readonly RecordedSeries[], options: RecordedMarketOptions = {}) {
    const {updatesPerCandle = 4, startMs = firstOpenTime(series)} = options;
    if (!Number.isFinite(startMs)) throw new TypeError('Expected recorded candles, got none');
    if (!(Number.isSafeInteger(updatesPerCandle) && updatesPerCandle >= 1)) {
      throw new TypeError(`Expected \`updatesPerCandle\` from 1, got \`${updatesPerCandle}\``);
    }
    this.#updatesPerCandle = updatesPerCandle;
    this.#timeMs = startMs;
    this.#cursors = series.map(one => ({
      series: one,
      position: countBefore(one.klines, startMs),
      updates: 0,
    }));
    this.#history = this.#cursors.map(({series: {symbol, interval, klines}, position}) => ({
      symbol,
      interval,
      klines: klines.slice(0, position),
    }));
  }

  get timeMs(): number {
    return this.#timeMs;
  }

  /** When the last candle closes, epoch ms: nothing happens afterwards. */
  get endMs(): number {
    const ends = this.#cursors.map(({series}) => (series.klines.at(-1)?.[6] ?? -1) + 1);
    return ends.reduce((latest, endMs) => Math.max(latest, endMs), 0);
  }

  history(): SeriesHistory[] {
    return this.#history.map(series => ({...series, klines: [...series.klines]}));
  }

  advance(toMs: number): MarketEvent[] {
    const events: MarketEvent[] = [];
    for (;;) {
      const dues = this.#cursors.map(cursor => this.#dueMs(cursor));
      const timeMs = dues.reduce((soonest, dueMs) => Math.min(soonest, dueMs), Infinity);
      if (timeMs > toMs) break;
      dues.forEach((dueMs, index) => {
        if (dueMs === timeMs) events.push(this.#update(this.#cursors[index]!, timeMs));
      });
    }
    this.#timeMs = Math.max(this.#timeMs, toMs);
    return events;
  }

  /** When a series has its next update; `Infinity` behind its last candle. */
  #dueMs({series, position, updates}: Cursor): number {
    const kline = series.klines[position];
    if (kline === undefined) return Infinity;
    const lengthMs = kline[6] + 1 - kline[0];
    return kline[0] + Math.round((lengthMs * (updates + 1)) / this.#updatesPerCandle);
  }

  #update(cursor: Cursor, timeMs: number): MarketEvent {
    const {symbol, interval, klines} = cursor.series;
    const whole = klines[cursor.position]!;
    cursor.updates += 1;
    const closed = cursor.updates === this.#updatesPerCandle;
    const kline = closed ? whole : partOf(whole, cursor.updates / this.#updatesPerCandle);
    if (closed) {
      cursor.position += 1;
      cursor.updates = 0;
    }
    return {kind: 'kline', timeMs, symbol, interval, kline, closed};
  }
}

/** The candle when a share of its time, below 1, is over. */
function partOf(whole: Kline, share: number): Kline {
  const [openTime, open, high, low, close, volume, closeTime, quoteVolume, n, base, quote] = whole;
  const extremes = Number(close) >= Number(open) ? [low, high] : [high, low];
  const seen = [open, ...extremes].slice(0, 1 + Math.floor(share * 3));
  const byPrice = seen.toSorted((a, b) => Number(a) - Number(b));
  return [
    openTime,
    open,
    byPrice.at(-1)!,
    byPrice[0]!,
    seen.at(-1)!,
    partOfDecimal(volume, share),
    closeTime,
    partOfDecimal(quoteVolume, share),
    Math.floor(n * share),
    partOfDecimal(base, share),
    partOfDecimal(quote, share),
    '0',
  ];
}

function partOfDecimal(decimal: string, share: number): string {
  const point = decimal.indexOf('.');
  const decimals = point < 0 ? 0 : decimal.length - point - 1;
  return (Number(decimal) * share).toFixed(Math.min(8, decimals));
}

function firstOpenTime(series: readonly RecordedSeries[]): number {
  const times = series.map(({klines}) => klines[0]?.[0] ?? Infinity);
  return times.reduce((first, timeMs) => Math.min(first, timeMs), Infinity);
}

/** How many candles close before a moment. */
function countBefore(klines: readonly Kline[], timeMs: number): number {
  const index = klines.findIndex(kline => kline[6] >= timeMs);
  return index < 0 ? klines.length : index;
}
