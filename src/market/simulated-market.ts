import type {MarketEvent} from './feed.js';
import {historyStages} from './history-stages.js';
import {
  INTERVAL_MS,
  KLINE_INTERVALS,
  type Kline,
  type KlineInterval,
  type Ticker,
} from './kline.js';
import {SimulatedSymbol, simulatedNames} from './simulated-symbol.js';

/** Symbols that a simulated market takes. More are refused. */
export const SIMULATED_SYMBOLS_MAX = 2_000;

/** Where a simulation begins unless told otherwise: 2026-01-01T00:00:00Z. */
export const SIMULATION_START_MS = 1_767_225_600_000;

export interface SimulatedMarketOptions {
  /** How many symbols, or their names. Default 20: BTCUSDT, ETHUSDT, ... */
  symbols?: number | readonly string[];
  /** Default 5m and 15m. */
  intervals?: readonly KlineInterval[];
  /** Closed candles a series before the start. Default 300. */
  historyCandles?: number;
  /** Default 1. */
  seed?: number;
  /** Epoch ms, rounded down to a tick. Default {@link SIMULATION_START_MS}. */
  startMs?: number;
  /** Time between updates, ms; divides the finest interval. Default 2,000, Binance's own speed. */
  tickMs?: number;
  /** Pauses of some minutes without a trade that each symbol has a day: their candles are flat. Default 0. */
  pausesPerDay?: number;
}

/** The closed candles of a series up to the start, oldest first. */
export interface SeriesHistory {
  symbol: string;
  interval: KlineInterval;
  klines: Kline[];
}

const DEFAULTS: Readonly<Required<SimulatedMarketOptions>> = Object.freeze({
  symbols: 20,
  intervals: ['5m', '15m'] as const,
  historyCandles: 300,
  seed: 1,
  startMs: SIMULATION_START_MS,
  tickMs: 2_000,
  pausesPerDay: 0,
});

/**
 * A market made of seeded random walks. Two with equal options are equal tick for tick, however
 * their time is advanced. Knows no clock: see `SimulatedExchange`.
 *
 * All intervals of a symbol see the same trades, so a 15m candle is exactly its three 5m candles.
 */
export class SimulatedMarket {
  readonly #symbols: SimulatedSymbol[];
  readonly #finest: KlineInterval;
  readonly #tickMs: number;
  readonly #history: SeriesHistory[];
  /** Everything before this moment has been traded; a multiple of the tick. */
  #timeMs: number;

  /** Throws a `TypeError` for options out of range. */
  constructor(options: SimulatedMarketOptions = {}) {
    const {symbols, intervals, historyCandles, seed, startMs, tickMs, pausesPerDay} = {
      ...DEFAULTS,
      ...options,
    };
    const names = typeof symbols === 'number' ? simulatedNames(symbols) : symbols;
    assertNames('symbols', names, SIMULATED_SYMBOLS_MAX);
    assertNames('intervals', intervals, KLINE_INTERVALS.length);
    assertInteger('historyCandles', historyCandles, 1);
    assertInteger('startMs', startMs, 0);
    assertInteger('pausesPerDay', pausesPerDay, 0);
    const lengths = intervals.map(interval => INTERVAL_MS[interval]);
    assertDivides(tickMs, Math.min(...lengths));
    this.#finest = intervals[lengths.indexOf(Math.min(...lengths))]!;
    this.#tickMs = tickMs;
    this.#timeMs = startMs - (startMs % tickMs);
    this.#symbols = names.map(name => new SimulatedSymbol(name, intervals, {seed, pausesPerDay}));
    this.#history = this.#symbols.flatMap(symbol => this.#tradeHistory(symbol, historyCandles));
  }

  /** Where the simulation stands, epoch ms. */
  get timeMs(): number {
    return this.#timeMs;
  }

  /** The closed candles of every series up to the start. */
  history(): SeriesHistory[] {
    return this.#history.map(series => ({
      ...series,
      klines: series.klines.map(kline => kline.slice() as Kline),
    }));
  }

  /** The ticker of every symbol at this moment. */
  tickers(): Ticker[] {
    return this.#symbols.map(symbol => symbol.ticker());
  }

  /**
   * Trades on up to `toMs` and returns what happened, in the order of time: at each tick, for each
   * symbol, every candle as it stands (closed at its end) and the ticker.
   */
  advance(toMs: number): MarketEvent[] {
    const events: MarketEvent[] = [];
    while (this.#timeMs + this.#tickMs <= toMs) {
      for (const symbol of this.#symbols) {
        symbol.step(this.#timeMs, this.#tickMs);
        this.#report(symbol, this.#timeMs + this.#tickMs, events);
      }
      this.#timeMs += this.#tickMs;
    }
    return events;
  }

  #report(traded: SimulatedSymbol, timeMs: number, events: MarketEvent[]): void {
    const {symbol} = traded;
    for (const candle of traded.candles) {
      const {interval} = candle;
      const kline = candle.kline();
      if (interval === this.#finest) traded.observe(kline);
      events.push({
        kind: 'kline',
        timeMs,
        symbol,
        interval,
        kline,
        closed: candle.endMs === timeMs,
      });
    }
    events.push({kind: 'ticker', timeMs, ticker: traded.ticker()});
  }

  #tradeHistory(traded: SimulatedSymbol, historyCandles: number): SeriesHistory[] {
    const history = traded.candles.map(({interval}) => emptyHistory(traded.symbol, interval));
    const lengths = history.map(({interval}) => INTERVAL_MS[interval]);
    const span = {startMs: this.#timeMs, tickMs: this.#tickMs, historyCandles};
    for (const {fromMs, toMs, stepMs} of historyStages(lengths, span)) {
      for (let timeMs = fromMs; timeMs < toMs; timeMs += stepMs) {
        traded.step(timeMs, stepMs);
        this.#collect(traded, timeMs + stepMs, history);
      }
    }
    return history.map(series => ({...series, klines: series.klines.slice(-historyCandles)}));
  }

  /** Keeps the candles that end at `timeMs`. */
  #collect(traded: SimulatedSymbol, timeMs: number, history: SeriesHistory[]): void {
    traded.candles.forEach((candle, index) => {
      if (candle.endMs !== timeMs) return;
      const {klines} = history[index]!;
      const kline = candle.kline();
      klines.push(kline);
      if (candle.interval === this.#finest) traded.observe(kline);
    });
  }
}

function emptyHistory(symbol: string, interval: KlineInterval): SeriesHistory {
  return {symbol, interval, klines: []};
}

function assertNames(option: string, names: readonly string[], countMax: number): void {
  const isFit =
    names.length > 0 && names.length <= countMax && new Set(names).size === names.length;
  if (isFit && names.every(name => name !== '')) return;
  const expected = `Expected \`${option}\` to be 1 to ${countMax} different names`;
  throw new TypeError(`${expected}, got ${names.length}: \`${names.slice(0, 5).join(', ')}\``);
}

function assertInteger(option: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return;
  throw new TypeError(
    `Expected \`${option}\` to be an integer of at least ${min}, got \`${value}\``,
  );
}

function assertDivides(tickMs: number, finestMs: number): void {
  if (Number.isSafeInteger(tickMs) && tickMs > 0 && finestMs % tickMs === 0) return;
  throw new TypeError(`Expected \`tickMs\` to divide ${finestMs}, got \`${tickMs}\``);
}
