/** Time as the analysis queue needs it; tests bring their own. */
export interface Timers {
  /** Milliseconds of a clock that never steps back. */
  now(): number;
  /** Calls once, after so many milliseconds. Returns what calls it off. */
  after(delayMs: number, call: () => void): () => void;
}

/** The process' own time. */
export const SYSTEM_TIMERS: Timers = Object.freeze({
  now: () => performance.now(),
  after(delayMs: number, call: () => void) {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
});
