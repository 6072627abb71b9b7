/** Hands out the lowest free number from 0, so that as many numbers are in use as workers lived at once. */
export class Slots {
  /** True where the number is taken. */
  readonly #taken: boolean[] = [];

  take(): number {
    const free = this.#taken.indexOf(false);
    const slot = free === -1 ? this.#taken.length : free;
    this.#taken[slot] = true;
    return slot;
  }

  release(slot: number): void {
    this.#taken[slot] = false;
  }
}
