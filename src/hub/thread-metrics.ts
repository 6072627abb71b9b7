import type {EventLoopUtilization} from 'node:perf_hooks';
import {measureOwnThread} from '../channel/own-thread.js';
import type {ThreadSlots} from '../channel/thread-slots.js';
import type {Counter} from '../metrics/counter.js';
import type {Gauge} from '../metrics/gauge.js';
import type {Recorder} from '../metrics/recorder.js';
import {PROCESS_FAMILIES, THREAD_FAMILIES} from '../metrics/thread-families.js';

/** Options of `MetricsHub.collectThreadMetrics()`. */
export interface ThreadMetricsOptions {
  /**
   * Whether CPU and memory of the process are measured too. Default true: then those of prom-client's
   * `collectDefaultMetrics()` in `hub.registry`, whose names they have, are left out.
   */
  readonly process?: boolean;
}

/** Options of {@link ThreadMetrics}. */
export interface ThreadMetricsSetup extends ThreadMetricsOptions {
  readonly recorder: Recorder;
  readonly slots: ThreadSlots;
  /** Workers and pools. */
  readonly attached: Iterable<object>;
}

const PROCESS_NAMES: ReadonlySet<string> = new Set(
  Object.values(PROCESS_FAMILIES).map(({name}) => name),
);

/** A thread as its parent sees it. */
interface Thread {
  /** -1 once it has ended. */
  readonly threadId: number;
  readonly performance: {eventLoopUtilization(): EventLoopUtilization};
}

/**
 * Default metrics of a process with threads: its CPU and memory once; heap and lag of the main thread, as workers tell
 * theirs; and how busy each event loop is, which the main thread sees without asking, be the worker stuck or not.
 */
export class ThreadMetrics {
  readonly #slots: ThreadSlots;
  readonly #attached: Iterable<object>;
  readonly #utilization: Gauge<'worker_id'>;
  readonly #active: Counter<'worker_id'>;
  readonly #withProcess: boolean;
  readonly #readProcess: () => void;
  readonly #readHeap: () => void;
  /** Milliseconds of each thread that `#active` has. */
  readonly #counted = new WeakMap<object, number>();
  /** Milliseconds that each thread's event loop had been active and idle by the page before. */
  readonly #last = new WeakMap<object, {active: number; idle: number}>();
  /** Whose utilisation stands on the page. */
  #shown = new Set<string>();

  constructor({recorder, slots, attached, process: withProcess = true}: ThreadMetricsSetup) {
    this.#slots = slots;
    this.#attached = attached;
    this.#withProcess = withProcess;
    this.#readProcess = withProcess ? measureProcess(recorder) : () => {};
    this.#utilization = recorder.gauge(THREAD_FAMILIES.utilization);
    this.#active = recorder.counter(THREAD_FAMILIES.active);
    this.#readHeap = measureOwnThread({recorder, workerId: 'main', parts: ['heap', 'lag']});
  }

  /** Whether a family of that name is measured here. */
  measures(name: string): boolean {
    return this.#withProcess && PROCESS_NAMES.has(name);
  }

  /** Reads this moment. Utilization is that between two pages: what looks in between leaves it. */
  collect(isPage = true): void {
    this.#readProcess();
    this.#readHeap();
    const before = this.#shown;
    this.#shown = new Set();
    this.#read('main', performance, isPage);
    for (const object of this.#attached) {
      for (const thread of threadsOf(object)) {
        const slot = this.#slots.slotOf(thread.threadId);
        if (slot !== undefined) this.#read(String(slot), thread.performance, isPage);
      }
    }
    for (const id of before) if (!this.#shown.has(id)) this.#utilization.remove({worker_id: id});
  }

  #read(id: string, loop: Thread['performance'], isPage: boolean): void {
    if (this.#shown.has(id)) return;
    this.#shown.add(id);
    const labels = {worker_id: id};
    const now = loop.eventLoopUtilization();
    const counted = this.#counted.get(loop) ?? 0;
    if (now.active > counted) {
      this.#active.inc(labels, (now.active - counted) / 1_000);
      this.#counted.set(loop, now.active);
    } else this.#active.ensure(labels);
    if (!isPage) return;
    const last = this.#last.get(loop) ?? {active: 0, idle: 0};
    // Read from another thread, a sum may step back by microseconds; nothing is counted twice then.
    const active = Math.max(now.active, last.active);
    const idle = Math.max(now.idle, last.idle);
    this.#last.set(loop, {active, idle});
    const activeMs = active - last.active;
    const idleMs = idle - last.idle;
    // A page right after another has nothing to tell: what stood there stands.
    if (activeMs + idleMs > 0) this.#utilization.set(labels, activeMs / (activeMs + idleMs));
    else this.#utilization.ensure(labels);
  }
}

/**
 * The threads of a worker or pool whose event loop tells how busy they are: not those of a piscina with atomics `sync`,
 * which wait for tasks by blocking it and would all seem busy.
 */
function threadsOf(object: {options?: {atomics?: unknown}; threads?: unknown}): Thread[] {
  if (object.options?.atomics === 'sync') return [];
  const threads: unknown[] = Array.isArray(object.threads) ? object.threads : [object];
  return threads.filter(isThread);
}

function isThread(value: unknown): value is Thread {
  const {threadId, performance} = (value ?? {}) as Partial<Thread>;
  return typeof threadId === 'number' && typeof performance?.eventLoopUtilization === 'function';
}

function measureProcess(recorder: Recorder): () => void {
  const cpuUser = recorder.counter(PROCESS_FAMILIES.cpuUser);
  const cpuSystem = recorder.counter(PROCESS_FAMILIES.cpuSystem);
  const memory = recorder.gauge(PROCESS_FAMILIES.residentMemory);
  const startTime = recorder.gauge(PROCESS_FAMILIES.startTime);
  startTime.set(Math.round(Date.now() / 1_000 - process.uptime()));
  let last = {user: 0, system: 0};
  return () => {
    const now = process.cpuUsage();
    cpuUser.inc((now.user - last.user) / 1e6);
    cpuSystem.inc((now.system - last.system) / 1e6);
    last = now;
    memory.set(process.memoryUsage.rss());
  };
}
