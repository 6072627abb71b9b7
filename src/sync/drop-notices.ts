import type {SyncClock} from './wait.js';

/** Milliseconds between two lines about rows that were given up; those of the meantime are summed up in the second. */
export const DROP_NOTICE_INTERVAL_MS = 10_000;

/** Why rows of the signals queue are given up before they are stored. */
export type RefusalReason = 'outbox_full' | 'memory_full';

/** Options of {@link DropNotices}. */
export interface DropNoticesOptions {
  readonly clock: SyncClock;
  /** What is full, and what to do about it, by reason. */
  readonly texts: Readonly<Record<RefusalReason, string>>;
  readonly onTrouble: (line: string) => void;
}

/** Says that signals are given up: loudly, for nothing else of the machine's does, and in few lines, for there may be many. */
export class DropNotices {
  readonly #options: DropNoticesOptions;
  /** Rows that no line has told yet. */
  readonly #untold = new Map<RefusalReason, number>();
  /** True from a line until the next may follow. */
  #isQuiet = false;
  readonly #closing = new AbortController();

  constructor(options: DropNoticesOptions) {
    this.#options = options;
  }

  /** Told of rows of the signals queue that are gone. */
  add(reason: RefusalReason, count: number): void {
    this.#untold.set(reason, (this.#untold.get(reason) ?? 0) + count);
    if (!this.#isQuiet) this.#tell();
  }

  /** Tells what wasn't told yet. */
  close(): void {
    this.#closing.abort();
    this.#tellAll();
  }

  #tell(): void {
    this.#tellAll();
    this.#isQuiet = true;
    const {signal} = this.#closing;
    void this.#options.clock.wait(DROP_NOTICE_INTERVAL_MS, signal).then(() => {
      this.#isQuiet = false;
      if (this.#untold.size > 0 && !signal.aborted) this.#tell();
    });
  }

  #tellAll(): void {
    const {texts, onTrouble} = this.#options;
    for (const [reason, count] of this.#untold) {
      const rows = count === 1 ? '1 signal or analysis was' : `${count} signals or analyses were`;
      onTrouble(`${rows} refused: ${texts[reason]} [${reason}]`);
    }
    this.#untold.clear();
  }
}
