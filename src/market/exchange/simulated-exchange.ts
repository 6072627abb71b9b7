/**
 * A server that speaks Binance's spot market-data protocol on one loopback port: REST and web-socket streams, with the
 * limits and, on demand, the faults of the real one.
 *
 *     const exchange = new SimulatedExchange({market: new SimulatedMarket({intervals: ['1m']}), speed: 0});
 *     const {streamUrl, restUrl} = await exchange.listen();   // ws://127.0.0.1:<port>, http://127.0.0.1:<port>
 *     await exchange.play(exchange.timeMs + 60_000);          // a minute of the market, as fast as it goes
 *     exchange.klines('BTCUSDT', '1m');                       // the truth: what REST would answer, without its limit
 *     exchange.frameFaults.lose({closed: true});              // the next closing frame is lost
 *     exchange.linkFaults.stall();                            // silence on open sockets
 *     exchange.restFaults.add({kind: 'status', status: 429}); // the next request
 *     exchange.counts(); exchange.faultCounts();              // what clients did and got
 *     await exchange.close();
 *
 * Served: `/api/v3/` `ping`, `time`, `klines`, `ticker/24hr`, `exchangeInfo`; `/ws`, `/ws/<stream>`, `/stream`,
 * `/stream?streams=<a>/<b>` with `<symbol>@kline_<interval>`, `<symbol>@ticker`, `<symbol>@miniTicker`, `!miniTicker@arr`.
 * Any other stream can be subscribed, as on Binance, and stays silent. Not served: microseconds, other time zones, other
 * intervals than the machine's, trades and order books.
 */
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Kline, KlineInterval} from '../kline.js';
import type {LinkState} from './connection.js';
import {completeLimits, type ExchangeLimits, REQUEST_HEAD_BYTES_MAX} from './exchange-limits.js';
import {type FrameFault, FrameFaults} from './frame-faults.js';
import {type LinkFault, LinkFaults} from './link-faults.js';
import {type ExchangeMarket, MarketBook, type SymbolStatus} from './market-book.js';
import {Publisher} from './publisher.js';
import {type RestFaultKind, RestFaults} from './rest-faults.js';
import {RestServer} from './rest-server.js';
import type {KlineQuery} from './series-book.js';
import {StreamServer} from './stream-server.js';
import {type ExchangeCount, Tally} from './tally.js';

/** Market time that one `tick()` makes up for at most, times the speed. After a longer pause the next ticks catch up. */
export const CATCH_UP_MS_MAX = 300_000;

/** Market time between two turns of the event loop in `play()`. */
const PLAY_PORTION_MS = 2_000;

export interface SimulatedExchangeOptions {
  /** What happens: a `SimulatedMarket` or a `RecordedMarket` that nobody else advances. */
  market: ExchangeMarket;
  /** Times the clock. Default 1. 0: the market stands still but for `advance()` and `play()`. */
  speed?: number;
  /**
   * Moment of `clock` at which the market's time was that of its start. Default the present one; earlier where the market took
   * a while to make, which would be a delay of every event for ever.
   */
  anchorMs?: number;
  /** Milliseconds: what pings, limits and the market's time go by. Default `Date.now`. */
  clock?: () => number;
  /** Calls `tick` every so many ms; returns what ends that. Default `setInterval`. */
  repeat?: (tick: () => void, intervalMs: number) => () => void;
  /** Calls back once, for slow answers; returns what calls it off. Default `setTimeout`. */
  delay?: (callback: () => void, delayMs: number) => () => void;
  /** Between two looks at the clock, ms. Default 100. */
  tickIntervalMs?: number;
  limits?: Partial<ExchangeLimits>;
}

const DEFAULTS = Object.freeze({
  speed: 1,
  clock: Date.now,
  repeat: (tick: () => void, intervalMs: number) => {
    const timer = setInterval(tick, intervalMs);
    return () => clearInterval(timer);
  },
  delay: (callback: () => void, delayMs: number) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  tickIntervalMs: 100,
  limits: {},
});

/** Everything that an exchange can be asked to do wrong. */
export type FaultKind = FrameFault | LinkFault | RestFaultKind;

/** An open connection, as a test sees it. */
export interface ConnectionView {
  id: number;
  streams: string[];
  link: LinkState;
}

/** See the head of this file. */
export class SimulatedExchange {
  readonly frameFaults: FrameFaults;
  readonly linkFaults: LinkFaults;
  readonly restFaults: RestFaults;

  readonly #options: Required<Omit<SimulatedExchangeOptions, 'anchorMs'>>;
  readonly #book: MarketBook;
  readonly #streams: StreamServer;
  readonly #publisher: Publisher;
  readonly #server: Server;
  readonly #tally = new Tally<ExchangeCount>();
  readonly #faultTally = new Tally<FaultKind>();
  /** The market's time as it was last advanced to; never steps back. */
  #nowMs: number;
  /** What the market's time is ahead of the clock's times the speed. */
  readonly #aheadMs: number;
  /** Where it listens; undefined before `listen()`. */
  #address: {host: string; port: number} | undefined;
  /** Ends the ticks. */
  #cancel: (() => void) | undefined;

  /** Throws a `TypeError` for options out of range. */
  constructor(options: SimulatedExchangeOptions) {
    this.#options = {...DEFAULTS, ...options};
    const {market, speed, clock, delay} = this.#options;
    if (!(Number.isFinite(speed) && speed >= 0)) {
      throw new TypeError(`Expected \`speed\` to be a number from 0, got \`${speed}\``);
    }
    const limits = completeLimits(this.#options.limits);
    this.#book = new MarketBook(market.history());
    this.#nowMs = market.timeMs;
    this.#aheadMs = market.timeMs - (options.anchorMs ?? clock()) * speed;
    this.frameFaults = new FrameFaults(this.#faultTally as Tally<FrameFault>);
    this.restFaults = new RestFaults(this.#faultTally as Tally<RestFaultKind>);
    this.#streams = new StreamServer({
      limits,
      clock,
      tally: this.#tally,
      faults: this.frameFaults,
      opened: connection => this.linkFaults.meet(connection),
      swallowed: () => this.#faultTally.add('swallowed'),
    });
    this.linkFaults = new LinkFaults(this.#streams, this.#faultTally as Tally<LinkFault>);
    this.#publisher = new Publisher({
      book: this.#book,
      streams: this.#streams,
      faults: this.frameFaults,
    });
    const context = () => ({
      book: this.#book,
      limits,
      nowMs: this.timeMs,
      serverTimeMs: this.timeMs + this.frameFaults.skewMs,
    });
    const parts = {context, clock, delay, tally: this.#tally, faults: this.restFaults};
    this.#server = this.#createServer(new RestServer(parts));
  }

  /** Opens the port and starts the ticks. Rejects with Node's error where the port can't be had. */
  async listen({host = '127.0.0.1', port = 0}: {host?: string; port?: number} = {}): Promise<{
    streamUrl: string;
    restUrl: string;
  }> {
    if (this.#address) throw new Error('Expected an exchange that does not listen yet');
    await this.#open(host, port);
    const {port: actual} = this.#server.address() as AddressInfo;
    this.#address = {host, port: actual};
    const {repeat, tickIntervalMs} = this.#options;
    this.#cancel = repeat(() => this.tick(), tickIntervalMs);
    return {streamUrl: this.streamUrl, restUrl: this.restUrl};
  }

  /** `ws://<host>:<port>`. Throws an `Error` before `listen()`. */
  get streamUrl(): string {
    return `ws://${this.#authority()}`;
  }

  /** `http://<host>:<port>`. Throws an `Error` before `listen()`. */
  get restUrl(): string {
    return `http://${this.#authority()}`;
  }

  /** The exchange's time, epoch ms: what has happened by then is in the book. */
  get timeMs(): number {
    return this.#nowMs;
  }

  /** The connections that are open, in the order of connecting. */
  get connections(): ConnectionView[] {
    return this.#streams.connections.map(({id, streams, link}) => ({
      id,
      link,
      streams: [...streams],
    }));
  }

  /** What happened on a series, ascending, the open candle last: what REST would answer. Throws for an unknown one. */
  klines(symbol: string, interval: KlineInterval, query: KlineQuery = {}): Kline[] {
    const series = this.#book.symbol(symbol)?.series.get(interval);
    if (!series) throw new TypeError(`Expected a known series, got \`${symbol} ${interval}\``);
    return series.query(query);
  }

  /** All series there are. */
  get series(): {symbol: string; interval: KlineInterval}[] {
    return [...this.#book.symbols].flatMap(({symbol, series}) =>
      [...series.keys()].map(interval => ({symbol, interval})),
    );
  }

  /** What `exchangeInfo` says of a symbol from now on. The market goes on all the same. Throws for an unknown one. */
  setStatus(symbol: string, status: SymbolStatus): void {
    const book = this.#book.symbol(symbol);
    if (!book) throw new TypeError(`Expected a known symbol, got \`${symbol}\``);
    book.status = status;
  }

  /** What clients did and got so far. What never happened is missing. */
  counts(): Partial<Record<ExchangeCount | 'candlesForgotten', number>> {
    return {...this.#tally.all(), candlesForgotten: this.#book.forgottenCount};
  }

  /** What went wrong on demand so far. What never happened is missing. */
  faultCounts(): Partial<Record<FaultKind, number>> {
    return this.#faultTally.all();
  }

  /** Lets the market go on up to `toMs` and sends what its streams tell; at once, in this turn of the event loop. */
  advance(toMs: number): void {
    let momentMs: number | undefined;
    for (const event of this.#options.market.advance(toMs)) {
      if (event.timeMs !== momentMs) this.#endMoment(momentMs);
      momentMs = event.timeMs;
      const change = this.#book.record(event);
      if (change) this.#publisher.publishKline(change);
    }
    this.#endMoment(momentMs);
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }

  /** As `advance()`, in portions between which sockets get their turn. */
  async play(toMs: number): Promise<void> {
    while (this.#nowMs < toMs) {
      this.advance(Math.min(toMs, this.#nowMs + PLAY_PORTION_MS));
      await nextTurn();
    }
  }

  /** Does what is due by the clock: the market's share of its time, pings, and the end of connections. */
  tick(): void {
    const {speed, clock} = this.#options;
    const clockMs = clock();
    if (speed > 0) {
      const dueMs = this.#aheadMs + clockMs * speed;
      const catchUpMs = CATCH_UP_MS_MAX * Math.max(1, speed);
      this.advance(Math.min(dueMs, this.#nowMs + catchUpMs));
    }
    this.#streams.keep(clockMs);
  }

  /** Tells every connection that the server is about to go. Dropping them is `linkFaults.drop()`. */
  announceShutdown(): void {
    const json = JSON.stringify({e: 'serverShutdown', E: this.timeMs + this.frameFaults.skewMs});
    this.#streams.announce('!serverShutdown', json);
  }

  /** New TCP connections are refused until `acceptTcp()`. Those open stay, but for idle ones of HTTP. */
  refuseTcp(): void {
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  /** Listens again, on the same port. */
  async acceptTcp(): Promise<void> {
    if (!this.#address) throw new Error('Expected an exchange that has listened');
    await this.#open(this.#address.host, this.#address.port);
  }

  /** Ends all connections and frees the port. May be called at any time, any number of times. */
  async close(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#streams.close();
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  /** All candles of a moment are told: now its tickers. */
  #endMoment(timeMs: number | undefined): void {
    if (timeMs !== undefined) this.#publisher.publishTickers(timeMs);
  }

  #createServer(rest: RestServer): Server {
    const options = {maxHeaderSize: REQUEST_HEAD_BYTES_MAX};
    const server = createServer(options, (request, response) => rest.serve(request, response));
    server.on('upgrade', (request, socket, head) => {
      const status = this.linkFaults.takeRefusal();
      if (status === undefined) this.#streams.accept(request, socket, head);
      else this.#streams.refuse(socket, {status, code: -1000, msg: 'Fault on demand.'});
    });
    return server;
  }

  #open(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  #authority(): string {
    if (!this.#address) throw new Error('Expected an exchange that listens');
    return `${this.#address.host}:${this.#address.port}`;
  }
}
