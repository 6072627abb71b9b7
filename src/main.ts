import {setTimeout as sleep} from 'node:timers/promises';
import {startAnalysis} from './analysis.js';
import {type Config, ConfigError, parseConfig} from './config.js';
import {ListenError} from './http/listen-error.js';
import {listen} from './http/server.js';
import {MetricsHub} from './hub/metrics-hub.js';
import {createLog, type Log, oneLine} from './log.js';
import {KlineStore} from './market/kline-store.js';
import {MeasuredKlines} from './market/measured-klines.js';
import {RecordingError} from './market/recording.js';
import {Replay} from './market/replay.js';
import {SimulatedFeed} from './market/simulated-feed.js';
import {SimulatedMarket} from './market/simulated-market.js';
import {
  bindCatalogue,
  type Metrics,
  STREAM_MESSAGE_TYPES,
  STREAM_STATES,
  SYNC_QUEUES,
} from './metrics/catalogue.js';
import {Orchestrator, type Tally} from './orchestrator.js';
import {ScreenerPool} from './pool/screener-pool.js';
import {TradersError} from './schemas.js';
import {BUILT_IN_TRADERS} from './screener/built-in-traders.js';
import {UuidV7Source} from './signals/uuid-v7.js';
import {readTradersFile} from './traders-file.js';

/** Exit codes: a wrong flag or variable, anything else that went wrong, a second signal amid the shutdown. */
const EXIT = Object.freeze({usage: 2, failure: 1, interrupted: 130});

/** Milliseconds within which a second signal is the same one: npm passes a terminal's Ctrl-C on, which came already. */
const IMPATIENT_AFTER_MS = 500;

/** Milliseconds between two progress lines of a replay. */
const PROGRESS_INTERVAL_MS = 2_000;

/** Where the market comes from, and the clock that goes with it. */
interface Market {
  /** What signals say of it. */
  readonly source: string;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Runs until the market ends or the signal aborts. */
  run(sink: MeasuredKlines, orchestrator: Orchestrator, signal: AbortSignal): Promise<void>;
}

/** Builds the machine, runs it until its market ends or a signal comes, and stops it in the reverse order. */
async function runMachine(config: Config, log: Log, signal: AbortSignal): Promise<void> {
  const traders = config.tradersFile ? await readTradersFile(config.tradersFile) : BUILT_IN_TRADERS;
  const market = config.replayDir
    ? await replayMarket(config.replayDir, config, log)
    : simulatedMarket(config, log);
  const warn = (line: string) => log.warn(line);
  const hub = new MetricsHub({onWarning: warn});
  const metrics = bindCatalogue(hub.recorder);
  declareKnownSeries(metrics);
  const store = new KlineStore({clock: market.clock});
  const klines = new MeasuredKlines({store, metrics, clock: market.clock});
  hub.onCollect(() => klines.report());
  const pool = new ScreenerPool({hub, metrics, onWarning: warn});
  pool.on('error', error => log.warn('A worker failed', {error}));
  const onTraderTrouble = (line: string) => {
    // What a screening says of workers that were ended for the shutdown is no trader's fault.
    if (!signal.aborted) log.warn(line);
  };
  const {clock, source} = market;
  const analysis = startAnalysis({config, metrics, clock, onTrouble: warn});
  const orchestrator = new Orchestrator({
    pool,
    store,
    metrics,
    traders,
    clock,
    source,
    ids: new UuidV7Source(bytes => crypto.getRandomValues(bytes)),
    analyse: (request, priority) => analysis.queue.add(request, priority),
    onTraderTrouble,
  });

  const {port, host} = config;
  let running = Promise.resolve();
  const server = await listen({source: hub, port, host, onWarning: warn});
  try {
    log.info(`Metrics at ${server.url}`);
    await pool.initialize(config.workerCount);
    const {workerCount} = config;
    log.info(`Screening ${count(traders.length, 'trader')} in ${count(workerCount, 'worker')}`);
    running = market.run(klines, orchestrator, signal);
    const settled = running.then(() => analysis.queue.idle());
    await Promise.race([settled, abortOf(signal)]);
    if (signal.aborted) log.info('Stopping');
  } finally {
    await pool.shutdown();
    await analysis.shutdown();
    if (orchestrator.total.signals > 0) log.info(analysis.summary());
    // An error of its own is on its way out already; one that the shutdown has made is no news.
    await running.catch(() => {});
    await server.close();
  }
  if (signal.aborted) log.info(`Stopped after ${counted(orchestrator.total)}`);
}

/** A market of today, by the wall clock, until the signal. */
function simulatedMarket(config: Config, log: Log): Market {
  const {symbolCount: symbols, simulationSeed: seed, screeningIntervalMs} = config;
  const simulated = new SimulatedMarket({symbols, seed, startMs: Date.now()});
  const feed = new SimulatedFeed({market: simulated});
  const run: Market['run'] = async (sink, orchestrator, signal) => {
    log.info(`Simulated market of ${symbols} symbols, seed ${seed}`);
    feed.start(sink);
    try {
      while (!signal.aborted) {
        const start = performance.now();
        const tally = await orchestrator.screen();
        const tookMs = performance.now() - start;
        if (signal.aborted) break;
        log.info(statusLine(tally, tookMs));
        await sleep(Math.max(0, screeningIntervalMs - tookMs), undefined, {signal}).catch(() => {});
      }
    } finally {
      feed.stop();
    }
  };
  return {source: 'simulated', clock: Date.now, run};
}

/** Recorded candles from their first to their last, by their own clock, a screening at each close. */
async function replayMarket(folder: string, config: Config, log: Log): Promise<Market> {
  log.info(`Reading the candles of ${folder}`);
  const replay = await Replay.load(folder, {speed: config.replaySpeed});
  let nowMs = 0;
  const run: Market['run'] = async (sink, orchestrator, signal) => {
    log.info(`Replaying ${replay.series.length} series over ${replay.momentCount} closes`);
    const start = performance.now();
    let toldAt = start;
    for await (const {timeMs, closed, tickers, progress} of replay.moments(signal)) {
      nowMs = timeMs;
      for (const {symbol, interval, kline} of closed) sink.record(symbol, interval, kline, true);
      for (const ticker of tickers) sink.recordTicker(ticker);
      await orchestrator.screen();
      if (performance.now() - toldAt < PROGRESS_INTERVAL_MS) continue;
      toldAt = performance.now();
      const day = new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ');
      log.info(`${Math.floor(progress * 100)} % (${day}): ${counted(orchestrator.total)}`);
    }
    if (signal.aborted) return;
    const tookSeconds = ((performance.now() - start) / 1_000).toFixed(1);
    log.info(`Replay ended: ${counted(orchestrator.total)} in ${tookSeconds} s`);
  };
  return {source: 'replay', clock: () => nowMs, run};
}

function statusLine(
  {traders, newMatches, continuingMatches, errors}: Tally,
  tookMs: number,
): string {
  const failed = errors === 0 ? '' : `, ${count(errors, 'error')}`;
  const matched = `${newMatches} new, ${continuingMatches} continuing`;
  return `Screened ${count(traders, 'trader')}: ${matched}${failed}, ${tookMs.toFixed(1)} ms`;
}

function counted({screenings, matches, signals}: Tally): string {
  const parts = [count(screenings, 'screening'), count(matches, 'match', 'matches')];
  return [...parts, count(signals, 'signal')].join(', ');
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Series whose labels are known before anything happens stand at 0 from the start. */
function declareKnownSeries(metrics: Metrics): void {
  for (const status of STREAM_STATES) metrics.binanceWsConnected.ensure({status});
  for (const type of STREAM_MESSAGE_TYPES) metrics.binanceWsMessages.ensure({type});
  for (const queue of SYNC_QUEUES) metrics.syncQueueDepth.ensure({queue_type: queue});
}

/** Aborts at the first SIGINT or SIGTERM; a further one, {@link IMPATIENT_AFTER_MS} later, ends the process at once. */
function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  let firstAt = Number.POSITIVE_INFINITY;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (performance.now() - firstAt > IMPATIENT_AFTER_MS) process.exit(EXIT.interrupted);
      firstAt = Math.min(firstAt, performance.now());
      controller.abort();
    });
  }
  return controller.signal;
}

/** Resolves when the signal aborts: a screening may hang in a filter, and isn't waited for. */
function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), {once: true});
  });
}

/** Errors that a user can mend; their message says all, in one line, and the README has a heading for their code. */
function isExpected(error: unknown): error is Error & {readonly code: string} {
  return [ConfigError, TradersError, RecordingError, ListenError].some(
    kind => error instanceof kind,
  );
}

async function main(): Promise<number> {
  const signal = abortOnSignals();
  try {
    const config = parseConfig(process.argv.slice(2), process.env);
    if ('help' in config) {
      process.stdout.write(config.help);
      return 0;
    }
    await runMachine(config, createLog(config.logLevel), signal);
    return 0;
  } catch (error) {
    const text = isExpected(error)
      ? `${oneLine(error.message)} [${error.code}]`
      : String((error as Error).stack ?? error);
    process.stderr.write(`${text}\n`);
    return error instanceof ConfigError ? EXIT.usage : EXIT.failure;
  }
}

// Whoever reads the output may have read enough: `npm start -- --help | head -1`.
process.stdout.on('error', () => {});
process.exitCode = await main();
