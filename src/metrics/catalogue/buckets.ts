/** Filter and task times in milliseconds; 5000 is the limit that alerts watch. */
export const EXECUTION_BUCKETS_MS = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 30_000,
] as const;

/** Network and database times in milliseconds. */
export const LATENCY_BUCKETS_MS = [
  1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
] as const;

/** The hub's own work in seconds, from 10 microseconds. */
export const WORK_BUCKETS_SECONDS = [
  0.000_01, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 1,
] as const;
