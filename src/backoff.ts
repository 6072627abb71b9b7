/** How long to wait before tries are repeated. */
export interface BackoffOptions {
  /** Milliseconds that the first wait has at most. */
  readonly baseMs: number;
  /** Milliseconds that no wait exceeds. */
  readonly capMs: number;
  /** Uniform, from 0 up to, not including, 1. */
  readonly random: () => number;
}

/**
 * Milliseconds to wait before a try is repeated: growing, with full jitter, `random() * min(cap, base * 2 ** failures)`, so
 * that those who failed together don't come again together. (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture
 * Blog, 2015.)
 *
 * @param failureCount failures so far, less the first: 0 for the wait before the first repeat
 */
export function backoffMs(failureCount: number, {baseMs, capMs, random}: BackoffOptions): number {
  return random() * Math.min(capMs, baseMs * 2 ** failureCount);
}
