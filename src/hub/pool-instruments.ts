import type {EventEmitter} from 'node:events';
import type {ThreadSlots} from '../channel/thread-slots.js';
import {shown} from '../metrics/family.js';
import type {Recorder} from '../metrics/recorder.js';
import {LiveSet} from './live-set.js';
import {type PiscinaWorker, watchTasks, workerBehind} from './piscina-workers.js';
import {
  declarePoolFamilies,
  INSTRUMENT_DEFAULTS,
  type InstrumentOptions,
  type PoolFamilies,
} from './pool-families.js';

/** What a hub needs of a Piscina pool: nothing but what piscina documents. */
export interface InstrumentablePool extends Pick<EventEmitter, 'emit' | 'on'> {
  /** All threads, those that are starting included. */
  readonly threads: readonly unknown[];
  /** How many threads are ready and have no task. */
  readonly idleThreads: number;
  readonly queueSize: number;
  run(task: never, options?: never): Promise<unknown>;
}

/** Options of {@link PoolInstruments}. */
export interface PoolInstrumentsOptions {
  readonly recorder: Recorder;
  readonly slots: ThreadSlots;
  readonly warn: (line: string) => void;
}

/** What is known of a pool. */
interface Instrumented {
  readonly prefix: string;
  /** Live workers that were seen coming, each with the thread whose slot is held for it. */
  readonly threads: Map<PiscinaWorker, number>;
  /** False once it was said that some of its workers aren't timed. */
  isTimed: boolean;
}

/** The pools of one prefix; their series add up. */
interface PoolGroup {
  readonly families: PoolFamilies;
  readonly pools: LiveSet<InstrumentablePool>;
}

const NOT_TIMED = 'are not timed, only counted';

/** Measures pools from the main thread: nothing is asked of their workers, nor of the code that runs there. */
export class PoolInstruments {
  readonly #recorder: Recorder;
  readonly #slots: ThreadSlots;
  readonly #warn: (line: string) => void;
  readonly #groups = new Map<string, PoolGroup>();
  readonly #entries = new WeakMap<InstrumentablePool, Instrumented>();

  constructor({recorder, slots, warn}: PoolInstrumentsOptions) {
    this.#recorder = recorder;
    this.#slots = slots;
    this.#warn = warn;
  }

  /**
   * Measures a pool from now on; a second call for the same pool and prefix changes nothing.
   * @throws TypeError for what is no pool, for options that no family can have, or for a second prefix.
   */
  instrument(pool: InstrumentablePool, options: InstrumentOptions = {}): void {
    checkPool(pool);
    const prefix = options.prefix ?? INSTRUMENT_DEFAULTS.prefix;
    const known = this.#entries.get(pool)?.prefix;
    if (known !== undefined && known !== prefix) {
      throw new TypeError(
        `Expected \`prefix\` to be ${shown(known)} as the pool has it, got ${shown(prefix)}`,
      );
    }
    const families = declarePoolFamilies(this.#recorder, options);
    if (known !== undefined) return;
    const entry: Instrumented = {prefix, threads: new Map(), isTimed: true};
    this.#entries.set(pool, entry);
    const group = this.#groups.get(prefix) ?? {families, pools: new LiveSet()};
    group.pools.add(pool);
    this.#groups.set(prefix, group);
    countRuns(pool, families);
    pool.on('workerCreate', worker => this.#welcome(entry, worker, families));
    pool.on('workerDestroy', worker => this.#dismiss(entry, worker));
  }

  /** Sets the gauges to this moment. */
  collect(): void {
    for (const {families, pools} of this.#groups.values()) {
      let [threads, idle, queued] = [0, 0, 0];
      for (const pool of pools) {
        threads += pool.threads.length;
        idle += pool.idleThreads;
        queued += pool.queueSize;
        this.#checkTimed(pool);
      }
      families.workersActive.set(threads - idle);
      families.workersIdle.set(idle);
      families.queueDepth.set(queued);
    }
  }

  #welcome(entry: Instrumented, announced: {id?: unknown}, families: PoolFamilies): void {
    const worker = workerBehind(announced);
    const thread = announced?.id;
    if (worker === undefined || typeof thread !== 'number') {
      entry.isTimed = false;
      this.#warn(`Tasks of a pool ${NOT_TIMED}: expected workers as of piscina 5, got others`);
      return;
    }
    const slot = this.#slots.hold(thread);
    entry.threads.set(worker, thread);
    const duration = families.taskDuration.labels({worker_id: slot});
    watchTasks(worker, {
      started: waitMs => families.taskWait.observe(waitMs / 1_000),
      ended: durationMs => duration.observe(durationMs / 1_000),
    });
  }

  /** Gives the slot back when piscina has done with the worker: its successor is there before the thread has ended. */
  #dismiss({threads}: Instrumented, announced: unknown): void {
    const worker = workerBehind(announced);
    const thread = worker && threads.get(worker);
    if (worker === undefined || thread === undefined) return;
    threads.delete(worker);
    this.#slots.release(thread);
  }

  #checkTimed(pool: InstrumentablePool): void {
    const entry = this.#entries.get(pool);
    if (!entry?.isTimed || pool.idleThreads <= entry.threads.size) return;
    entry.isTimed = false;
    this.#warn(
      `Tasks of a pool's first workers ${NOT_TIMED}: expected instrument() right where the pool is made, got a pool with workers`,
    );
  }
}

/** Counts how each `run()` ends, on the promise that the caller gets: one that is nobody's stays unhandled. */
function countRuns(pool: InstrumentablePool, {tasksCompleted, tasksFailed}: PoolFamilies): void {
  const run = pool.run;
  const completed = (result: unknown) => {
    tasksCompleted.inc();
    return result;
  };
  const failed = (error: unknown) => {
    tasksFailed.inc();
    throw error;
  };
  pool.run = function (this: InstrumentablePool, task, options) {
    return run.call(this, task, options).then(completed, failed);
  };
}

function checkPool(pool: Partial<InstrumentablePool> | undefined): void {
  const isPool =
    typeof pool?.run === 'function' &&
    typeof pool.on === 'function' &&
    Array.isArray(pool.threads) &&
    typeof pool.idleThreads === 'number' &&
    typeof pool.queueSize === 'number';
  if (!isPool) throw new TypeError(`Expected a Piscina pool to instrument, got ${typeof pool}`);
}
