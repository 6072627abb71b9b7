import {setImmediate as nextTurn} from 'node:timers/promises';

/** Milliseconds of work after which others on the main thread have their turn. A step more may follow. */
export const SLICE_MS = 4;

/**
 * Goes through work that comes in steps, {@link SLICE_MS} of it a turn of the event loop.
 * @param now - milliseconds of a clock that never steps back
 * @returns Undefined where one slice was enough: there is nothing to wait for.
 */
export function workInSlices(
  steps: Iterator<unknown>,
  now: () => number,
): Promise<void> | undefined {
  return workOneSlice(steps, now) ? undefined : workOn(steps, now);
}

async function workOn(steps: Iterator<unknown>, now: () => number): Promise<void> {
  // Immediates run at the end of the turn in which a request was read, and the first slice done: the next one is no part of it.
  await nextTurn();
  do await nextTurn();
  while (!workOneSlice(steps, now));
}

/** True where the work is done. */
function workOneSlice(steps: Iterator<unknown>, now: () => number): boolean {
  const start = now();
  while (!steps.next().done) {
    if (now() - start >= SLICE_MS) return false;
  }
  return true;
}
