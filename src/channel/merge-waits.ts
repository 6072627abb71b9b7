/**
 * Calls of `merged()` that may wait at once, over all channels. Further ones are refused with `too_many_waits` and counted in
 * `hub_waits_refused_total`: a mark of a channel that never comes would otherwise be kept for ever.
 */
export const MERGE_WAITS_MAX = 10_000;

/** Why nobody waits for a delta. Switch on this, never on the message. */
export type MergeWaitErrorCode =
  /** {@link MERGE_WAITS_MAX} others wait already. */
  | 'too_many_waits'
  /** The hub was closed, and knows no worker that the mark is of. */
  | 'hub_closed';

/** What `merged()` rejects with. */
export class MergeWaitError extends Error {
  readonly code: MergeWaitErrorCode;

  constructor(code: MergeWaitErrorCode) {
    super(MESSAGES[code]);
    this.name = 'MergeWaitError';
    this.code = code;
  }
}

const MESSAGES: Readonly<Record<MergeWaitErrorCode, string>> = Object.freeze({
  too_many_waits: `Expected at most ${MERGE_WAITS_MAX} calls of merged() to wait, got one more`,
  hub_closed:
    'Expected a mark of a worker that was attached before the hub was closed, got another',
});

interface Waiter {
  readonly sequence: number;
  readonly resolve: () => void;
  readonly reject: (error: MergeWaitError) => void;
}

/** Who waits for which delta. */
export class MergeWaits {
  /** By channel, none of them empty. */
  readonly #waiters = new Map<string, Waiter[]>();
  /** In all lists; at most {@link MERGE_WAITS_MAX}. */
  #count = 0;

  /** True where one more may wait. */
  get hasRoom(): boolean {
    return this.#count < MERGE_WAITS_MAX;
  }

  /** True where somebody waits for a delta of the channel. */
  has(channel: string): boolean {
    return this.#waiters.has(channel);
  }

  /** Resolves with the first `wake()` of the channel that reaches the sequence number. */
  wait(channel: string, sequence: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = {sequence, resolve, reject};
      const waiters = this.#waiters.get(channel);
      if (waiters === undefined) this.#waiters.set(channel, [waiter]);
      else waiters.push(waiter);
      this.#count++;
    });
  }

  /** Resolves those that wait for a delta up to this one; Infinity for all. */
  wake(channel: string, sequence: number): void {
    const waiters = this.#waiters.get(channel);
    if (waiters === undefined) return;
    const waiting = waiters.filter(waiter => waiter.sequence > sequence);
    if (waiting.length > 0) this.#waiters.set(channel, waiting);
    else this.#waiters.delete(channel);
    this.#count -= waiters.length - waiting.length;
    for (const waiter of waiters) if (waiter.sequence <= sequence) waiter.resolve();
  }

  /** Rejects all that wait for channels that aren't kept. */
  rejectBut(isKept: (channel: string) => boolean, code: MergeWaitErrorCode): void {
    for (const [channel, waiters] of this.#waiters) {
      if (isKept(channel)) continue;
      this.#waiters.delete(channel);
      this.#count -= waiters.length;
      for (const {reject} of waiters) reject(new MergeWaitError(code));
    }
  }
}
