/** What comes first, highest first. */
export const PRIORITIES = ['high', 'normal', 'low'] as const;

/** One of {@link PRIORITIES}. */
export type Priority = (typeof PRIORITIES)[number];

/** Something that waits. */
export interface Waiter {
  readonly priority: Priority;
  /** Milliseconds before which its turn doesn't come. */
  readonly readyAtMs: number;
}

/** What waits, by priority and then in the order in which it was added first. */
export class WaitingList<W extends Waiter> {
  /** By {@link WaitingList.#precedes}. Short: its owner bounds it, so that a walk along it is cheap. */
  readonly #waiters: W[] = [];
  /** Of each waiter that was ever added: one that comes again keeps its place. */
  readonly #sequences = new WeakMap<W, number>();
  #added = 0;

  get count(): number {
    return this.#waiters.length;
  }

  /** Adds a waiter; one that was here before takes its place before those that came after it. */
  add(waiter: W): void {
    if (!this.#sequences.has(waiter)) this.#sequences.set(waiter, this.#added++);
    // From the end: mostly that is its place.
    const before = this.#waiters.findLastIndex(other => !this.#precedes(waiter, other));
    this.#waiters.splice(before + 1, 0, waiter);
  }

  /** Takes the first waiter that is ready. */
  takeReady(nowMs: number): W | undefined {
    const place = this.#waiters.findIndex(({readyAtMs}) => readyAtMs <= nowMs);
    return place < 0 ? undefined : this.#waiters.splice(place, 1)[0];
  }

  /** Takes the last waiter: of those of the lowest priority the newest. */
  takeLast(): W | undefined {
    return this.#waiters.pop();
  }

  /** Takes all that wait, in their order. */
  takeAll(): W[] {
    return this.#waiters.splice(0);
  }

  /** When the next waiter is ready; infinite where there is none. */
  nextReadyAtMs(): number {
    return Math.min(...this.#waiters.map(({readyAtMs}) => readyAtMs));
  }

  #precedes(one: W, other: W): boolean {
    const ranks = rankOf(one.priority) - rankOf(other.priority);
    return ranks < 0 || (ranks === 0 && this.#sequenceOf(one) < this.#sequenceOf(other));
  }

  #sequenceOf(waiter: W): number {
    return this.#sequences.get(waiter) ?? this.#added;
  }
}

function rankOf(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}
