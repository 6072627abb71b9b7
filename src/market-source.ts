import {setTimeout as sleep} from 'node:timers/promises';
import type {Config} from './config.js';
import {FeedEvents} from './feed-events.js';
import type {MetricsHub} from './hub/metrics-hub.js';
import type {Log} from './log.js';
import type {MachineState} from './machine-state.js';
import {BinanceFeed} from './market/binance/binance-feed.js';
import {FeedMeter} from './market/binance/feed-meter.js';
import {SimulatedExchange} from './market/exchange/simulated-exchange.js';
import type {MeasuredKlines} from './market/measured-klines.js';
import {Replay} from './market/replay.js';
import {SimulatedMarket} from './market/simulated-market.js';
import type {Metrics} from './metrics/catalogue.js';
import type {Orchestrator} from './orchestrator.js';
import {RateWindow} from './rate-window.js';
import {countText, screenedText, tallyText} from './tally-text.js';

/** Milliseconds between two progress lines of a replay, or of a history that loads. */
const PROGRESS_INTERVAL_MS = 2_000;

/** Lines about the feed's troubles within a minute. Further ones are left out, and the next line says how many. */
const WARNINGS_PER_MINUTE_MAX = 20;

/** What a market needs of the machine. */
export interface MarketParts {
  readonly klines: MeasuredKlines;
  readonly orchestrator: Orchestrator;
  readonly hub: MetricsHub;
  readonly metrics: Metrics;
  readonly state: Pick<MachineState, 'leftSignals' | 'recordEvent'>;
}

/** Where the market comes from, and the clock that goes with it. */
export interface MarketSource {
  /** What signals say of it. */
  readonly source: string;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Runs until the market ends or the signal aborts. */
  run(parts: MarketParts, signal: AbortSignal): Promise<void>;
}

/** The market that the configuration names. Throws `RecordingError` for a recording that can't be used. */
export async function createMarketSource(config: Config, log: Log): Promise<MarketSource> {
  if (config.replayDir !== null) return replayMarket(config.replayDir, config, log);
  return {
    source: config.feed,
    clock: Date.now,
    run: (parts, signal) => runLive(parts, {config, log, signal}),
  };
}

/** Base URLs of an exchange, and how to end it. */
interface Exchange {
  readonly streamUrl: string;
  readonly restUrl: string;
  close(): Promise<void>;
}

interface LiveRun {
  readonly config: Config;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A market by the wall clock, over sockets: screens at the interval until the signal. */
async function runLive(parts: MarketParts, {config, log, signal}: LiveRun): Promise<void> {
  const exchange = await openExchange(config, log);
  const feed = createFeed(parts, exchange, {config, log, signal});
  parts.hub.onCollect(() => feed.report());
  try {
    const stop = () => feed.stop();
    signal.addEventListener('abort', stop, {once: true});
    if (signal.aborted) return;
    await feed.start();
    // Not before: it takes the candles of their matches.
    if (!signal.aborted) parts.orchestrator.resume(parts.state.leftSignals);
    while (!signal.aborted) {
      const start = performance.now();
      const tally = await parts.orchestrator.screen();
      const tookMs = performance.now() - start;
      if (signal.aborted) break;
      log.info(`${screenedText(tally, tookMs)}, stream ${feed.state}`);
      const leftMs = Math.max(0, config.screeningIntervalMs - tookMs);
      await sleep(leftMs, undefined, {signal}).catch(() => {});
    }
  } finally {
    feed.stop();
    await exchange.close();
  }
}

/** The simulated exchange, listening on a loopback port of its own, or the address of the real one. */
async function openExchange(config: Config, log: Log): Promise<Exchange> {
  const {streamUrl, restUrl, symbolCount, simulationSeed: seed} = config;
  if (config.feed === 'binance') {
    log.info(`Connecting to ${streamUrl} and ${restUrl}`);
    return {streamUrl, restUrl, close: async () => {}};
  }
  const {intervals, historyCandles} = config;
  const startMs = Date.now();
  const symbols = symbolCount;
  const market = new SimulatedMarket({symbols, seed, startMs, intervals, historyCandles});
  const exchange = new SimulatedExchange({market, anchorMs: market.timeMs});
  const urls = await exchange.listen();
  log.info(`Simulated market of ${symbolCount} symbols, seed ${seed}, at ${urls.restUrl}`);
  return {...urls, close: () => exchange.close()};
}

function createFeed(
  {klines, hub, metrics, state: machineState}: MarketParts,
  {streamUrl, restUrl}: Exchange,
  {config, log, signal}: LiveRun,
): BinanceFeed {
  const {intervals, symbolCount: symbols, quoteAsset, historyCandles} = config;
  const warn = boundedWarn(log, signal);
  const events = new FeedEvents(event => machineState.recordEvent(event));
  let toldAt = performance.now();
  return new BinanceFeed({
    streamUrl,
    restUrl,
    intervals,
    symbols,
    quoteAsset,
    historyCandles,
    klines,
    meter: new FeedMeter(metrics, (family, labels) => hub.forget(family, labels)),
    onWarning: warn,
    onState: state => {
      if (signal.aborted) return;
      log.info(`Stream ${state}`);
      events.note(state);
    },
    onProgress: (done, total) => {
      if (done < total && performance.now() - toldAt < PROGRESS_INTERVAL_MS) return;
      toldAt = performance.now();
      log.info(`Loaded ${done} of ${total} series`);
    },
  });
}

/** What the shutdown causes is no trouble. */
function boundedWarn(log: Log, signal: AbortSignal): (line: string) => void {
  const lines = new RateWindow(WARNINGS_PER_MINUTE_MAX, 60_000);
  let leftOutCount = 0;
  return line => {
    if (signal.aborted) return;
    const now = performance.now();
    if (lines.waitMs(now) > 0) {
      leftOutCount += 1;
      return;
    }
    lines.take(now);
    if (leftOutCount > 0) log.warn(`${countText(leftOutCount, 'line')} about the feed left out`);
    leftOutCount = 0;
    log.warn(line);
  };
}

/** Recorded candles from their first to their last, by their own clock, a screening at each close. */
async function replayMarket(folder: string, config: Config, log: Log): Promise<MarketSource> {
  log.info(`Reading the candles of ${folder}`);
  const replay = await Replay.load(folder, {speed: config.replaySpeed});
  let nowMs = 0;
  const run: MarketSource['run'] = async ({klines, orchestrator}, signal) => {
    log.info(`Replaying ${replay.series.length} series over ${replay.momentCount} closes`);
    const start = performance.now();
    let toldAt = start;
    for await (const {timeMs, closed, tickers, progress} of replay.moments(signal)) {
      nowMs = timeMs;
      for (const {symbol, interval, kline} of closed) klines.record(symbol, interval, kline, true);
      for (const ticker of tickers) klines.recordTicker(ticker);
      await orchestrator.screen();
      if (performance.now() - toldAt < PROGRESS_INTERVAL_MS) continue;
      toldAt = performance.now();
      const day = new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ');
      log.info(`${Math.floor(progress * 100)} % (${day}): ${tallyText(orchestrator.total)}`);
    }
    if (signal.aborted) return;
    const tookSeconds = ((performance.now() - start) / 1_000).toFixed(1);
    log.info(`Replay ended: ${tallyText(orchestrator.total)} in ${tookSeconds} s`);
  };
  return {source: 'replay', clock: () => nowMs, run};
}
