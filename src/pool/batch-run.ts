import {EventEmitter} from 'node:events';
import type {MetricsHub} from '../hub/metrics-hub.js';
import type {RunawayReason} from '../metrics/catalogue.js';
import {BatchState} from '../screener/batch-state.js';
import type {BatchReply} from '../screener/packed-replies.js';
import type {ScreeningBatch} from '../screener/task.js';
import {TaskLimit} from './task-limit.js';
import type {Abort, WorkerCrew} from './worker-crew.js';

/** How a worker was lost over its batch. */
export interface WorkerEnd {
  readonly reason: RunawayReason;
  readonly message: string;
  /** The place that it ran when it was ended or died; undefined where it ran none. */
  readonly place: number | undefined;
}

/** How a batch ended: with a reply, or with the end of its worker. */
export type BatchEnd = {readonly reply: BatchReply} | WorkerEnd;

/** Options of {@link BatchRun}. */
export interface BatchRunOptions {
  readonly hub: MetricsHub;
  readonly crew: WorkerCrew;
  /** Milliseconds that each trader may run. */
  readonly limitMs: number;
  /** MiB that the worker may use. */
  readonly heapMb: number;
}

/** A batch in whichever worker is free, until its result is here and what the worker counted is merged. */
export class BatchRun {
  /** What the worker says of it. */
  readonly state = new BatchState();
  readonly #options: BatchRunOptions;

  constructor(options: BatchRunOptions) {
    this.#options = options;
  }

  /** Never rejects: it ends with its worker at the latest. To be called once. */
  async run(batch: Omit<ScreeningBatch, 'state'>): Promise<BatchEnd> {
    const {hub, crew, limitMs, heapMb} = this.#options;
    const {state} = this;
    const abort: Abort = new EventEmitter();
    let latePlace: number | undefined;
    const onOver = (place: number | undefined) => {
      latePlace = place;
      abort.emit('abort');
    };
    const limit = new TaskLimit({state, limitMs, onOver});
    try {
      const reply = await crew.run({...batch, state: state.memory}, abort);
      // It resolves at the end of the worker at the latest; where too many wait already, what is told later is still told.
      await hub.merged(reply.mark).catch(() => {});
      return {reply};
    } catch (error) {
      if (latePlace !== undefined) {
        const message = `Screening took longer than ${limitMs} ms`;
        return {reason: 'timeout', message, place: latePlace};
      }
      const place = state.running?.place;
      if (state.isOutOfMemory || isOutOfMemory(error)) {
        const message = `Screening took more than ${heapMb} MiB of memory (out_of_memory)`;
        return {reason: 'out_of_memory', message, place};
      }
      return {reason: 'worker_died', message: (error as Error).message, place};
    } finally {
      limit.clear();
    }
  }
}

/** Where V8 saw it: it was the trader that ran then, as of those before nothing is left but a bounded reply. */
function isOutOfMemory(error: unknown): boolean {
  return (error as {code?: unknown}).code === 'ERR_WORKER_OUT_OF_MEMORY';
}
