import type {Attachment, MetricsHub} from '../hub/metrics-hub.js';
import type {BatchReply, ScreeningBatch, WorkerSettings} from '../screener/task.js';
import {Piscina} from './piscina.js';

/** For the filters' realm; and Node need not say each time that its loader of modules into realms may still change. */
const WORKER_FLAGS = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

/** Options of {@link WorkerCrew}. */
export interface WorkerCrewOptions {
  readonly hub: MetricsHub;
  readonly count: number;
  /** MiB of heap a worker. */
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

  constructor({hub, count, heapMb, settings, onError}: WorkerCrewOptions) {
    this.count = count;
    this.#piscina = new Piscina({
      filename: new URL('../../workers/screener.js', import.meta.url).href,
      minThreads: count,
      maxThreads: count,
      resourceLimits: {maxOldGenerationSizeMb: heapMb},
      execArgv: [...process.execArgv, ...WORKER_FLAGS],
      workerData: settings,
      // In its event loop a worker always hears that it is to end. One that had just come to wait by `Atomics.wait()` slept
      // on now and then, and `destroy()` waited for it for ever.
      atomics: 'disabled',
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
   * @throws Error where its worker has died, or was ended because the signal aborted. Nothing else rejects.
   */
  run(batch: ScreeningBatch, signal: AbortSignal): Promise<BatchReply> {
    return this.#piscina.run(batch, {signal});
  }

  /** Ends the workers, whatever they do. Resolves when the hub has merged what they counted. */
  async stop(): Promise<void> {
    await this.#piscina.destroy();
    await this.#attachment.settled();
  }
}
