import type {FamilyOptions, FamilyType} from './family.js';

/** Lateness of an event loop in seconds; a timer's own grain is a millisecond. */
const LAG_BUCKETS_SECONDS = [
  0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

const THREAD = ['worker_id'] as const;

/** The default metrics of a thread; `worker_id` is its slot, or `main`. */
export const THREAD_FAMILIES = {
  heapUsed: {
    type: 'gauge',
    name: 'thread_heap_used_bytes',
    help: "Bytes in use on the thread's JavaScript heap.",
    labelNames: THREAD,
  },
  heapLimit: {
    type: 'gauge',
    name: 'thread_heap_limit_bytes',
    help: "Bytes that the thread's JavaScript heap may have.",
    labelNames: THREAD,
  },
  utilization: {
    type: 'gauge',
    name: 'thread_event_loop_utilization',
    help: "Share of the time since the page before that the thread's event loop was busy.",
    labelNames: THREAD,
  },
  active: {
    type: 'counter',
    name: 'thread_event_loop_active_seconds_total',
    help: "Time that the thread's event loop was busy.",
    labelNames: THREAD,
  },
  lag: {
    type: 'histogram',
    name: 'thread_event_loop_lag_seconds',
    help: "How late the thread's event loop ran a timer.",
    labelNames: THREAD,
    buckets: LAG_BUCKETS_SECONDS,
  },
} as const satisfies Record<string, FamilyOptions & {readonly type: FamilyType}>;

/** The default metrics of the process, which all its threads share. Names and meanings are prom-client's. */
export const PROCESS_FAMILIES = {
  cpuUser: {
    type: 'counter',
    name: 'process_cpu_user_seconds_total',
    help: 'User CPU time of all threads.',
  },
  cpuSystem: {
    type: 'counter',
    name: 'process_cpu_system_seconds_total',
    help: 'System CPU time of all threads.',
  },
  residentMemory: {
    type: 'gauge',
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the process.',
  },
  startTime: {
    type: 'gauge',
    name: 'process_start_time_seconds',
    help: 'When the process started, in seconds since the epoch.',
  },
} as const satisfies Record<string, FamilyOptions & {readonly type: FamilyType}>;
