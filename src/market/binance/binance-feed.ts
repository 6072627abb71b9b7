import {backoffMs} from '../../backoff.js';
import {type Clock, pause, SYSTEM_CLOCK} from '../clock.js';
import {INTERVAL_MS, type KlineInterval} from '../kline.js';
import type {MeasuredKlines} from '../measured-klines.js';
import {ExchangeTime} from './exchange-time.js';
import type {FeedMeter} from './feed-meter.js';
import {FeedRoutes} from './feed-routes.js';
import {FEED_LIMITS, type FeedLimits} from './limits.js';
import {MarketApi} from './market-api.js';
import {RestClient} from './rest-client.js';
import {RestError} from './rest-error.js';
import {SeriesRepairs} from './series-repairs.js';
import {StreamClient, type StreamState} from './stream-client.js';
import {chooseSymbols} from './symbol-choice.js';
import {UNKNOWN_SYMBOL, UpdateGate} from './update-gate.js';
import {WeightBudget} from './weight-budget.js';

/**
 * Milliseconds between two looks at the exchange's clock in a run without trouble. A clock that drifts by 0.5 s a minute, which
 * is far from sound, stays within 5 s.
 */
const CLOCK_WATCH_INTERVAL_MS = 600_000;

/** What is said while the exchange gives no answer to begin with. */
const OUT_OF_REACH = 'The exchange is out of reach';

export interface BinanceFeedOptions {
  /** Base URL of the streams, such as `wss://data-stream.binance.vision`. */
  readonly streamUrl: string;
  /** Base URL of REST, such as `https://data-api.binance.vision`. */
  readonly restUrl: string;
  readonly intervals: readonly KlineInterval[];
  /** Names, or how many of the largest by 24-hour quote volume. */
  readonly symbols: readonly string[] | number;
  /** What these trade against. Default `USDT`; means nothing beside names. */
  readonly quoteAsset?: string;
  /** Candles a series to load at the start, the open one included. Default 500. */
  readonly historyCandles?: number;
  readonly klines: MeasuredKlines;
  readonly meter: FeedMeter;
  readonly clock?: Clock;
  readonly limits?: Partial<FeedLimits>;
  /** From 0 up to, not including, 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Told in a line what goes wrong and is dealt with. */
  readonly onWarning?: (line: string) => void;
  readonly onState?: (state: StreamState) => void;
  /** Told after each series that is up to date, while the history loads. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Live candles and tickers of a spot exchange that speaks Binance's protocol: history by REST, then the stream, then both. */
export class BinanceFeed {
  readonly #options: BinanceFeedOptions;
  readonly #clock: Clock;
  readonly #limits: FeedLimits;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  readonly #routes = new FeedRoutes();
  readonly #budget: WeightBudget;
  readonly #api: MarketApi;
  readonly #time: ExchangeTime;
  readonly #stream: StreamClient;
  readonly #repairs: SeriesRepairs;
  #hasStarted = false;
  /** That a first failure needs no line any more: there was one, or the symbols are known. */
  #hasTold = false;
  /** Cancels the next look at the exchange's clock. */
  #cancelClockWatch: () => void = () => {};
  /** Series whose history is loaded, of those that were asked for at the start; undefined once all are. */
  #progress: {done: number; total: number} | undefined;

  /** Touches no network yet. */
  constructor(options: BinanceFeedOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#limits = {...FEED_LIMITS, ...options.limits};
    this.#random = options.random ?? Math.random;
    const {klines, meter, historyCandles = 500} = options;
    const clock = this.#clock;
    const limits = this.#limits;
    const random = this.#random;
    const {signal} = this.#stop;
    this.#budget = new WeightBudget(limits.restWeightShare);
    const client = new RestClient({
      url: options.restUrl,
      clock,
      limits,
      budget: this.#budget,
      random,
      signal,
      onAnswer: status => meter.answer(status),
      onRetry: line => this.#tellFirst(line),
    });
    this.#api = new MarketApi(client);
    this.#time = new ExchangeTime(clock, () => this.#api.serverTime());
    const exchangeNowMs = () => this.#time.nowMs();
    this.#repairs = new SeriesRepairs({
      api: this.#api,
      klines,
      clock,
      limits,
      random,
      time: this.#time,
      historyCandles,
      signal,
      onFailure: (symbol, interval, error) => this.#warn(`Loading ${symbol} ${interval}`, error),
      onDone: () => this.#tellProgress(),
    });
    const gate = new UpdateGate({
      clock,
      limits,
      routes: this.#routes,
      klines,
      meter,
      exchangeNowMs,
      onGap: ({symbol, interval}) => this.#repairs.request(symbol, interval),
      onFuture: () => void this.#refreshTime(),
    });
    this.#stream = new StreamClient({
      url: options.streamUrl,
      clock,
      limits,
      random,
      listener: {
        onFrame: frame => {
          if (frame.kind === 'reply' && frame.error !== undefined) {
            this.#warn('A request to the stream was refused', `${frame.error} [stream_refused]`);
          }
          gate.take(frame);
        },
        onState: state => {
          meter.state(state);
          options.onState?.(state);
        },
        onReconnected: () => {
          meter.reconnected();
          void this.#catchUp();
        },
        onRenewed: () => meter.renewed(),
        onPing: () => meter.ping(),
        onLost: (reason, detail) =>
          this.#warn(`The stream was lost (${reason})`, `${detail} [stream_lost]`),
      },
    });
  }

  /** The stream as a whole. */
  get state(): StreamState {
    return this.#stream.state;
  }

  get connectionCount(): number {
    return this.#stream.connectionCount;
  }

  /** Series whose history or gaps are being loaded. */
  get repairsPending(): number {
    return this.#repairs.pendingCount;
  }

  /**
   * Chooses the symbols, connects, and loads the history. Resolves when all series are up to date but those that the exchange
   * refuses to tell of, or the feed was stopped.
   * While the exchange can't be reached it tries on, with growing pauses: it rejects for a programmer's error only.
   */
  async start(): Promise<void> {
    if (this.#hasStarted) throw new Error('Expected one start() of a feed, got another');
    this.#hasStarted = true;
    const {klines, meter, intervals} = this.#options;
    klines.countParseErrors(UNKNOWN_SYMBOL, 0);
    meter.state('connecting');
    const symbols = await this.#untilReached(() => this.#chooseSymbols());
    if (symbols === undefined || this.#stop.signal.aborted) return;
    this.#hasTold = true;
    this.#watchClock();
    this.#progress = {done: 0, total: symbols.length * intervals.length};
    this.setSeries(symbols, intervals);
    await this.#repairs.idle();
    this.#progress = undefined;
  }

  /** Resolves when no series is being brought up to date, or the feed was stopped. */
  idle(): Promise<void> {
    return this.#repairs.idle();
  }

  /** Follows each of these symbols with each of these intervals from now on, and forgets all others. */
  setSeries(symbols: readonly string[], intervals: readonly KlineInterval[]): void {
    const {klines, meter} = this.#options;
    const change = this.#routes.set(symbols, intervals);
    for (const {symbol, interval} of change.removedSeries) {
      this.#repairs.forget(symbol, interval);
      klines.removeSeries(symbol, interval);
    }
    for (const symbol of change.removedSymbols) {
      for (const interval of Object.keys(INTERVAL_MS)) {
        this.#repairs.forget(symbol, interval as KlineInterval);
      }
      klines.removeSymbol(symbol);
      meter.removeSymbol(symbol);
    }
    for (const symbol of change.addedSymbols) meter.addSymbol(symbol);
    for (const {symbol, interval} of change.addedSeries) klines.expect(symbol, interval);
    // The stream first: what happens while the history loads is then told twice, not never.
    this.#stream.setStreams(this.#routes.streams());
    for (const {symbol, interval} of change.addedSeries) this.#repairs.request(symbol, interval);
  }

  /** Sets the gauges to what holds now. To be called before each page. */
  report(): void {
    this.#options.meter.report({
      weightUsed: this.#budget.usedAt(this.#clock.epochMs()),
      repairsPending: this.#repairs.pendingCount,
    });
  }

  /** Closes all connections. Nothing is recorded any more once it has returned. May be called any number of times. */
  stop(): void {
    this.#stop.abort();
    this.#cancelClockWatch();
    this.#stream.close();
    this.#options.meter.state('disconnected');
  }

  async #chooseSymbols(): Promise<string[]> {
    const {symbols, quoteAsset = 'USDT', klines} = this.#options;
    await this.#time.refresh();
    const info = await this.#api.exchangeInfo();
    if (info.weightPerMinute !== undefined) this.#budget.setLimit(info.weightPerMinute);
    const tickers = await this.#api.dayTickers();
    const malformedCount = info.symbols.malformedCount + tickers.malformedCount;
    if (malformedCount > 0) klines.countParseErrors(UNKNOWN_SYMBOL, malformedCount);
    const isCount = typeof symbols === 'number';
    const chosen = isCount
      ? chooseSymbols(info.symbols.rows, tickers.rows, {quoteAsset, count: symbols})
      : tickers.rows.filter(({s}) => symbols.includes(s));
    if (isCount && chosen.length === 0) {
      throw new RestError('no_symbols', `expected some to trade there, got none`);
    }
    for (const ticker of chosen) klines.recordTicker(ticker);
    return isCount ? chosen.map(({s}) => s) : [...symbols];
  }

  /** Tries until it succeeds; undefined where the feed is stopped before. */
  async #untilReached<T>(attempt: () => Promise<T>): Promise<T | undefined> {
    const {signal} = this.#stop;
    const backoff = {baseMs: this.#limits.backoffBaseMs, capMs: this.#limits.backoffCapMs};
    for (let failureCount = 0; !signal.aborted; failureCount += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof RestError)) throw error;
        const {quoteAsset} = this.#options;
        const isEmpty = error.code === 'no_symbols';
        const what = isEmpty ? `No symbol trades against ${quoteAsset}` : OUT_OF_REACH;
        this.#hasTold = true;
        if (!signal.aborted) this.#warn(what, error);
      }
      await pause(this.#clock, backoffMs(failureCount, {...backoff, random: this.#random}), signal);
    }
    return undefined;
  }

  /** After a loss: whatever series has a candle that ended meanwhile is repaired, before its next update tells. */
  async #catchUp(): Promise<void> {
    await this.#refreshTime();
    if (this.#stop.signal.aborted) return;
    const now = this.#time.nowMs();
    for (const {symbol, interval} of this.#routes.series()) {
      const reach = this.#options.klines.reach(symbol, interval);
      if (!reach) continue;
      const lengths = reach.isNewestClosed ? 2 : 1;
      const isBehind = reach.newestOpenTime + lengths * INTERVAL_MS[interval] <= now;
      if (isBehind) this.#repairs.request(symbol, interval);
    }
  }

  /** Clocks drift apart, however well they agreed at the start. */
  #watchClock(): void {
    this.#cancelClockWatch = this.#clock.after(CLOCK_WATCH_INTERVAL_MS, () => {
      void this.#refreshTime();
      this.#watchClock();
    });
  }

  async #refreshTime(): Promise<void> {
    try {
      await this.#time.refresh();
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#warn("The exchange's clock is unknown", error);
    }
  }

  /** The first failure of a start at once: all attempts of a request take a while. */
  #tellFirst(line: string): void {
    if (this.#hasTold) return;
    this.#hasTold = true;
    this.#options.onWarning?.(`${OUT_OF_REACH} so far: ${line} [rest_unavailable]`);
  }

  #tellProgress(): void {
    if (!this.#progress) return;
    this.#progress.done += 1;
    this.#options.onProgress?.(this.#progress.done, this.#progress.total);
  }

  #warn(what: string, why: unknown): void {
    const text = why instanceof RestError ? `${why.message} [${why.code}]` : String(why);
    this.#options.onWarning?.(`${what}: ${text}`);
  }
}
