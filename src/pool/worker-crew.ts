import type {EventEmitter} from 'node:events';
import type {Attachment, MetricsHub} from '../hub/metrics-hub.js';
import type {BatchReply} from '../screener/packed-replies.js';
import type {ScreeningBatch, WorkerSettings} from '../screener/task.js';
import {IMPORT_FLAG, Piscina} from './piscina.js';

/**
 * MiB of a worker's heap for objects that are new, on top of `heapMb`, as far as they are needed. What a screening keeps
 * until the next one then dies young: with V8's 48 it grew old, and to collect it took a third of the workers' time.
 */
const YOUNG_HEAP_MB = 96;

/**
 * V8's own limit, in times of `heapMb` and MiB beyond that: what ends the process where one piece doesn't fit. Far above the worker's
 * own, so that what it holds and the largest piece that it may ask for then fit at any rate: a list or table of that size
 * that grows takes up to three times as much.
 */
const HEAP_LIMIT_FACTOR = 4;
const HEAP_LIMIT_MORE_MB = 128;

/**
 * For the filters' realm; and Node need not say each time that its loader of modules into realms may still change. These
 * alone, and not what the process was started with: a worker refuses V8's own flags, such as `--max-old-space-size`.
 */
const WORKER_FLAGS = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  IMPORT_FLAG,
];

/** Emits 'abort' where a worker is to be ended. An AbortSignal would do as well, and cost a screening a tenth of a millisecond. */
export type Abort = EventEmitter;

/** Options of {@link WorkerCrew}. */
export interface WorkerCrewOptions {
  readonly hub: MetricsHub;
  readonly workerFile: URL;
  readonly count: number;
  /** MiB of memory that a worker may use; it sees to that itself. */
  readonly heapMb: number;
  readonly settings: WorkerSettings;
  /** Told of each worker that failed while it ran no task. */
  readonly onError: (error: Error) => void;
}

/** A fixed number of worker threads, attached to the hub; one that dies is replaced. */
export class WorkerCrew {
  readonly count: number;
  readonly #piscina: Piscina;
  readonly #attachment: Attachment;

  constructor({hub, workerFile, count, heapMb, settings, onError}: WorkerCrewOptions) {
    this.count = count;
    this.#piscina = new Piscina({
      filename: workerFile.href,
      minThreads: count,
      maxThreads: count,
      resourceLimits: {
        maxOldGenerationSizeMb: HEAP_LIMIT_FACTOR * heapMb + HEAP_LIMIT_MORE_MB,
        maxYoungGenerationSizeMb: YOUNG_HEAP_MB,
      },
      execArgv: WORKER_FLAGS,
      workerData: settings,
      // In its event loop a worker always hears that it is to end. One that had just come to wait by `Atomics.wait()` slept
      // on now and then, and `destroy()` waited for it for ever.
      atomics: 'disabled',
      // The hub measures.
      recordTiming: false,
    });
    this.#attachment = hub.attach(this.#piscina);
    this.#piscina.on('error', onError);
  }

  /** Threads that live now. */
  get threadCount(): number {
    return this.#piscina.threads.length;
  }

  /**
   * Asks a worker why no filter can run in it; undefined where all is well.
   * @throws Error where the signal aborts or the worker dies.
   */
  problem(signal: AbortSignal): Promise<string | undefined> {
    return this.#piscina.run(undefined, {name: 'problem', signal});
  }

  /**
   * Gives a batch to whichever worker is free.
   * @throws Error where its worker has died, or was ended because of an 'abort'. Nothing else rejects.
   */
  run(batch: ScreeningBatch, abort: Abort): Promise<BatchReply> {
    return this.#piscina.run(batch, {signal: abort});
  }

  /** Ends the workers, whatever they do. Resolves when the hub has merged what they counted. */
  async stop(): Promise<void> {
    await this.#piscina.destroy();
    await this.#attachment.settled();
  }
}
