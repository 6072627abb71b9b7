import type {MetricsHub} from '../hub/metrics-hub.js';
import type {RunawayReason} from '../metrics/catalogue.js';
import type {ScreeningReply, ScreeningTask} from '../screener/task.js';
import {TaskLimit} from './task-limit.js';
import type {WorkerCrew} from './worker-crew.js';

/** Further workers that a task is given to after its worker has died of something else than the task. */
export const RERUNS_MAX = 2;

/** A task that no worker has been given yet. */
export type UntimedTask = Omit<ScreeningTask, 'marks'>;

/** How a task ended: with a reply, or with the end of its worker. */
export type TaskEnd =
  | {readonly reply: ScreeningReply}
  | {readonly reason: RunawayReason; readonly message: string};

/** Options of {@link runTask}. */
export interface TaskRunOptions {
  readonly hub: MetricsHub;
  readonly crew: WorkerCrew;
  /** Milliseconds that the task may run. */
  readonly limitMs: number;
  /** False once the pool is shut down: there is no other worker then. */
  readonly isOpen: () => boolean;
  /** Told each time when the task is given to another worker. */
  readonly onRerun: () => void;
}

/**
 * Runs a task until its result is here and what its worker counted is merged. A worker that takes too long is ended; one
 * that dies of something else than the task leaves it to another.
 */
export async function runTask(task: UntimedTask, options: TaskRunOptions): Promise<TaskEnd> {
  for (let rerun = 0; ; rerun++) {
    const end = await runOnce(task, options);
    const isForeign = 'reason' in end && end.reason === 'worker_died';
    if (!isForeign || rerun >= RERUNS_MAX || !options.isOpen()) return end;
    options.onRerun();
  }
}

async function runOnce(task: UntimedTask, {hub, crew, limitMs}: TaskRunOptions): Promise<TaskEnd> {
  const controller = new AbortController();
  const limit = new TaskLimit({limitMs, onOver: () => controller.abort()});
  try {
    const reply = await crew.run({...task, marks: limit.marks}, controller.signal);
    // It resolves at the end of the worker at the latest; where too many wait already, what is told later is still told.
    await hub.merged(reply.mark).catch(() => {});
    return {reply};
  } catch (error) {
    const isLate = controller.signal.aborted && limit.hasBegun;
    if (isLate) return {reason: 'timeout', message: `Screening took longer than ${limitMs} ms`};
    return {reason: reasonOf(error), message: (error as Error).message};
  } finally {
    limit.clear();
  }
}

/** Where memory ran out it was the task that took it: between two tasks nothing of a filter's is left. */
function reasonOf(error: unknown): RunawayReason {
  const {code} = error as {code?: unknown};
  return code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out_of_memory' : 'worker_died';
}
