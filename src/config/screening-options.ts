import {availableParallelism} from 'node:os';
import {TASK_TIMEOUT_MS, WORKER_HEAP_MB} from '../pool/pool-options.js';
import {WORKERS_MAX} from '../pool/worker-count.js';
import {integer, path} from './domains.js';
import type {OptionsOf} from './option.js';
import {
  SCREENING_INTERVAL_MS_MAX,
  TASK_TIMEOUT_MS_MAX,
  WORKER_HEAP_MIB_MAX,
  WORKER_HEAP_MIB_MIN,
} from './settings.js';

/** The options of what screens, and what is screened. */
export const SCREENING_OPTIONS: OptionsOf<
  'workerCount' | 'screeningIntervalMs' | 'tradersFile' | 'taskTimeoutMs' | 'workerHeapMib'
> = {
  workerCount: {
    group: 'Screening',
    flag: 'workers',
    placeholder: 'N',
    variable: 'WORKERS',
    domain: integer(1, WORKERS_MAX),
    fallback: defaultWorkerCount(availableParallelism()),
    fallbackText: `the processors less one, 1 to 8: here ${defaultWorkerCount(availableParallelism())}`,
    description: 'worker threads that run the filters',
  },
  screeningIntervalMs: {
    group: 'Screening',
    flag: 'screening-interval-ms',
    placeholder: 'MS',
    variable: 'SCREENING_INTERVAL_MS',
    domain: integer(100, SCREENING_INTERVAL_MS_MAX, ' milliseconds'),
    fallback: 5_000,
    description: 'time between two screenings of a live market',
  },
  tradersFile: {
    group: 'Screening',
    flag: 'traders',
    placeholder: 'FILE',
    variable: 'TRADERS_FILE',
    domain: path('the path of a JSON file'),
    fallback: null,
    fallbackText: 'the built-in traders',
    description: 'list of the traders to screen',
  },
  taskTimeoutMs: {
    group: 'Screening',
    flag: 'task-timeout-ms',
    placeholder: 'MS',
    variable: 'TASK_TIMEOUT_MS',
    domain: integer(10, TASK_TIMEOUT_MS_MAX, ' milliseconds'),
    fallback: TASK_TIMEOUT_MS,
    description: 'time that a trader has for one screening before its worker is ended',
  },
  workerHeapMib: {
    group: 'Screening',
    flag: 'worker-heap-mib',
    placeholder: 'MIB',
    variable: 'WORKER_HEAP_MIB',
    domain: integer(WORKER_HEAP_MIB_MIN, WORKER_HEAP_MIB_MAX, ' MiB'),
    fallback: WORKER_HEAP_MB,
    description: 'memory that a worker may use, typed arrays included, beyond which it is ended',
  },
};

/** Workers where none are asked for: a processor each, one left to the main thread, 1 to 8. */
export function defaultWorkerCount(processorCount: number): number {
  return Math.min(8, Math.max(1, processorCount - 1));
}
