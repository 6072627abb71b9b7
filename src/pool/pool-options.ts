import type {MetricsHub} from '../hub/metrics-hub.js';
import {ROWS_CACHED_MAX} from '../screener/shared-klines.js';
import type {CloudTrader} from '../screener/trader.js';
import type {PoolMetrics} from './pool-metrics.js';
import {checkWorkerCount} from './worker-count.js';

/** Milliseconds that a trader's filter may run over all symbols; then its worker is replaced and its result says so. */
export const TASK_TIMEOUT_MS = 5_000;

/** MiB of memory that a worker may use; one that takes more is ended, and its task's result says so. */
export const WORKER_HEAP_MB = 512;

/** Tasks that may wait, one a trader. Further ones are refused: their results say so, and `screener_tasks_refused_total`. */
export const QUEUE_TASKS_MAX = 5_000;

/** Workers where nobody names another number. */
export const WORKERS_DEFAULT = 2;

/** Longest time that Node's timers keep, in milliseconds. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Options of the pool; all of them can be left out. */
export interface ScreenerPoolOptions {
  /** What the workers record into, and where the pool's metrics stand: of one pool a hub, as its gauges are set. Default: one of the pool's own. */
  readonly hub?: MetricsHub;
  /** Families of the catalogue, bound to the hub's recorder. Default: bound by the pool. */
  readonly metrics?: PoolMetrics;
  /** Workers that `initialize()` starts where it is given no number. 1 to 64. Default {@link WORKERS_DEFAULT}. */
  readonly workers?: number;
  /** Milliseconds a trader, from when a worker begins it. 1 to 2147483647. Default {@link TASK_TIMEOUT_MS}. */
  readonly taskTimeoutMs?: number;
  /** Tasks (one a trader) that may wait, over all screenings that were asked for. Default {@link QUEUE_TASKS_MAX}. */
  readonly queueTasksMax?: number;
  /** MiB of memory that a worker may use, typed arrays included. From 16. Default {@link WORKER_HEAP_MB}. */
  readonly workerHeapMb?: number;
  /**
   * Candles a worker of which it keeps the rows that filters see, about 500 bytes each. From 1. Default 600,000; beyond, rows are
   * built again when asked for, and `screener_rows_dropped_total` tells.
   */
  readonly rowsCachedMax?: number;
  /** Milliseconds between flushes of a worker by a timer, beside that at each batch's end; 0, the default, for none. */
  readonly flushIntervalMs?: number;
  /**
   * True where the caller hands over Maps and never again writes into a row that a screening has seen further from its series' end than
   * the last three, wherever that row is by then: whatever else changes gets another row in the old one's place. To find out what changed then takes the main thread a fifth. One row of 32 is compared all the same,
   * another one at each screening, so filters see what was written elsewhere up to 32 screenings late; then `onWarning` is told,
   * and all fields are compared from there on. Of no effect on a `KlineStore`'s snapshots. Default false.
   */
  readonly rowsAreReplaced?: boolean;
  /** The module, a file, whose functions filters get as `helpers`. Default: the built-in indicators. */
  readonly helpers?: URL;
  /** The workers' file, which must answer as workers/screener.ts does. Default that one. */
  readonly workerFile?: URL;
  /** Milliseconds of a clock that never steps back; quarantines go by it. Default `performance.now`. */
  readonly now?: () => number;
  /** Told a line when a quarantine begins or is lengthened, or rows were written into. Default: a warning of the process. */
  readonly onWarning?: (line: string) => void;
  /** Told when a quarantine begins or is lengthened, and why. Default nobody. */
  readonly onQuarantine?: (trader: CloudTrader, reason: string) => void;
}

/** The options that have a default of their own. */
export type TotalOptions = Required<Omit<ScreenerPoolOptions, 'hub' | 'metrics' | 'helpers'>> & {
  readonly helpers: URL | undefined;
};

const DEFAULTS: TotalOptions = Object.freeze({
  workers: WORKERS_DEFAULT,
  taskTimeoutMs: TASK_TIMEOUT_MS,
  queueTasksMax: QUEUE_TASKS_MAX,
  workerHeapMb: WORKER_HEAP_MB,
  rowsCachedMax: ROWS_CACHED_MAX,
  flushIntervalMs: 0,
  rowsAreReplaced: false,
  helpers: undefined,
  workerFile: new URL('../../workers/screener.js', import.meta.url),
  now: () => performance.now(),
  onWarning: (line: string) => process.emitWarning(line),
  onQuarantine: () => {},
});

/** Ranges of the options that are numbers. */
const RANGES = {
  taskTimeoutMs: [1, TIMER_MS_MAX],
  queueTasksMax: [1, 1_000_000],
  workerHeapMb: [16, 1_000_000],
  rowsCachedMax: [1, 1_000_000_000],
  flushIntervalMs: [0, TIMER_MS_MAX],
} as const;

/** Fills in the defaults, of options that are undefined, too. @throws RangeError for a number out of range. @throws TypeError for helpers that are no URL. */
export function checkOptions(options: ScreenerPoolOptions): TotalOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const total: TotalOptions = {...DEFAULTS, ...Object.fromEntries(given)};
  checkWorkerCount(total.workers);
  for (const [name, [min, max]] of Object.entries(RANGES)) {
    const value = total[name as keyof typeof RANGES];
    if (Number.isFinite(value) && value >= min && value <= max) continue;
    throw new RangeError(`Expected \`${name}\` to be ${min} to ${max}, got \`${String(value)}\``);
  }
  if (typeof total.rowsAreReplaced !== 'boolean') {
    throw new TypeError(
      `Expected \`rowsAreReplaced\` to be true or false, got \`${String(total.rowsAreReplaced)}\``,
    );
  }
  if (total.helpers !== undefined && !(total.helpers instanceof URL)) {
    throw new TypeError(`Expected \`helpers\` to be a URL, got \`${String(total.helpers)}\``);
  }
  return total;
}
