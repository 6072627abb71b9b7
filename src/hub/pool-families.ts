import type {Counter} from '../metrics/counter.js';
import {shown} from '../metrics/family.js';
import type {Gauge} from '../metrics/gauge.js';
import type {Histogram} from '../metrics/histogram.js';
import type {Recorder} from '../metrics/recorder.js';

/** Options of `MetricsHub.instrument()`. */
export interface InstrumentOptions {
  /** What the names of the pool's families start with. Default `piscina_`. */
  readonly prefix?: string;
  /** Bounds of both histograms, in seconds, ascending. Default {@link TASK_BUCKETS_SECONDS}. */
  readonly buckets?: readonly number[];
}

/** Waits and tasks of a pool, in seconds. */
export const TASK_BUCKETS_SECONDS: readonly number[] = Object.freeze([
  0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]);

/** The default of each option. */
export const INSTRUMENT_DEFAULTS: Required<InstrumentOptions> = Object.freeze({
  prefix: 'piscina_',
  buckets: TASK_BUCKETS_SECONDS,
});

/** The families of the pools of one prefix. */
export interface PoolFamilies {
  readonly workersActive: Gauge;
  readonly workersIdle: Gauge;
  readonly queueDepth: Gauge;
  readonly tasksCompleted: Counter;
  readonly tasksFailed: Counter;
  readonly taskWait: Histogram;
  readonly taskDuration: Histogram<'worker_id'>;
}

/**
 * Declares the families of a prefix.
 * @throws TypeError for a prefix or buckets that no family can have, or that contradict families known by those names.
 */
export function declarePoolFamilies(recorder: Recorder, options: InstrumentOptions): PoolFamilies {
  const {prefix, buckets} = {...INSTRUMENT_DEFAULTS, ...options};
  if (typeof prefix !== 'string') {
    throw new TypeError(`Expected \`prefix\` to be a text, got ${shown(prefix)}`);
  }
  return {
    workersActive: recorder.gauge({
      name: `${prefix}workers_active`,
      help: 'Workers of the pool that have a task, or are starting.',
    }),
    workersIdle: recorder.gauge({
      name: `${prefix}workers_idle`,
      help: 'Workers of the pool that wait for a task.',
    }),
    queueDepth: recorder.gauge({
      name: `${prefix}queue_depth`,
      help: 'Tasks that wait for a worker.',
    }),
    tasksCompleted: recorder.counter({
      name: `${prefix}tasks_completed_total`,
      help: 'Tasks whose result came.',
    }),
    tasksFailed: recorder.counter({
      name: `${prefix}tasks_failed_total`,
      help: 'Tasks that threw, were aborted or refused, or lost their worker.',
    }),
    taskWait: recorder.histogram({
      name: `${prefix}task_wait_seconds`,
      help: 'Time from run() to the start in a worker.',
      buckets,
    }),
    taskDuration: recorder.histogram({
      name: `${prefix}task_duration_seconds`,
      help: 'Time from the start in a worker to the result, or to the end of that worker, by its slot.',
      labelNames: ['worker_id'],
      buckets,
    }),
  };
}
