import {MetricsHub} from '../../src/index.js';
import type {KlineSnapshot} from '../../src/market/kline-layout.js';
import {KlineStore} from '../../src/market/kline-store.js';
import {bindCatalogue} from '../../src/metrics/catalogue.js';
import type {AnalysisRequest} from '../../src/signals/analyser.js';
import {ANALYSIS_TIMEOUT_MS} from '../../src/signals/analysis-limits.js';
import {AnalysisQueue, type AnalysisQueueOptions} from '../../src/signals/analysis-queue.js';
import type {AnalysisFailure, SignalAnalysis, Verdict} from '../../src/signals/signal.js';
import type {Timers} from '../../src/signals/timers.js';
import {UuidV7Source} from '../../src/signals/uuid-v7.js';
import {parsePage, sampleKey} from './exposition.js';

/** A verdict that says to wait. */
export const WAIT: Verdict = {
  decision: 'wait',
  confidence: 0.5,
  keyLevels: {support: [1], resistance: [3]},
  plan: {entryPrice: null, stopPrice: null, targetPrices: [], note: ''},
};

/** Ids without chance: equal runs, equal ids. */
export function sequentialIds(): UuidV7Source {
  return new UuidV7Source(bytes => bytes.fill(0));
}

/** A request to analyse signal `name` of BTCUSDT at price 2. */
export function requestOf(
  name: string,
  klines: KlineSnapshot = new KlineStore().snapshot(),
): AnalysisRequest {
  const signal = {
    id: name,
    traderId: 't',
    traderName: 'T',
    symbol: 'BTCUSDT',
    price: 2,
    matchedConditions: ['dip'],
    madeAtMs: 1_000,
    source: 'test',
  };
  return {signal, intervals: ['15m', '5m'], klines};
}

/** Time that passes when it is told to. */
export class ManualTimers implements Timers {
  #nowMs = 0;
  readonly #calls = new Set<{readonly atMs: number; readonly call: () => void}>();

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, call: () => void): () => void {
    const entry = {atMs: this.#nowMs + delayMs, call};
    this.#calls.add(entry);
    return () => this.#calls.delete(entry);
  }

  /** Lets time pass, call by call; what each sets off is awaited before the next. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      await settle();
      const [next] = [...this.#calls].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > endMs) break;
      this.#calls.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.call();
    }
    this.#nowMs = endMs;
  }
}

/** Waits before repeats pass at once, and what was asked for is kept; a try's time is over when the test says so. */
export class HurriedTimers implements Timers {
  readonly waitsMs: number[] = [];
  readonly #tries = new Set<() => void>();
  #skippedMs = 0;

  now(): number {
    return performance.now() + this.#skippedMs;
  }

  after(delayMs: number, call: () => void): () => void {
    if (delayMs === ANALYSIS_TIMEOUT_MS) {
      this.#tries.add(call);
      return () => this.#tries.delete(call);
    }
    this.waitsMs.push(delayMs);
    const immediate = setImmediate(() => {
      this.#skippedMs += delayMs;
      call();
    });
    return () => clearImmediate(immediate);
  }

  /** Ends the time of the tries that run. */
  expire(): void {
    for (const call of this.#tries) call();
  }

  /** Ends the time of the try that began last; to be asked for when it begins. */
  get expireLast(): () => void {
    return [...this.#tries].at(-1) ?? (() => {});
  }
}

/** Resolves when all promises have run that wait for nothing but each other. */
export function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

/** What a scrape says of signals. */
export interface SignalCounts {
  readonly pending: number;
  readonly analysed: number;
  readonly failed: number;
  readonly retries: number;
  /** The reasons that are not 0. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** A queue over a hub of its own, with what it told and what a scrape says. */
export function startQueue(
  options: Pick<AnalysisQueueOptions, 'analyse'> & Partial<AnalysisQueueOptions>,
) {
  const hub = new MetricsHub();
  const metrics = bindCatalogue(hub.recorder);
  const analyses: SignalAnalysis[] = [];
  const failures: AnalysisFailure[] = [];
  const lines: string[] = [];
  const queue = new AnalysisQueue({
    analyser: 'test',
    metrics,
    ids: sequentialIds(),
    clock: () => 5_000,
    sink: {
      recordAnalysis: analysis => analyses.push(analysis),
      recordFailure: failure => failures.push(failure),
    },
    onTrouble: line => lines.push(line),
    ...options,
  });
  const counts = (): SignalCounts => {
    const samples = parsePage(hub.renderPage().body);
    const value = (name: string) => samples.get(sampleKey(name)) ?? Number.NaN;
    const reasons: Record<string, number> = {};
    for (const [key, count] of samples) {
      const [, reason] = /^analysis_failures_total\{.*reason="(\w+)"/.exec(key) ?? [];
      if (reason !== undefined && count !== 0) reasons[reason] = count;
    }
    return {
      pending: value('signals_pending_analysis'),
      analysed: value('signals_analyzed_total'),
      failed: value('signals_failed_total'),
      retries: value('analysis_retries_total'),
      reasons,
    };
  };
  return {queue, analyses, failures, lines, counts};
}
