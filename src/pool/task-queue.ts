/**
 * Runs a number of tasks at a time, one a lane; the others wait in the order in which they came. Places are taken ahead,
 * so that who asks for too many is told at once.
 */
export class TaskQueue {
  readonly #waitingMax: number;
  /** Starters of the tasks that wait for a lane; at most `#placesTaken`. */
  readonly #starters: (() => void)[] = [];
  /** Places of tasks that don't run yet; at most `#waitingMax`. */
  #placesTaken = 0;
  #runningCount = 0;

  /** @param waitingMax Tasks that may wait; further ones get no place. */
  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  get runningCount(): number {
    return this.#runningCount;
  }

  get waitingCount(): number {
    return this.#placesTaken;
  }

  /** Takes places for up to `count` tasks; returns how many there were. Each is for one `run()` or `giveBack()`. */
  takePlaces(count: number): number {
    const taken = Math.min(count, this.#waitingMax - this.#placesTaken);
    this.#placesTaken += taken;
    return taken;
  }

  /** Gives places back whose tasks won't run. */
  giveBack(count: number): void {
    this.#placesTaken -= count;
  }

  /** Runs a task when fewer than `laneCount` others run; from then on its place is free. */
  async run<T>(laneCount: number, task: () => Promise<T>): Promise<T> {
    if (this.#runningCount < laneCount) this.#start();
    else await new Promise<void>(resolve => this.#starters.push(resolve));
    try {
      return await task();
    } finally {
      this.#runningCount--;
      this.#startNext();
    }
  }

  /** Lets all that wait run now, so that each can see for itself that there is nothing left to run on. */
  open(): void {
    while (this.#starters.length > 0) this.#startNext();
  }

  /** Counts the task as running before it is told so: the lane is its own from here on. */
  #startNext(): void {
    const starter = this.#starters.shift();
    if (starter === undefined) return;
    this.#start();
    starter();
  }

  #start(): void {
    this.#placesTaken--;
    this.#runningCount++;
  }
}
