import {type BackoffOptions, backoffMs} from '../backoff.js';
import type {FamilyKey, Metrics} from '../metrics/catalogue.js';
import {RateWindow} from '../rate-window.js';
import {
  type Analyse,
  AnalysisError,
  type AnalysisErrorCode,
  type AnalysisRequest,
} from './analyser.js';
import {type AnalysisLimits, checkLimits, type TotalLimits} from './analysis-limits.js';
import {type AnalysisSink, FAILURE_REASONS, type FailureReason, type Verdict} from './signal.js';
import {SYSTEM_TIMERS, type Timers} from './timers.js';
import type {UuidV7Source} from './uuid-v7.js';
import {type Priority, type Waiter, WaitingList} from './waiting-list.js';

const MINUTE_MS = 60_000;

/** Repeats of a try that failed; when the last has failed, so has the signal. */
export const ANALYSIS_RETRIES_MAX = 3;

/** Milliseconds that the first wait before a repeat has at most; each further one may be twice as long. */
export const RETRY_BASE_MS = 1_000;

/** Milliseconds that no wait before a repeat exceeds, unless the analyser asks for more. */
export const RETRY_CAP_MS = 30_000;

/** Milliseconds for which an analyser may ask to be left alone; who asks for more gets these. */
export const RETRY_AFTER_MS_MAX = 300_000;

/** Milliseconds for which a reason that was told isn't told again; `analysis_failures_total` counts on. */
export const TROUBLE_INTERVAL_MS = 60_000;

/** UTF-16 units of a failure's detail; the rest is cut off. */
export const DETAIL_CHARS_MAX = 500;

/** The families that the queue records. */
export const QUEUE_FAMILIES = [
  'signalsPendingAnalysis',
  'signalsPendingLimit',
  'signalsAnalyzed',
  'signalsFailed',
  'signalsResumed',
  'analysisFailures',
  'analysisRetries',
] as const satisfies readonly FamilyKey[];

/** Options of {@link AnalysisQueue}. */
export interface AnalysisQueueOptions extends AnalysisLimits {
  readonly analyse: Analyse;
  /** Who analyses, for people: stands in each analysis. */
  readonly analyser: string;
  readonly metrics: Metrics<(typeof QUEUE_FAMILIES)[number]>;
  /** Of the analyses. Not that of the signals: made later, they would push the times of these on. */
  readonly ids: UuidV7Source;
  /** Epoch milliseconds of the market's clock. */
  readonly clock: () => number;
  /** Told what became of each signal, in the same turn in which it is counted. Default none. */
  readonly sink?: AnalysisSink | undefined;
  /** Told in a line why a signal has failed; each reason at most once in {@link TROUBLE_INTERVAL_MS}. */
  readonly onTrouble?: ((line: string) => void) | undefined;
  /** Default {@link SYSTEM_TIMERS}. */
  readonly timers?: Timers;
  /** Uniform, from 0 up to, not including, 1. Default `Math.random`. */
  readonly random?: () => number;
}

/** A signal that has neither been analysed nor failed. */
interface Job extends Waiter {
  readonly request: AnalysisRequest;
  readyAtMs: number;
  tryCount: number;
}

/**
 * Has each signal analysed: a number at once, the others by priority and age. Every signal that is added ends once, as
 * analysed or as failed, and is pending until then; each change of that is counted and told in one turn of the event loop, so
 * every page shows `pending + analysed + failed` as the number of signals added and resumed.
 *
 * Not `p-queue`: it bounds neither what waits nor repeats it, what it clears never settles, and its clock can't be replaced.
 */
export class AnalysisQueue {
  readonly #options: AnalysisQueueOptions;
  readonly #limits: TotalLimits;
  readonly #timers: Timers;
  readonly #backoff: BackoffOptions;
  /** The tries of the last minute. */
  readonly #rate: RateWindow;
  /** Those that wait for their turn or for their repeat. A repeat is always taken back: at most `atOnceMax` beyond the bound. */
  readonly #waiting = new WaitingList<Job>();
  /** Those that are tried now, `atOnceMax` at most; their controllers abort the try. */
  readonly #running = new Map<Job, AbortController>();
  /** No try begins before it: the analyser has asked for that. */
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  /** Calls off the timer that turns to the queue again; the timer runs while something waits for a time alone. */
  #cancelTimer: (() => void) | undefined;
  #isClosed = false;
  /** What the two counters say; these can't be read back. */
  #analysedCount = 0;
  #failedCount = 0;
  /** When each reason was last told. */
  readonly #toldAtMs = new Map<FailureReason, number>();
  /** Called when nothing is pending. */
  readonly #idlers: (() => void)[] = [];

  /** @throws RangeError where a limit is out of range */
  constructor(options: AnalysisQueueOptions) {
    const {random = Math.random, timers = SYSTEM_TIMERS, metrics} = options;
    this.#options = options;
    this.#limits = checkLimits(options);
    this.#timers = timers;
    this.#backoff = {baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS, random};
    const {perMinuteMax} = this.#limits;
    this.#rate = new RateWindow(perMinuteMax || Number.POSITIVE_INFINITY, MINUTE_MS);
    metrics.signalsPendingAnalysis.set(0);
    metrics.signalsPendingLimit.set(this.#limits.waitingMax + this.#limits.atOnceMax);
    for (const reason of FAILURE_REASONS) metrics.analysisFailures.ensure({reason});
  }

  /** Signals that wait or are being analysed. */
  get pendingCount(): number {
    return this.#waiting.count + this.#running.size;
  }

  /** Signals that were analysed. */
  get analysedCount(): number {
    return this.#analysedCount;
  }

  /** Signals that have failed for good. */
  get failedCount(): number {
    return this.#failedCount;
  }

  /** Takes a signal, at once and whatever state the queue is in; at the bound one fails. */
  add(request: AnalysisRequest, priority: Priority = 'normal'): void {
    const job: Job = {request, priority, readyAtMs: Number.NEGATIVE_INFINITY, tryCount: 0};
    if (this.#isClosed) {
      this.#fail(job, 'shutdown', 'The machine is stopping');
      return;
    }
    this.#waiting.add(job);
    this.#startReady();
    const {waitingMax} = this.#limits;
    const refused = this.#waiting.count > waitingMax ? this.#waiting.takeLast() : undefined;
    if (refused) this.#fail(refused, 'queue_full', `More than ${waitingMax} signals waited`);
    this.#report();
  }

  /** Takes a signal that an earlier run of the machine left; one that is no more worth it fails. */
  resume(request: AnalysisRequest, priority: Priority, isExpired: boolean): void {
    this.#options.metrics.signalsResumed.inc();
    if (isExpired) this.#fail({request}, 'expired', 'It was left by an earlier run of the machine');
    else this.add(request, priority);
  }

  /** Resolves when no signal is pending. */
  async idle(): Promise<void> {
    if (this.pendingCount > 0) await new Promise<void>(resolve => this.#idlers.push(resolve));
  }

  /**
   * Ends the queue: what waits fails at once, what is being tried after `graceMs`, and whatever is added later. Resolves
   * when nothing is pending.
   */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer?.();
    for (const job of this.#waiting.takeAll())
      this.#fail(job, 'shutdown', 'It had to wait until the machine stopped');
    this.#report();
    const cancel = this.#timers.after(graceMs, () => this.#abortRunning());
    await this.idle();
    cancel();
  }

  /** Starts what may start, and sets the timer for what may later. */
  #startReady(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    while (this.#waiting.count > 0 && this.#running.size < this.#limits.atOnceMax) {
      const nowMs = this.#timers.now();
      const opensAtMs = Math.max(this.#pausedUntilMs, nowMs + this.#rate.waitMs(nowMs));
      const job = opensAtMs <= nowMs ? this.#waiting.takeReady(nowMs) : undefined;
      if (job === undefined) {
        const delayMs = Math.max(opensAtMs, this.#waiting.nextReadyAtMs()) - nowMs;
        this.#cancelTimer = this.#timers.after(delayMs, () => this.#startReady());
        return;
      }
      this.#rate.take(nowMs);
      void this.#try(job);
    }
  }

  async #try(job: Job): Promise<void> {
    const controller = new AbortController();
    this.#running.set(job, controller);
    job.tryCount++;
    const outcome = await this.#outcomeOf(job, controller);
    // Where the queue was closed meanwhile, the job has failed already.
    if (!this.#running.delete(job)) return;
    if ('verdict' in outcome) this.#succeed(job, outcome.verdict);
    else this.#repeatOrFail(job, outcome.error);
    this.#startReady();
    this.#report();
  }

  /** How a try ends, at its time limit at the latest. Never rejects. */
  async #outcomeOf(
    {request}: Job,
    controller: AbortController,
  ): Promise<{readonly verdict: Verdict} | {readonly error: unknown}> {
    const {signal} = controller;
    const {timeoutMs} = this.#limits;
    const late = new AnalysisError('analysis_timeout', `No analysis within ${timeoutMs} ms`);
    const cancel = this.#timers.after(timeoutMs, () => controller.abort(late));
    try {
      const verdict = this.#options.analyse(request, signal);
      return {verdict: await Promise.race([verdict, rejectionOf(signal)])};
    } catch (error) {
      // An analyser that minds the signal may say so in its own words.
      return {error: signal.aborted ? signal.reason : error};
    } finally {
      cancel();
    }
  }

  #succeed({request}: Job, verdict: Verdict): void {
    const {metrics, sink, ids, clock, analyser} = this.#options;
    const analysedAtMs = clock();
    this.#analysedCount++;
    metrics.signalsAnalyzed.inc();
    sink?.recordAnalysis({
      id: ids.next(analysedAtMs),
      signalId: request.signal.id,
      ...verdict,
      analyser,
      analysedAtMs,
    });
  }

  #repeatOrFail(job: Job, error: unknown): void {
    const nowMs = this.#timers.now();
    const {code, retryAfterMs = 0} = error instanceof AnalysisError ? error : {};
    const pauseMs = Math.min(retryAfterMs, RETRY_AFTER_MS_MAX);
    if (pauseMs > 0) this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + pauseMs);
    if (code === 'analysis_refused' || job.tryCount > ANALYSIS_RETRIES_MAX) {
      this.#fail(job, reasonOf(code), thrownText(error), code);
    } else if (this.#isClosed) {
      this.#fail(job, 'shutdown', `It could not be repeated: ${thrownText(error)}`);
    } else {
      this.#options.metrics.analysisRetries.inc();
      job.readyAtMs = nowMs + backoffMs(job.tryCount - 1, this.#backoff);
      this.#waiting.add(job);
    }
  }

  #fail(
    {request}: Pick<Job, 'request'>,
    reason: FailureReason,
    text: string,
    code: string = CODE_OF[reason],
  ): void {
    const {metrics, sink, clock} = this.#options;
    const detail = text.slice(0, DETAIL_CHARS_MAX);
    this.#failedCount++;
    metrics.signalsFailed.inc();
    metrics.analysisFailures.inc({reason});
    sink?.recordFailure({signalId: request.signal.id, reason, detail, failedAtMs: clock()});
    if (reason !== 'shutdown') this.#tell(reason, detail, code);
  }

  #tell(reason: FailureReason, detail: string, code: string): void {
    const nowMs = this.#timers.now();
    const toldAtMs = this.#toldAtMs.get(reason) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - toldAtMs < TROUBLE_INTERVAL_MS) return;
    this.#toldAtMs.set(reason, nowMs);
    this.#options.onTrouble?.(`A signal was not analysed (${reason}): ${detail} [${code}]`);
  }

  #abortRunning(): void {
    for (const [job, controller] of this.#running) {
      this.#running.delete(job);
      this.#fail(job, 'shutdown', 'Its analysis had not ended when the machine stopped');
      controller.abort();
    }
    this.#report();
  }

  /** To be called at the end of every turn that has changed what is pending. */
  #report(): void {
    this.#options.metrics.signalsPendingAnalysis.set(this.pendingCount);
    if (this.pendingCount > 0) return;
    for (const resolve of this.#idlers.splice(0)) resolve();
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), {once: true});
  });
}

/** What stands in brackets behind a failure that no {@link AnalysisError} has a code for. */
const CODE_OF: Readonly<Record<FailureReason, string>> = {
  error: 'analysis_unavailable',
  timeout: 'analysis_timeout',
  rejected: 'analysis_invalid',
  queue_full: 'analysis_queue_full',
  expired: 'analysis_expired',
  shutdown: 'analysis_unavailable',
};

function reasonOf(code: AnalysisErrorCode | undefined): FailureReason {
  if (code === 'analysis_timeout') return 'timeout';
  return code === 'analysis_invalid' || code === 'analysis_refused' ? 'rejected' : 'error';
}

/** What was thrown, in words; whatever it is, saying it throws nothing. */
function thrownText(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return typeof thrown;
  }
}
