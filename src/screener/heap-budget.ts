import v8 from 'node:v8';
import vm from 'node:vm';

/** What of the budget may be garbage before it is collected, where what lives comes near the budget: else it would be all the time. */
const GARBAGE_SHARE = 0.25;

/** What a budget asks of the engine; all of it is V8's but in tests. */
export interface HeapProbe {
  /** Bytes in the heap, garbage included, and those outside of it. */
  readonly read: () => {readonly heapBytes: number; readonly externalBytes: number};
  /** Collects all garbage. */
  readonly collect: () => void;
}

/** Options of {@link HeapBudget}. */
export interface HeapBudgetOptions {
  readonly budgetBytes: number;
  readonly probe: HeapProbe;
  /** Ends the thread: where it returns, the caller goes on beyond the budget. */
  readonly onExceeded: () => void;
}

/**
 * The memory that a worker may use. V8's own limit is far above: where a piece of memory doesn't fit below that one, V8 ends the
 * process. So this one is looked at between steps that take little each.
 */
export class HeapBudget {
  readonly #options: HeapBudgetOptions;
  /** Bytes outside of the heap when the trader began: the market's, and other threads' as far as they are shared. */
  #externalBytes = 0;
  /** Bytes up to which there was no need to collect since it was last done. */
  #collectAt = 0;

  constructor(options: HeapBudgetOptions) {
    this.#options = options;
  }

  /** To be called before each trader. */
  begin(): void {
    this.#externalBytes = this.#options.probe.read().externalBytes;
  }

  /** Looks whether so many bytes more are within the budget. */
  look(bytes: number): void {
    const {budgetBytes, probe, onExceeded} = this.#options;
    if (this.#usedBytes() + bytes <= Math.max(budgetBytes, this.#collectAt)) return;
    // Garbage is no memory that is used.
    probe.collect();
    const usedBytes = this.#usedBytes();
    if (usedBytes + bytes > budgetBytes) onExceeded();
    this.#collectAt = usedBytes + budgetBytes * GARBAGE_SHARE;
  }

  #usedBytes(): number {
    const {heapBytes, externalBytes} = this.#options.probe.read();
    return heapBytes + Math.max(0, externalBytes - this.#externalBytes);
  }
}

/** The heap of this thread. */
export function threadHeap(): HeapProbe {
  const collect = garbageCollector();
  return {
    collect,
    read() {
      const {used_heap_size: heapBytes, external_memory: externalBytes} = v8.getHeapStatistics();
      return {heapBytes, externalBytes};
    },
  };
}

/** Tries to come by V8's `gc()`: each takes a millisecond. */
const TRIES_MAX = 1_000;

/**
 * A worker takes none of V8's flags, and a context has the `gc` that it has from when it is made. The flag is the whole process's:
 * it is taken back, so that no other context has it, and another worker may take it back amid this.
 */
function garbageCollector(): () => void {
  for (let i = 0; i < TRIES_MAX; i++) {
    v8.setFlagsFromString('--expose-gc');
    const collect: unknown = vm.runInNewContext("typeof gc === 'function' ? gc : undefined");
    v8.setFlagsFromString('--no-expose-gc');
    if (typeof collect === 'function') return collect as () => void;
  }
  throw new Error(`Expected V8 to give its gc() away, got none in ${TRIES_MAX} tries`);
}
