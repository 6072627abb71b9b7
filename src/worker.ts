/**
 * Public API inside a worker thread.
 * @module
 */
import {type MessagePort, parentPort, threadId} from 'node:worker_threads';
import type {MetricRegistry} from './bridge/reading.js';
import {openWorkerPort, type WorkerPort} from './channel/worker-port.js';
import type {RecorderOptions} from './metrics/recorder.js';
import {register as globalRegister} from './prom-client.js';
import {type Bridge, type BridgeOptions, openBridge} from './worker/bridge.js';

export type {FlushMark, WorkerPort} from './channel/worker-port.js';
export {bindCatalogue, type FamilyKey, type Metrics} from './metrics/catalogue.js';
export type {Counter, CounterSeries} from './metrics/counter.js';
export type {Aggregator, FamilyOptions} from './metrics/family.js';
export type {Gauge, GaugeSeries} from './metrics/gauge.js';
export type {Histogram, HistogramSeries} from './metrics/histogram.js';
export type {Recorder} from './metrics/recorder.js';
export {type Labels, OWN_SLOT} from './metrics/series.js';

export type {Bridge, BridgeOptions} from './worker/bridge.js';

/** Milliseconds between flushes of a worker that doesn't flush by itself. */
export const FLUSH_INTERVAL_MS = 1_000;

/** Options of {@link connect}. */
export interface ConnectOptions extends RecorderOptions {
  /**
   * Milliseconds between flushes by a timer; 0 for none. Default {@link FLUSH_INTERVAL_MS}. A worker that is busy, or an
   * idle one of piscina, runs no timers: what it recorded is merged with its next flush, or when it ends.
   */
  readonly flushIntervalMs?: number;
}

/** The channel of this thread: who connects and bridges is still one worker, with one slot. */
const channels = new WeakMap<MessagePort, WorkerPort>();

/** The bridges of this thread: one registry bridged twice would count twice. */
const bridges = new WeakMap<MetricRegistry, Bridge>();

/**
 * Connects this worker with the hub of the thread that started it, which must have attached the worker or its pool. A
 * further call returns the same channel; its `seriesPerFamilyMax` changes nothing.
 * @throws TypeError on a thread without a parent.
 */
export function connect({
  flushIntervalMs = FLUSH_INTERVAL_MS,
  ...options
}: ConnectOptions = {}): WorkerPort {
  const port = openChannel('connect', options);
  if (flushIntervalMs > 0) setInterval(port.flushIfHeard, flushIntervalMs).unref();
  return port;
}

/**
 * Sends the hub what a registry of prom-client holds (default: this thread's global `register`), on this worker's one
 * channel: as of the last flush, by a timer or by `flush()`, whatever kills the worker then. Works beside `connect()`.
 * A further call for the same registry returns the same bridge.
 * @throws TypeError on a thread without a parent.
 */
export function bridge(
  register: MetricRegistry = globalRegister,
  {flushIntervalMs = FLUSH_INTERVAL_MS, ...options}: BridgeOptions = {},
): Bridge {
  const port = openChannel('bridge');
  const known = bridges.get(register);
  if (known !== undefined) return known;
  const opened = openBridge(port, {...options, register, flushIntervalMs});
  bridges.set(register, opened);
  return opened;
}

function openChannel(caller: string, options: RecorderOptions = {}): WorkerPort {
  const parent = parentPort;
  if (parent === null) {
    const expected = `Expected ${caller}() to be called in a worker thread`;
    throw new TypeError(`${expected}, got the main thread`);
  }
  const known = channels.get(parent);
  if (known !== undefined) return known;
  const post = (message: unknown, transfer: MessagePort[]) => parent.postMessage(message, transfer);
  const port = openWorkerPort({...options, threadId, post});
  channels.set(parent, port);
  return port;
}
