import type {Config} from './config.js';
import type {Metrics} from './metrics/catalogue.js';
import {AnalysisPool} from './pool/analysis-pool.js';
import {decodeVerdict} from './schemas.js';
import type {Analyse} from './signals/analyser.js';
import {AnalysisQueue, type QUEUE_FAMILIES} from './signals/analysis-queue.js';
import {httpAnalyser} from './signals/http-analyser.js';
import type {AnalysisSink} from './signals/signal.js';
import {UuidV7Source} from './signals/uuid-v7.js';

/** Milliseconds that a shutdown leaves analyses which run: little, of the 5 s after which Fly kills a Machine. */
export const ANALYSIS_GRACE_MS = 500;

/** Name of the analyser that is used where no endpoint is. */
export const BUILT_IN_ANALYSER = 'built-in';

/** Options of {@link startAnalysis}. */
export interface AnalysisOptions {
  readonly config: Pick<
    Config,
    | 'analysisUrl'
    | 'analysesAtOnce'
    | 'analysesWaitingMax'
    | 'analysisTimeoutMs'
    | 'analysesPerMinute'
  >;
  readonly metrics: Metrics<(typeof QUEUE_FAMILIES)[number]>;
  /** Epoch milliseconds of the market's clock. */
  readonly clock: () => number;
  /** Keeps what becomes of the signals. Default none. */
  readonly sink?: AnalysisSink | undefined;
  readonly onTrouble: (line: string) => void;
}

/** The machine's analyses. */
export interface Analysis {
  readonly queue: AnalysisQueue;
  /** What became of the signals so far, in a line. */
  summary(): string;
  /** Ends queue and analyser; signals that are pending after {@link ANALYSIS_GRACE_MS} have failed. */
  shutdown(): Promise<void>;
}

/** Puts the analysis queue before the analyser that the configuration names. */
export function startAnalysis({config, ...options}: AnalysisOptions): Analysis {
  const {shutdown, ...analyser} = analyserOf(config.analysisUrl);
  const queue = new AnalysisQueue({
    ...options,
    ...analyser,
    ids: new UuidV7Source(bytes => crypto.getRandomValues(bytes)),
    atOnceMax: config.analysesAtOnce,
    waitingMax: config.analysesWaitingMax,
    timeoutMs: config.analysisTimeoutMs,
    perMinuteMax: config.analysesPerMinute,
  });
  return {
    queue,
    summary() {
      const {analysedCount, failedCount, pendingCount} = queue;
      const pending = pendingCount === 0 ? '' : `, ${pendingCount} pending`;
      return `Signals: ${analysedCount} analysed, ${failedCount} failed${pending}`;
    },
    async shutdown() {
      await queue.close(ANALYSIS_GRACE_MS);
      await shutdown();
    },
  };
}

function analyserOf(url: string | null) {
  if (url !== null) {
    const analyse = httpAnalyser({url, decode: decodeVerdict});
    return {analyse, analyser: new URL(url).host, shutdown: async () => {}};
  }
  const pool = new AnalysisPool();
  const analyse: Analyse = (request, abort) => pool.analyse(request, abort);
  return {analyse, analyser: BUILT_IN_ANALYSER, shutdown: () => pool.shutdown()};
}
