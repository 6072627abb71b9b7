/*
 * What piscina doesn't tell in public: when a worker gets a task and when that task ends. Read from piscina 5.3.2,
 * dist/worker_pool/index.js. `'workerCreate'` and `'workerDestroy'` bring an object that holds, under a symbol of
 * piscina's own, its `WorkerInfo`; that one keeps its present tasks in the Map `taskInfos`: `postTask()` sets a task,
 * its result deletes it, and the worker's end clears what is left. Nothing else of piscina's inside is used.
 *
 * Piscina hands tasks to workers that it has not announced yet, where a pool grows or replaces a dead one. Those that
 * end before the announcement are not seen here: only a patch of piscina's classes, for all pools, would show them.
 */

/** A task as piscina keeps it; times in milliseconds of `performance.now()`. */
interface PiscinaTask {
  readonly created: number;
  /** When it was handed to the worker. */
  readonly started: number;
}

/** A worker as piscina keeps it. */
export interface PiscinaWorker {
  readonly taskInfos: Map<unknown, PiscinaTask>;
}

/**
 * Told of each task once when it starts in the worker, and once when its result comes or the worker ends. Times are NaN,
 * which no histogram counts, where a task has none.
 */
export interface TaskWatch {
  started(waitMs: number): void;
  ended(durationMs: number): void;
}

/** The worker behind what `'workerCreate'` and `'workerDestroy'` bring; undefined where piscina has another shape. */
export function workerBehind(announced: unknown): PiscinaWorker | undefined {
  if (typeof announced !== 'object' || announced === null) return undefined;
  const inner = Object.getOwnPropertySymbols(announced).map(
    symbol => (announced as Record<symbol, unknown>)[symbol],
  );
  return inner.find(isPiscinaWorker);
}

/** Watches the tasks of a worker from now on. Those that it got while it was starting count as started now. */
export function watchTasks({taskInfos: tasks}: PiscinaWorker, watch: TaskWatch): void {
  const readyAt = performance.now();
  const startOf = (task: PiscinaTask) => Math.max(task.started, readyAt);
  const start = (task: PiscinaTask) => watch.started(startOf(task) - task.created);
  const end = (task: PiscinaTask) => watch.ended(performance.now() - startOf(task));
  // Not `Map.prototype`'s: another hub may watch the same worker.
  const {set, delete: remove, clear} = tasks;
  for (const task of tasks.values()) start(task);
  tasks.set = function (id, task) {
    set.call(this, id, task);
    start(task);
    return this;
  };
  tasks.delete = function (id) {
    const task = this.get(id);
    if (task !== undefined) end(task);
    return remove.call(this, id);
  };
  tasks.clear = function () {
    for (const task of this.values()) end(task);
    clear.call(this);
  };
}

function isPiscinaWorker(value: unknown): value is PiscinaWorker {
  return (
    typeof value === 'object' &&
    value !== null &&
    'taskInfos' in value &&
    value.taskInfos instanceof Map
  );
}
