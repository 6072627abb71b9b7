/** A screening that runs: how many of its tasks run, and how many wait for a worker. */
export interface RunningTasks {
  readonly runningCount: number;
  readonly waitingCount: number;
}

/**
 * Counts the tasks, one a trader, of the screening that runs and of those that wait for their turn. Places are taken ahead,
 * so that who asks for too many is told at once.
 */
export class TaskQueue {
  readonly #waitingMax: number;
  /** Places of tasks whose screening doesn't run yet. */
  #placesTaken = 0;
  #running: RunningTasks | undefined;

  /** @param waitingMax Tasks that may wait; further ones get no place. */
  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  get runningCount(): number {
    return this.#running?.runningCount ?? 0;
  }

  get waitingCount(): number {
    return this.#placesTaken + (this.#running?.waitingCount ?? 0);
  }

  /** Takes places for up to `count` tasks; returns how many there were. Each is to be given back or run. */
  takePlaces(count: number): number {
    const taken = Math.max(0, Math.min(count, this.#waitingMax - this.waitingCount));
    this.#placesTaken += taken;
    return taken;
  }

  /** Gives places back whose tasks won't run. */
  giveBack(count: number): void {
    this.#placesTaken -= count;
  }

  /** Runs a screening on places that were taken: its tasks wait until it says that they run. One at a time. */
  async run(placeCount: number, tasks: RunningTasks, run: () => Promise<void>): Promise<void> {
    this.#placesTaken -= placeCount;
    this.#running = tasks;
    try {
      await run();
    } finally {
      this.#running = undefined;
    }
  }
}
