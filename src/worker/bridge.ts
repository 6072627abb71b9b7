import type {MetricRegistry} from '../bridge/reading.js';
import {RegistryMirror} from '../bridge/registry-mirror.js';
import type {FlushMark, WorkerPort} from '../channel/worker-port.js';
import {register as globalRegister} from '../prom-client.js';
import {FLUSH_INTERVAL_MS, openChannel} from './connect.js';
import {isRecorded} from './metric.js';

/**
 * Ends of the names of prom-client's default metrics that are the whole process's: each thread tells the same, and added
 * up they would be wrong. The main thread tells them, by `collectDefaultMetrics({register: hub.registry})`.
 */
export const PROCESS_METRICS: readonly string[] = Object.freeze([
  'process_cpu_user_seconds_total',
  'process_cpu_system_seconds_total',
  'process_cpu_seconds_total',
  'process_start_time_seconds',
  'process_resident_memory_bytes',
  'process_virtual_memory_bytes',
  'process_heap_bytes',
  'process_open_fds',
  'process_max_fds',
]);

/** Options of `bridge()`. */
export interface BridgeOptions {
  /** Milliseconds between flushes by a timer; 0 for none. Default 1,000. An idle worker of piscina runs no timers. */
  readonly flushIntervalMs?: number;
  /** Milliseconds that a flush waits for functions given as `collect`. Default 2,000. */
  readonly collectWaitMsMax?: number;
  /** Names of families that stay here, or ends of names. Default {@link PROCESS_METRICS}. */
  readonly leftOut?: readonly string[];
  /** Told what an operator should know, one line each, each kind once. Default: `process.emitWarning`. */
  readonly onWarning?: (line: string) => void;
}

/** A registry of prom-client whose metrics reach the hub. */
export interface Bridge {
  /**
   * Reads every metric, awaiting functions given as `collect`, and posts what changed. To be called when a task ends.
   * Resolves with a mark for `hub.merged()`, in bounded time; never rejects.
   */
  flush(): Promise<FlushMark>;
}

/** The bridges of this thread: one registry bridged twice would count twice. */
const bridges = new WeakMap<MetricRegistry, Bridge>();

/**
 * Sends the hub what a registry of prom-client holds (default: this thread's global `register`), on this worker's one
 * channel: as of the last flush, by a timer or by `flush()`, whatever kills the worker then. Works beside `connect()`.
 * A further call for the same registry returns the same bridge.
 * @throws TypeError on a thread without a parent, and for what is no registry.
 */
export function bridge(
  register: MetricRegistry = globalRegister,
  {flushIntervalMs = FLUSH_INTERVAL_MS, ...options}: BridgeOptions = {},
): Bridge {
  const port = openChannel('bridge');
  if (typeof register?.getMetricsAsArray !== 'function') {
    const got = register === null ? 'null' : typeof register;
    const hint = 'options are the second argument';
    throw new TypeError(
      `Expected bridge() to be given a registry of prom-client, got ${got}; ${hint}`,
    );
  }
  const known = bridges.get(register);
  if (known !== undefined) return known;
  const opened = openBridge(port, {...options, register, flushIntervalMs});
  bridges.set(register, opened);
  return opened;
}

function openBridge(
  port: WorkerPort,
  options: BridgeOptions & {readonly register: MetricRegistry; readonly flushIntervalMs: number},
): Bridge {
  const {register, flushIntervalMs, collectWaitMsMax, leftOut = PROCESS_METRICS} = options;
  const mirror = new RegistryMirror({
    registry: register,
    recorder: port.recorder,
    // Our own metrics stand in prom-client's registries too, but are in the ledger already. A prefix may stand before the
    // names of default metrics.
    isLeftOut: (name, metric) => isRecorded(metric) || leftOut.some(end => name.endsWith(end)),
    onWarning: options.onWarning ?? (line => process.emitWarning(line, 'ThreadtallyWarning')),
    ...(collectWaitMsMax === undefined ? {} : {collectWaitMsMax}),
  });
  const flush = async () => {
    await mirror.collect();
    return port.flush();
  };
  if (flushIntervalMs > 0) {
    const tick = async () => {
      await mirror.collect();
      port.flushIfHeard();
    };
    setInterval(tick, flushIntervalMs).unref();
  }
  return {flush};
}
