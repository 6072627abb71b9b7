import {parentPort, threadId} from 'node:worker_threads';
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
}

/**
 * Connects this worker with the hub of the thread that started it, which must have attached the worker or its pool.
 * @throws TypeError on a thread without a parent.
 */
export function connect({
  flushIntervalMs = FLUSH_INTERVAL_MS,
  threadMetrics = [],
  ...options
}: ConnectOptions = {}): WorkerPort {
  const parent = parentPort;
  if (parent === null) {
    throw new TypeError('Expected connect() to be called in a worker thread, got the main thread');
  }
  const port = openWorkerPort({
    ...options,
    threadId,
    post: (message, transfer) => parent.postMessage(message, transfer),
  });
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
