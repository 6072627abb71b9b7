import {setTimeout as sleep} from 'node:timers/promises';

/** Time as the synchroniser needs it; tests bring their own. */
export interface SyncClock {
  /** Milliseconds of a clock that never steps back. */
  now(): number;
  /** Resolves after so many milliseconds, or as soon as the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** The process' own time. */
export const SYSTEM_CLOCK: SyncClock = Object.freeze({
  now: () => performance.now(),
  wait: (ms: number, signal: AbortSignal) => sleep(ms, undefined, {signal}).catch(() => {}),
});
