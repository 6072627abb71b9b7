import {HelpersError} from './helpers-error.js';
import {WORKER_START_MS_MAX} from './task-limit.js';
import type {WorkerCrew} from './worker-crew.js';

/**
 * Asks a worker of a new crew whether filters can run in it.
 * @returns Why not; undefined where nothing speaks against it.
 */
export async function startFailure(
  crew: Pick<WorkerCrew, 'problem'>,
  helpers: URL | undefined,
  limitMs = WORKER_START_MS_MAX,
): Promise<Error | undefined> {
  const late = AbortSignal.timeout(limitMs);
  try {
    const problem = await crew.problem(late);
    return problem === undefined
      ? undefined
      : new HelpersError(`Helpers can't be used: ${problem}`);
  } catch (cause) {
    if (!late.aborted) return new Error(`No worker could be started: ${String(cause)}`, {cause});
    // Loaded before a worker answers: one that comes to no end is the likeliest reason.
    return helpers === undefined
      ? new Error(`No worker could be started within ${limitMs / 1_000} s`, {cause})
      : new HelpersError(
          `Helpers can't be used: ${helpers.href} was not loaded within ${limitMs / 1_000} s`,
          {cause},
        );
  }
}
