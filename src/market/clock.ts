/** Time as the feed sees it: injected, so that a day fits into a test. */
export interface Clock {
  /** Epoch ms, for what is compared with the exchange's times. */
  epochMs(): number;
  /** Milliseconds that never step back; only differences count. */
  monotonicMs(): number;
  /** Calls `run` once, `delayMs` from now; returns what prevents it. */
  after(delayMs: number, run: () => void): () => void;
}

/** The machine's own clock. */
export const SYSTEM_CLOCK: Clock = Object.freeze({
  epochMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs: number, run: () => void) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
});

/** Resolves `delayMs` from now, or at once when the signal aborts. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted || delayMs <= 0) return resolve();
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(delayMs, end);
    signal.addEventListener('abort', end, {once: true});
  });
}
