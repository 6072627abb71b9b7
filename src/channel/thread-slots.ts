import {Slots} from './slots.js';

interface Holding {
  readonly slot: number;
  /** Who still needs the slot; at 0 it is free again. */
  holderCount: number;
}

/**
 * The slot of each thread: one, whoever asks. A pool that times its threads and a worker that says hello on its own
 * each hold it, and it is free when neither does.
 */
export class ThreadSlots {
  readonly #slots = new Slots();
  /** Slots that are held, by thread. */
  readonly #holdings = new Map<number | string, Holding>();

  /** @param thread The thread's id; for one that tells none, a text of its own. */
  hold(thread: number | string): number {
    let holding = this.#holdings.get(thread);
    if (holding === undefined) {
      holding = {slot: this.#slots.take(), holderCount: 0};
      this.#holdings.set(thread, holding);
    }
    holding.holderCount++;
    return holding.slot;
  }

  /** To be called once for each `hold()`. */
  release(thread: number | string): void {
    const holding = this.#holdings.get(thread);
    if (holding === undefined) return;
    holding.holderCount--;
    if (holding.holderCount > 0) return;
    this.#holdings.delete(thread);
    this.#slots.release(holding.slot);
  }

  /** The slot of a thread, or undefined where nobody holds it. */
  slotOf(thread: number): number | undefined {
    return this.#holdings.get(thread)?.slot;
  }
}
