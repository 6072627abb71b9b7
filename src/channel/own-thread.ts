import {getHeapStatistics} from 'node:v8';
import {LAG_INTERVAL_MS, LagMeter} from '../metrics/lag-meter.js';
import type {Recorder} from '../metrics/recorder.js';
import type {Labels, OWN_SLOT} from '../metrics/series.js';
import {THREAD_FAMILIES} from '../metrics/thread-families.js';

/** Milliseconds within which a heap is read once: it takes several microseconds. */
export const HEAP_INTERVAL_MS = 1_000;

/** What a thread can tell only of itself. */
export type ThreadPart = 'heap' | 'lag';

/** Options of {@link measureOwnThread}. */
export interface OwnThreadOptions {
  readonly recorder: Recorder;
  /** `main`, or the worker's own slot. */
  readonly workerId: 'main' | typeof OWN_SLOT;
  readonly parts: readonly ThreadPart[];
  /** Milliseconds of a clock that never steps back. Default `performance.now`. */
  readonly now?: () => number;
}

/**
 * Starts to measure the thread that it is called in: heap used and allowed, and how late its event loop runs a timer,
 * which keeps no thread alive.
 * @returns Reads the heap, unless that was done less than {@link HEAP_INTERVAL_MS} ago.
 */
export function measureOwnThread(options: OwnThreadOptions): () => void {
  const {recorder, workerId, parts, now = () => performance.now()} = options;
  const labels: Labels<'worker_id'> = {worker_id: workerId};
  if (parts.includes('lag')) {
    const lag = recorder.histogram(THREAD_FAMILIES.lag).labels(labels);
    const meter = new LagMeter({now, observe: seconds => lag.observe(seconds)});
    setInterval(() => meter.tick(), LAG_INTERVAL_MS).unref();
  }
  if (!parts.includes('heap')) return () => {};
  const used = recorder.gauge(THREAD_FAMILIES.heapUsed).labels(labels);
  const limit = recorder.gauge(THREAD_FAMILIES.heapLimit).labels(labels);
  let readAtMs = -Infinity;
  const read = () => {
    const nowMs = now();
    if (nowMs - readAtMs < HEAP_INTERVAL_MS) return;
    readAtMs = nowMs;
    const heap = getHeapStatistics();
    used.set(heap.used_heap_size);
    limit.set(heap.heap_size_limit);
  };
  read();
  return read;
}
