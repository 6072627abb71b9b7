import {AnalysisError, type AnalysisRequest} from '../signals/analyser.js';
import type {AnalysisReply} from '../signals/analysis-task.js';
import type {Verdict} from '../signals/signal.js';
import {IMPORT_FLAG, Piscina} from './piscina.js';

/** MiB of heap of the worker; one that needs more dies, and its signal's try has failed. */
export const ANALYST_HEAP_MB = 128;

/**
 * Runs the built-in analyser in a worker of its own, which starts with the first signal. Not in the screener's pool: its
 * workers run users' filters, which may hang, die and spoil globals, and an analysis would make a screening wait.
 */
export class AnalysisPool {
  readonly #piscina: Piscina;
  /**
   * Resolves when all that was asked for has ended, however. Piscina gets one analysis at a time: it starts a worker where one is
   * asked for and there is none, but not for those that wait when a worker dies; they would wait for the next to come, or
   * for the end of their time.
   */
  #lastEnded: Promise<unknown> = Promise.resolve();

  /** @param workerFile the worker's file, which must answer as workers/analyst.ts does */
  constructor(workerFile = new URL('../../workers/analyst.js', import.meta.url)) {
    this.#piscina = new Piscina({
      filename: workerFile.href,
      minThreads: 0,
      maxThreads: 1,
      // An idle worker stays: starting one takes longer than an analysis.
      idleTimeout: Number.POSITIVE_INFINITY,
      resourceLimits: {maxOldGenerationSizeMb: ANALYST_HEAP_MB},
      execArgv: [IMPORT_FLAG],
      // See worker-crew.ts: by `Atomics.wait()` one that is ended may sleep on.
      atomics: 'disabled',
    });
    // A worker that dies takes its task's result along, and that is told there.
    this.#piscina.on('error', () => {});
  }

  /**
   * Analyses a signal after those that came before; at the abort its worker is ended. One that is aborted while it waits rejects
   * when its turn comes. As many wait as the caller asks for at once.
   * @throws AnalysisError `analysis_refused` where the candles of the match are overwritten, or what the worker died of
   */
  async analyse(request: AnalysisRequest, abort: AbortSignal): Promise<Verdict> {
    const replied = this.#lastEnded.then(() => this.#piscina.run(request, {signal: abort}));
    this.#lastEnded = replied.catch(() => {});
    const reply: AnalysisReply = await replied;
    if ('refusal' in reply) throw new AnalysisError('analysis_refused', reply.refusal);
    return reply.verdict;
  }

  /** Ends the worker, and with it what it analyses. */
  async shutdown(): Promise<void> {
    await this.#piscina.destroy();
  }
}
