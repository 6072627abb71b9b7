import {DAY_MS, DayWindow} from './day-window.js';
import type {Kline, KlineInterval, Ticker} from './kline.js';
import {PriceWalk} from './price-walk.js';
import {Random} from './random.js';
import {type Decimals, decimalsOf, SimulatedCandle, stepTrades} from './simulated-candle.js';

/**
 * Symbols with the prices, in USDT, that they start near. Any others get a name and a price of
 * their own.
 */
const KNOWN_PRICES: Readonly<Record<string, number>> = Object.freeze({
  BTCUSDT: 96_000,
  ETHUSDT: 3_300,
  BNBUSDT: 690,
  SOLUSDT: 190,
  XRPUSDT: 2.2,
  DOGEUSDT: 0.32,
  ADAUSDT: 0.88,
  AVAXUSDT: 36,
  LINKUSDT: 20,
  DOTUSDT: 6.7,
  TRXUSDT: 0.25,
  LTCUSDT: 104,
  BCHUSDT: 440,
  UNIUSDT: 13,
  ATOMUSDT: 6.2,
  NEARUSDT: 5,
  APTUSDT: 8.8,
  ARBUSDT: 0.72,
  OPUSDT: 1.8,
  SUIUSDT: 4.1,
});

/** Turnover a day, USDT: drawn between these on a logarithmic scale. */
const DAY_TURNOVER_MIN = 2e6;
const DAY_TURNOVER_MAX = 4e8;

/** Mean worth of a trade, USDT. */
const TRADE_WORTH = 900;

/** Mean length of a pause in which nobody trades a symbol; lengths are exponentially distributed. */
const PAUSE_MS_MEAN = 180_000;

/** `count` names: the known ones first, then SIM021USDT, SIM022USDT, ... */
export function simulatedNames(count: number): string[] {
  const known = Object.keys(KNOWN_PRICES);
  return Array.from(
    {length: count},
    (_, index) => known[index] ?? `SIM${String(index + 1).padStart(3, '0')}USDT`,
  );
}

/** One symbol of the simulated market: its price, its candles in the making and its ticker. */
export class SimulatedSymbol {
  readonly symbol: string;
  /** The candle in the making of each interval, in the order asked for. */
  readonly candles: readonly SimulatedCandle[];

  readonly #random: Random;
  readonly #walk: PriceWalk;
  readonly #decimals: Decimals;
  readonly #dayTurnover: number;
  readonly #window: DayWindow;
  /** Apart from the prices' random numbers: the market between the pauses is the same without them. */
  readonly #pauseRandom: Random;
  readonly #pausesPerDay: number;
  /** What is left of a pause. Not positive: there is trade. */
  #pauseLeftMs = 0;

  /** Equal in all its life for equal arguments; other symbols of the market don't bear on it. */
  constructor(
    symbol: string,
    intervals: readonly KlineInterval[],
    {seed, pausesPerDay}: {seed: number; pausesPerDay: number},
  ) {
    this.#pauseRandom = new Random(`${seed} ${symbol} pauses`);
    this.#pausesPerDay = pausesPerDay;
    this.symbol = symbol;
    this.#random = new Random(`${seed} ${symbol}`);
    const near = KNOWN_PRICES[symbol] ?? 10 ** this.#random.between(-2, 2);
    const startPrice = near * this.#random.between(0.9, 1.1);
    const scale = Math.log(DAY_TURNOVER_MAX / DAY_TURNOVER_MIN);
    this.#dayTurnover = DAY_TURNOVER_MIN * Math.exp(scale * this.#random.next());
    this.#walk = new PriceWalk(startPrice, this.#random);
    this.#decimals = decimalsOf(startPrice);
    this.candles = intervals.map(interval => new SimulatedCandle(interval, this.#decimals));
    this.#window = new DayWindow(symbol);
  }

  /** Trades from `timeMs` on for `stepMs`, which must not go beyond the end of any candle. */
  step(timeMs: number, stepMs: number): void {
    const {price, activity} = this.#walk.step(stepMs);
    const quoteVolume = (this.#dayTurnover * activity * stepMs) / DAY_MS;
    const takerShare = this.#random.between(0.3, 0.7);
    const tradeCount = Math.max(1, Math.round(quoteVolume / TRADE_WORTH));
    const trades = stepTrades(this.#decimals, {price, quoteVolume, tradeCount, takerShare});
    const isPaused = this.#isPaused(stepMs);
    for (const candle of this.candles) {
      if (isPaused && candle.openTime >= 0) candle.rest(timeMs);
      else candle.add(timeMs, trades);
    }
  }

  /** Tells the ticker of a candle of the finest interval, open or closed. */
  observe(kline: Kline): void {
    this.#window.record(kline);
  }

  ticker(): Ticker {
    return this.#window.ticker();
  }

  /** Takes a step's time off the present pause, or begins one. */
  #isPaused(stepMs: number): boolean {
    if (this.#pausesPerDay === 0) return false;
    if (this.#pauseLeftMs > 0) {
      this.#pauseLeftMs -= stepMs;
      return true;
    }
    const begins = this.#pauseRandom.next() < (this.#pausesPerDay * stepMs) / DAY_MS;
    if (begins) this.#pauseLeftMs = -Math.log(1 - this.#pauseRandom.next()) * PAUSE_MS_MEAN;
    return begins;
  }
}
