/** Runs a number of tasks at a time, one a lane; the others wait in the order in which they came. */
export class Lanes {
  /** Starters of the tasks that wait; as many as their caller hands over. */
  readonly #waiting: (() => void)[] = [];
  #runningCount = 0;

  get runningCount(): number {
    return this.#runningCount;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Runs a task when fewer than `laneCount` others run. */
  async run<T>(laneCount: number, task: () => Promise<T>): Promise<T> {
    if (this.#runningCount >= laneCount) {
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
    this.#runningCount++;
    try {
      return await task();
    } finally {
      this.#runningCount--;
      this.#waiting.shift()?.();
    }
  }

  /** Lets all that wait run now, so that each can see for itself that there is nothing left to run on. */
  open(): void {
    for (const start of this.#waiting.splice(0)) start();
  }
}
