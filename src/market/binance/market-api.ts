import {INTERVAL_MS, type Kline, type KlineInterval, type Ticker} from '../kline.js';
import {KLINES_PER_ANSWER_MAX} from './limits.js';
import {
  type Decoded,
  decodeDayTickers,
  decodeExchangeInfo,
  decodeKlines,
  decodeServerTime,
  type ExchangeInfo,
} from './rest-answers.js';
import type {RestClient} from './rest-client.js';

/** Weights of the endpoints (rest-api.md, July 2026). */
const WEIGHT = Object.freeze({klines: 2, dayTickers: 80, exchangeInfo: 20, time: 1});

/** What to ask of a series; both ends are inclusive and compared with open times. */
export interface KlineRange {
  readonly symbol: string;
  readonly interval: KlineInterval;
  /** Epoch ms. */
  readonly startMs: number;
  /** Epoch ms; up to the newest where it is left out. */
  readonly endMs?: number;
}

/** The market-data endpoints of the exchange. All throw `RestError`. */
export class MarketApi {
  readonly #client: RestClient;

  constructor(client: RestClient) {
    this.#client = client;
  }

  async serverTime(): Promise<number> {
    return decodeServerTime(await this.#client.get('/api/v3/time', {}, WEIGHT.time));
  }

  async exchangeInfo(): Promise<ExchangeInfo> {
    return decodeExchangeInfo(
      await this.#client.get('/api/v3/exchangeInfo', {}, WEIGHT.exchangeInfo),
    );
  }

  /** The tickers of all symbols. */
  async dayTickers(): Promise<Decoded<Ticker>> {
    return decodeDayTickers(await this.#client.get('/api/v3/ticker/24hr', {}, WEIGHT.dayTickers));
  }

  /** All candles of a range, ascending, page by page; the last may still be open. */
  async klines({symbol, interval, startMs, endMs}: KlineRange): Promise<Decoded<Kline>> {
    const rows: Kline[] = [];
    let malformedCount = 0;
    for (let fromMs = startMs; ; ) {
      const page = await this.#page({
        symbol,
        interval,
        startMs: fromMs,
        ...(endMs !== undefined && {endMs}),
      });
      malformedCount += page.malformedCount;
      const last = page.rows.at(-1);
      const isFull = page.rows.length + page.malformedCount >= KLINES_PER_ANSWER_MAX;
      // An answer that doesn't lead on would be asked for again for ever.
      const nextMs = last === undefined ? fromMs : last[0] + INTERVAL_MS[interval];
      rows.push(...page.rows);
      if (!isFull || !(nextMs > fromMs) || nextMs > (endMs ?? nextMs)) {
        return {rows, malformedCount};
      }
      fromMs = nextMs;
    }
  }

  async #page({symbol, interval, startMs, endMs}: KlineRange): Promise<Decoded<Kline>> {
    const query = {
      symbol,
      interval,
      startTime: String(startMs),
      ...(endMs !== undefined && {endTime: String(endMs)}),
      limit: String(KLINES_PER_ANSWER_MAX),
    };
    return decodeKlines(await this.#client.get('/api/v3/klines', query, WEIGHT.klines));
  }
}
