import {type Analysis, startAnalysis} from './analysis.js';
import {type Config, ConfigError, parseConfig} from './config.js';
import {ListenError} from './http/listen-error.js';
import {listen} from './http/server.js';
import {MetricsHub} from './hub/metrics-hub.js';
import {createLog, type Log, oneLine} from './log.js';
import {MachineState} from './machine-state.js';
import {KlineStore} from './market/kline-store.js';
import {MeasuredKlines} from './market/measured-klines.js';
import {RecordingError} from './market/recording.js';
import {createMarketSource} from './market-source.js';
import {
  bindCatalogue,
  type Metrics,
  REST_STATUSES,
  STREAM_MESSAGE_TYPES,
  STREAM_STATES,
} from './metrics/catalogue.js';
import {Orchestrator} from './orchestrator.js';
import {ScreenerPool} from './pool/screener-pool.js';
import {TradersError} from './schemas.js';
import {SERVER_GRACE_MS} from './shutdown.js';
import {StoreError} from './sync/store.js';
import {countText, tallyText} from './tally-text.js';

/** Exit codes: a wrong flag or variable, anything else that went wrong, a second signal amid the shutdown. */
const EXIT = Object.freeze({usage: 2, failure: 1, interrupted: 130});

/** Milliseconds within which a second signal is the same one: npm passes a terminal's Ctrl-C on, which came already. */
const IMPATIENT_AFTER_MS = 500;

/** Builds the machine, runs it until its market ends or a signal comes, and stops it in the reverse order. */
async function runMachine(config: Config, log: Log, signal: AbortSignal): Promise<void> {
  const market = await createMarketSource(config, log);
  const warn = (line: string) => log.warn(line);
  const hub = new MetricsHub({onWarning: line => warn(`${line} [hub_trouble]`)});
  hub.collectThreadMetrics();
  const metrics = bindCatalogue(hub.recorder);
  declareKnownSeries(metrics);
  const {clock} = market;
  const store = new KlineStore({clock, candlesMax: config.historyCandles});
  const forget = hub.forget.bind(hub);
  const klines = new MeasuredKlines({store, metrics, clock, forget});
  hub.onCollect(() => klines.report());
  const {source} = market;
  let isScreening = false;
  const onTraders = (count: number) => {
    if (isScreening) log.info(`Screening ${countText(count, 'trader')} from now on`);
  };
  const state = await MachineState.open({config, metrics, source, onTrouble: warn, onTraders});
  hub.onCollect(() => state.report());
  const pool = new ScreenerPool({
    hub,
    metrics,
    taskTimeoutMs: config.taskTimeoutMs,
    workerHeapMb: config.workerHeapMib,
    onWarning: line => warn(`${line} [trader_quarantined]`),
    onQuarantine: (trader, reason) => state.recordQuarantine(trader, reason),
  });
  pool.on('error', ({message, code = 'worker_failed'}) => {
    warn(`A worker failed: ${message} [${code}]`);
  });
  const onTraderTrouble = (line: string) => {
    // What a screening says of workers that were ended for the shutdown is no trader's fault.
    if (!signal.aborted) log.warn(line);
  };
  for (const [id, symbols] of state.savedMatches) pool.remember(id, symbols);
  const sink = state.analyses;
  const analysis = startAnalysis({config, metrics, clock, sink, onTrouble: warn});
  const orchestrator = new Orchestrator({
    pool,
    store,
    metrics,
    traders: () => state.traders,
    clock,
    source,
    idOf: made => state.idOf(made),
    sink: {
      recordSignals: (signals, orders) => state.recordScreening(signals, orders, pool.matches),
    },
    analyse: (request, priority) => analysis.queue.add(request, priority),
    resume: (...left) => analysis.queue.resume(...left),
    onTraderTrouble,
  });

  let running = Promise.resolve();
  const server = await listen({
    source: hub,
    port: config.port,
    host: config.host,
    livePage: config.livePage === 'on',
    token: config.metricsToken ?? undefined,
    closeGraceMs: SERVER_GRACE_MS,
    ready: () => readinessOf(orchestrator, state, signal),
    onWarning: line => warn(`${line} [server_trouble]`),
  }).catch(async error => {
    await analysis.shutdown();
    await state.close(0);
    throw error;
  });
  try {
    log.info(`Metrics at ${server.url}`);
    await pool.initialize(config.workerCount);
    const workers = countText(config.workerCount, 'worker');
    if (state.traderLack === undefined) {
      log.info(`Screening ${countText(state.enabledCount, 'trader')} in ${workers}`);
    }
    isScreening = true;
    state.recordFigures(() => figuresOf({pool, store, orchestrator, analysis, state}));
    running = market.run({klines, orchestrator, hub, metrics, state}, signal);
    const settled = running.then(() => analysis.queue.idle());
    await Promise.race([settled, abortOf(signal)]);
    if (signal.aborted) log.info('Stopping');
  } finally {
    // At once: each has a grace of its own, and Fly waits 5 s for all. src/shutdown.ts adds them up.
    await Promise.all([pool.shutdown(), analysis.shutdown()]);
    if (orchestrator.total.signals > 0) log.info(analysis.summary());
    // An error of its own is on its way out already; one that the shutdown has made is no news.
    await running.catch(() => {});
    await state.close();
    await server.close();
  }
  if (signal.aborted) log.info(`Stopped after ${tallyText(orchestrator.total)}`);
}

/** Whether the machine screens; else why not. */
function readinessOf(
  {total}: Orchestrator,
  {traderLack}: MachineState,
  signal: AbortSignal,
): true | string {
  if (signal.aborted) return 'the machine stops';
  if (traderLack !== undefined) return traderLack;
  return total.screenings > 0 || 'no screening has ended yet';
}

/** What a row of machine_metrics tells. */
function figuresOf({
  pool,
  store,
  orchestrator,
  analysis,
  state,
}: {
  readonly pool: ScreenerPool;
  readonly store: KlineStore;
  readonly orchestrator: Orchestrator;
  readonly analysis: Analysis;
  readonly state: MachineState;
}) {
  const {rss, heapUsed} = process.memoryUsage();
  const {screenings, matches, signals} = orchestrator.total;
  return {
    uptimeSeconds: process.uptime(),
    residentBytes: rss,
    heapUsedBytes: heapUsed,
    workers: pool.getStats().totalWorkers,
    traders: state.traders.length,
    symbols: store.tickers.size,
    screenings,
    matches,
    signals,
    signalsPendingAnalysis: analysis.queue.pendingCount,
  };
}

/** Series whose labels are known before anything happens stand at 0 from the start. */
function declareKnownSeries(metrics: Metrics): void {
  for (const status of STREAM_STATES) metrics.binanceWsConnected.ensure({status});
  for (const type of STREAM_MESSAGE_TYPES) metrics.binanceWsMessages.ensure({type});
  for (const status of REST_STATUSES) metrics.binanceRestRequests.ensure({status});
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

/** Errors that a user can mend; their message says all, in one line, and docs/machine.md has a heading for their code. */
function isExpected(error: unknown): error is Error & {readonly code: string} {
  return [ConfigError, TradersError, RecordingError, ListenError, StoreError].some(
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
