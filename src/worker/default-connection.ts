import type {WorkerPort} from '../channel/worker-port.js';
import {CATALOGUE} from '../metrics/catalogue.js';
import {Collectors} from './collectors.js';
import {connect, FLUSH_INTERVAL_MS} from './connect.js';

/** Where every metric of this thread records that is made by prom-client's constructors. */
export interface DefaultConnection {
  readonly port: WorkerPort;
  readonly collectors: Collectors;
  /** Milliseconds of a clock that never steps back, by which the windows of summaries slide in this thread's `get()`. */
  readonly now: () => number;
}

/**
 * Module state, against the rule: prom-client's constructors take no connection, and its own global registry is one of
 * these a thread too. Undefined until it is first used, so that a worker without metrics is none of the hub's.
 */
let current: DefaultConnection | undefined;

/**
 * This thread's default connection, opened when it is first asked for and flushed every {@link FLUSH_INTERVAL_MS}.
 * @throws TypeError on a thread without a parent.
 */
export function openDefault(caller = 'defaultConnection'): DefaultConnection {
  if (current !== undefined) return current;
  const opened = connect({flushIntervalMs: 0, caller});
  const failures = opened.recorder.counter(CATALOGUE.hubCollectFailures);
  const now = () => performance.now();
  const collectors = new Collectors({
    warn: line => process.emitWarning(line),
    failed: reason => failures.inc({reason}),
    now,
  });
  const flush = () => {
    collectors.run();
    return opened.flush();
  };
  setInterval(() => collectors.runBefore(opened.flushIfHeard), FLUSH_INTERVAL_MS).unref();
  current = {port: {...opened, flush}, collectors, now};
  return current;
}

/**
 * The connection in which this thread's `Counter`, `Gauge`, `Histogram` and `Summary` record, for a worker that flushes when a task
 * ends. Opened when it is first asked for. Its `flush()` runs the `collect` functions first; what one that returns a promise
 * records later is told by a later flush.
 * @throws TypeError on a thread without a parent.
 */
export function defaultConnection(): WorkerPort {
  return openDefault().port;
}

/** Puts another connection in its place for metrics to come. For tests, which have no hub above them. */
export function replaceDefault(connection: DefaultConnection | undefined): void {
  current = connection;
}
