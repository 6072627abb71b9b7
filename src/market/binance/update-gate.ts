import type {Clock} from '../clock.js';
import type {MeasuredKlines} from '../measured-klines.js';
import type {FeedMeter} from './feed-meter.js';
import {type FeedRoutes, isOutdated, type SeriesRoute} from './feed-routes.js';
import type {Frame, KlineUpdate, TickerUpdate} from './frame.js';
import type {FeedLimits} from './limits.js';

/** What `kline_parse_errors_total` calls the symbol of a frame that names none, or one that nobody asked for. */
export const UNKNOWN_SYMBOL = 'unknown';

export interface UpdateGateOptions {
  readonly clock: Clock;
  readonly limits: FeedLimits;
  readonly routes: FeedRoutes;
  readonly klines: MeasuredKlines;
  readonly meter: FeedMeter;
  /** Epoch ms of the exchange's clock. */
  readonly exchangeNowMs: () => number;
  /** A series lacks candles, or has one that lost its closing frame. */
  readonly onGap: (update: KlineUpdate) => void;
  /** A candle of the future came: the exchange's clock may have been set. */
  readonly onFuture: () => void;
}

/** Decides what the store takes of what the stream brings, and counts all of it. */
export class UpdateGate {
  readonly #options: UpdateGateOptions;

  constructor(options: UpdateGateOptions) {
    this.#options = options;
  }

  /** Never throws for anything that a frame may hold. */
  take(frame: Frame): void {
    const {meter} = this.#options;
    meter.message(frame.type);
    if (frame.kind === 'kline') this.#takeKline(frame);
    else if (frame.kind === 'tickers') {
      for (const update of frame.updates) this.#takeTicker(update);
      for (const symbol of frame.malformed) this.#countMalformed(symbol);
    } else if (frame.kind === 'malformed') this.#countMalformed(frame.symbol);
  }

  #takeKline(update: KlineUpdate): void {
    const {clock, meter, routes, klines} = this.#options;
    const {symbol, interval, eventMs, closed, kline} = update;
    const route = routes.symbol(symbol)?.series.get(interval);
    if (route === undefined) {
      meter.ignored('unasked');
      return;
    }
    const now = clock.epochMs();
    meter.latency(now - eventMs);
    if (this.#isFuture(kline[0], now)) {
      this.#countMalformed(symbol);
      this.#options.onFuture();
      return;
    }
    const isLate = isBehind(update, route);
    // A closing frame may still fill a gap, however late; an open candle's state of before is worth nothing.
    if (isLate && !closed) {
      meter.ignored('outdated');
      return;
    }
    const result = klines.record(symbol, interval, kline, closed);
    if (result === 'late') {
      meter.ignored('outdated');
      return;
    }
    if (result === 'invalid') return;
    if (!isLate) {
      route.eventMs = eventMs;
      route.openMs = kline[0];
      route.volume = Number(kline[5]);
    }
    // Only where a candle begins or ends there may be a new gap.
    if (result !== 'updated' && klines.reach(symbol, interval)?.wantedFromMs !== undefined) {
      this.#options.onGap(update);
    }
  }

  #takeTicker({eventMs, ticker}: TickerUpdate): void {
    const {clock, meter, routes, klines} = this.#options;
    const route = routes.symbol(ticker.s);
    if (route === undefined) {
      meter.ignored('unasked');
      return;
    }
    meter.latency(clock.epochMs() - eventMs);
    if (isOutdated(eventMs, route.tickerMs)) {
      meter.ignored('outdated');
      return;
    }
    route.tickerMs = eventMs;
    meter.ticker(ticker.s);
    klines.recordTicker(ticker);
  }

  /** By the clock that is ahead: the exchange's may be unknown yet, or wrong. */
  #isFuture(openTime: number, now: number): boolean {
    const {exchangeNowMs, limits} = this.#options;
    return openTime > Math.max(now, exchangeNowMs()) + limits.futureMsMax;
  }

  #countMalformed(symbol: string | undefined): void {
    const isKnown = symbol !== undefined && this.#options.routes.symbol(symbol) !== undefined;
    this.#options.klines.countParseErrors(isKnown ? symbol : UNKNOWN_SYMBOL, 1);
  }
}

/**
 * The later candle is the newer update, whatever the event times: the end of one and the start of the next may share theirs,
 * and clocks are set. Within a candle a far older event is either a clock that was set back, or a frame that was held up for
 * long: the volume tells.
 */
function isBehind({eventMs, kline}: KlineUpdate, route: SeriesRoute): boolean {
  if (kline[0] !== route.openMs) return kline[0] < route.openMs;
  return isOutdated(eventMs, route.eventMs) || isHeldUp(eventMs, Number(kline[5]), route);
}

function isHeldUp(eventMs: number, volume: number, route: SeriesRoute): boolean {
  return eventMs <= route.eventMs && volume < route.volume;
}
