import {INTERVAL_MS, type Kline, type KlineInterval} from './kline.js';

/** Decimals of the quote volumes. A day of 10^11 USDT still fits into 53 bits. */
const QUOTE_DECIMALS = 4;

/**
 * Decimals of a symbol's numbers, fixed for its life as an exchange's tick and lot size are. Sums
 * are kept in whole units of the last decimal: they are exact, so a 15m candle equals its three 5m
 * candles to the digit.
 */
export interface Decimals {
  price: number;
  volume: number;
}

/** Trades within one step, in whole units. */
export interface StepTrades {
  price: number;
  volume: number;
  quoteVolume: number;
  tradeCount: number;
  takerVolume: number;
  takerQuoteVolume: number;
}

/** About five significant digits of the price, and lots worth about a tenth of a unit of quote. */
export function decimalsOf(price: number): Decimals {
  const magnitude = Math.floor(Math.log10(price));
  return {price: clamp(4 - magnitude, 2, 8), volume: clamp(magnitude + 1, 0, 5)};
}

/**
 * The trades of a step: `quoteVolume` bought and sold at `price`, `takerShare` of it bought by
 * takers.
 */
export function stepTrades(
  decimals: Decimals,
  step: {price: number; quoteVolume: number; tradeCount: number; takerShare: number},
): StepTrades {
  const price = Math.max(1, Math.round(step.price * 10 ** decimals.price));
  const paid = price / 10 ** decimals.price;
  const volume = Math.max(1, Math.round((step.quoteVolume / paid) * 10 ** decimals.volume));
  const takerVolume = Math.round(volume * step.takerShare);
  const quoteUnits = (lots: number) =>
    Math.round((lots * paid * 10 ** QUOTE_DECIMALS) / 10 ** decimals.volume);
  return {
    price,
    volume,
    quoteVolume: quoteUnits(volume),
    tradeCount: step.tradeCount,
    takerVolume,
    takerQuoteVolume: quoteUnits(takerVolume),
  };
}

/** The candle of one symbol and interval that is being traded. */
export class SimulatedCandle {
  readonly interval: KlineInterval;
  /** Open time of the candle; -1 before the first step. */
  openTime = -1;

  readonly #decimals: Decimals;
  /** In whole units, of the steps since `openTime`. */
  #open = 0;
  #high = 0;
  #low = 0;
  #close = 0;
  #volume = 0;
  #quoteVolume = 0;
  #tradeCount = 0;
  #takerVolume = 0;
  #takerQuoteVolume = 0;

  constructor(interval: KlineInterval, decimals: Decimals) {
    this.interval = interval;
    this.#decimals = decimals;
  }

  /**
   * Takes the trades of the step that begins at `timeMs`; they begin another candle where it is
   * due.
   */
  add(timeMs: number, trades: StepTrades): void {
    const intervalMs = INTERVAL_MS[this.interval];
    const openTime = timeMs - (timeMs % intervalMs);
    if (openTime !== this.openTime) this.#restart(openTime, trades.price);
    this.#high = Math.max(this.#high, trades.price);
    this.#low = Math.min(this.#low, trades.price);
    this.#close = trades.price;
    this.#volume += trades.volume;
    this.#quoteVolume += trades.quoteVolume;
    this.#tradeCount += trades.tradeCount;
    this.#takerVolume += trades.takerVolume;
    this.#takerQuoteVolume += trades.takerQuoteVolume;
  }

  /**
   * A step without trades: where another candle is due it begins flat, at the last price. Throws an `Error` before the first
   * trade.
   */
  rest(timeMs: number): void {
    if (this.openTime < 0) throw new Error('Expected a candle that has traded');
    const intervalMs = INTERVAL_MS[this.interval];
    const openTime = timeMs - (timeMs % intervalMs);
    if (openTime !== this.openTime) this.#restart(openTime, this.#close);
  }

  /** First millisecond behind the candle. */
  get endMs(): number {
    return this.openTime + INTERVAL_MS[this.interval];
  }

  /** The candle as it stands. */
  kline(): Kline {
    const {price, volume} = this.#decimals;
    return [
      this.openTime,
      decimal(this.#open, price),
      decimal(this.#high, price),
      decimal(this.#low, price),
      decimal(this.#close, price),
      decimal(this.#volume, volume),
      this.endMs - 1,
      decimal(this.#quoteVolume, QUOTE_DECIMALS),
      this.#tradeCount,
      decimal(this.#takerVolume, volume),
      decimal(this.#takerQuoteVolume, QUOTE_DECIMALS),
      '0',
    ];
  }

  #restart(openTime: number, price: number): void {
    this.openTime = openTime;
    this.#open = price;
    this.#high = price;
    this.#low = price;
    this.#volume = 0;
    this.#quoteVolume = 0;
    this.#tradeCount = 0;
    this.#takerVolume = 0;
    this.#takerQuoteVolume = 0;
  }
}

function decimal(units: number, decimals: number): string {
  return (units / 10 ** decimals).toFixed(decimals);
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
