/** Lets tasks of test/fixtures/plain-task.ts say that they have begun, and holds them until it opens. */
export class Gate {
  readonly memory = new SharedArrayBuffer(8);
  readonly #marks = new Int32Array(this.memory);

  /** Resolves when as many tasks have begun. */
  async begun(count: number): Promise<void> {
    for (;;) {
      const now = Atomics.load(this.#marks, 0);
      if (now >= count) return;
      const waiting = Atomics.waitAsync(this.#marks, 0, now);
      if (waiting.async) await waiting.value;
    }
  }

  open(): void {
    Atomics.store(this.#marks, 1, 1);
    Atomics.notify(this.#marks, 1);
  }
}
