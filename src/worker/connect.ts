import {type MessagePort, parentPort, threadId} from 'node:worker_threads';
import {measureOwnThread, type ThreadPart} from '../channel/own-thread.js';
import {openWorkerPort, type WorkerPort} from '../channel/worker-port.js';
import type {RecorderOptions} from '../metrics/recorder.js';
import {OWN_SLOT} from '../metrics/series.js';

/** Milliseconds between flushes of a worker that doesn't flush by itself. */
export const FLUSH_INTERVAL_MS = 1_000;

/** Options of {@link connect}. */
export interface ConnectOptions extends RecorderOptions {
  /**
   * Milliseconds between flushes by a timer; 0 for none. Default {@link FLUSH_INTERVAL_MS}. A worker that is busy, or an
   * idle one of piscina, runs no timers: what it recorded is merged with its next flush, or when it ends.
   */
  readonly flushIntervalMs?: number;
  /**
   * What this thread tells of itself: `heap` at its flushes, at most once a second, and `lag` of its event loop by a
   * timer. No `lag` in a piscina worker with atomics `sync`: it waits for tasks by blocking its loop, which isn't lag.
   * Default none.
   */
  readonly threadMetrics?: readonly ThreadPart[];
  /** Whose call this is, as an error names it. Default `connect`. */
  readonly caller?: string;
}

const ON_MAIN =
  "there use its hub's recorder, or prom-client's own classes with `registers: [hub.registry]`";

/** The channel of this thread: who connects and bridges is still one worker, with one slot. */
const channels = new WeakMap<MessagePort, WorkerPort>();

/**
 * Connects this worker with the hub of the thread that started it, which must have attached the worker or its pool. A
 * further call returns the same channel; its `seriesPerFamilyMax` changes nothing.
 * @throws TypeError on a thread without a parent.
 */
export function connect({
  flushIntervalMs = FLUSH_INTERVAL_MS,
  threadMetrics = [],
  caller = 'connect',
  ...options
}: ConnectOptions = {}): WorkerPort {
  const port = openChannel(caller, options);
  const {recorder} = port;
  const measure = measureOwnThread({recorder, workerId: OWN_SLOT, parts: threadMetrics});
  const flush = () => {
    measure();
    return port.flush();
  };
  const flushIfHeard = () => {
    measure();
    port.flushIfHeard();
  };
  if (flushIntervalMs > 0) setInterval(flushIfHeard, flushIntervalMs).unref();
  return {...port, flush, flushIfHeard};
}

/** Opens this thread's channel, or finds it. */
export function openChannel(caller: string, options: RecorderOptions = {}): WorkerPort {
  const parent = parentPort;
  if (parent === null) {
    const expected = `Expected ${caller}() to be called in a worker thread`;
    throw new TypeError(`${expected}, got the main thread: ${ON_MAIN}`);
  }
  const known = channels.get(parent);
  if (known !== undefined) return known;
  const post = (message: unknown, transfer: MessagePort[]) => parent.postMessage(message, transfer);
  const port = openWorkerPort({...options, threadId, post});
  channels.set(parent, port);
  return port;
}
