import {backoffMs} from '../backoff.js';
import {SYNC_QUEUES} from '../metrics/catalogue.js';
import {RefusedSignals} from './refused-signals.js';
import {QUEUE_OF, type QueueName, type Row} from './row.js';
import type {Commit, Committed, MatchEntry} from './sqlite-file.js';
import {NO_ROWS, type RowCounts} from './sqlite-outbox.js';
import {StoreError} from './store.js';
import type {SyncClock} from './wait.js';

/** Rows that wait in memory for a file that fails. Beyond, the oldest metrics go, then events; signals are refused. All are counted. */
export const MEMORY_ROWS_MAX = 10_000;

/** Milliseconds of the first wait before a failed commit is repeated, at most. */
const RETRY_BASE_MS = 100;

/** Milliseconds between two tries of a file that goes on failing, at most. */
const RETRY_CAP_MS = 5_000;

/** What traders matched last: by source, symbols by trader. */
type Matches = Map<string, Map<string, string | null>>;

/** What is told of commits. */
export interface LocalWatch {
  committed(rows: RowCounts, committed: Committed, tookMs: number): void;
  failed(error: StoreError, tookMs: number): void;
  dropped(queue: QueueName, reason: 'memory_full' | 'refused', count: number): void;
}

/** Options of {@link LocalWriter}. */
export interface LocalWriterOptions {
  readonly file: {commit(commit: Commit): Promise<Committed>};
  readonly watch: LocalWatch;
  readonly clock: SyncClock;
  /** Uniform, from 0 up to, not including, 1. */
  readonly random: () => number;
  /** Default {@link MEMORY_ROWS_MAX}. */
  readonly memoryRowsMax?: number;
}

/** Commits what is added to the local file, one commit after the other, each with all that has come meanwhile. */
export class LocalWriter {
  readonly #options: LocalWriterOptions;
  readonly #memoryRowsMax: number;
  /** Not committed yet, oldest first; those of the commit that runs aren't in it. */
  #rows: Row[] = [];
  #committing: readonly Row[] = [];
  /** By source and trader, the latest only. */
  #matches: Matches = new Map();
  /** Those who wait for the next commit to be tried. */
  #waiters: (() => void)[] = [];
  #running: Promise<void> | undefined;
  /** Rows to be committed one by one, because one among them was refused. */
  #suspectCount = 0;
  readonly #refused = new RefusedSignals();
  /** True from a commit that failed, and not for a row of its own, until one goes through. */
  #isFailing = false;
  readonly #closing = new AbortController();

  constructor(options: LocalWriterOptions) {
    this.#options = options;
    this.#memoryRowsMax = options.memoryRowsMax ?? MEMORY_ROWS_MAX;
  }

  /** Rows that no commit holds yet, by queue. */
  get uncommitted(): RowCounts {
    return countRows([...this.#committing, ...this.#rows]);
  }

  /**
   * Adds what is to be committed. Resolves when it is; where the file fails, when that is told: it is kept in memory then,
   * and tried again. While the file is known to fail that is at once: nobody waits for the next try.
   */
  add({rows, matches}: Commit): Promise<void> {
    for (const row of rows) this.#push(row);
    if (matches !== undefined) this.#remember(matches.source, matches.entries);
    const tried = this.#isFailing
      ? Promise.resolve()
      : new Promise<void>(resolve => this.#waiters.push(resolve));
    this.#running ??= this.#run();
    return tried;
  }

  /** Tries what is left once more; what then still is uncommitted is lost, and counts in {@link uncommitted}. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    if (this.#rows.length > 0 || this.#matches.size > 0) await this.#commit();
  }

  async #run(): Promise<void> {
    const {clock, random} = this.#options;
    let failureCount = 0;
    while (this.#waiters.length > 0 || this.#rows.length > 0 || this.#matches.size > 0) {
      if (await this.#commit()) {
        failureCount = 0;
        continue;
      }
      if (this.#suspectCount > 0) continue;
      if (this.#closing.signal.aborted) break;
      const delay = {baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS, random};
      await clock.wait(backoffMs(failureCount++, delay), this.#closing.signal);
    }
    this.#running = undefined;
  }

  /** True where it went through. */
  async #commit(): Promise<boolean> {
    const {file, watch, clock} = this.#options;
    const [matches, waiters] = [this.#matches, this.#waiters];
    const rows = this.#rows.splice(0, this.#suspectCount > 0 ? 1 : this.#rows.length);
    this.#suspectCount = Math.max(0, this.#suspectCount - 1);
    this.#committing = rows;
    [this.#matches, this.#waiters] = [new Map(), []];
    const startMs = clock.now();
    try {
      const committed = await file.commit({rows, ...oneSource(matches)});
      this.#committing = [];
      this.#isFailing = false;
      watch.committed(countRows(rows), committed, clock.now() - startMs);
      return true;
    } catch (error) {
      this.#committing = [];
      watch.failed(storeErrorOf(error), clock.now() - startMs);
      this.#takeBack(rows, matches, error);
      return false;
    } finally {
      for (const resolve of waiters) resolve();
    }
  }

  #takeBack(rows: Row[], matches: Matches, error: unknown): void {
    const isRefused = error instanceof StoreError && error.code === 'row_refused';
    if (!isRefused) this.#isFailing = true;
    // Where one row can't be written at all, and it is known which.
    if (isRefused && rows.length === 1) {
      for (const {kind} of rows) this.#options.watch.dropped(QUEUE_OF[kind], 'refused', 1);
    } else {
      this.#rows = [...rows, ...this.#rows];
      if (isRefused) this.#suspectCount = rows.length;
    }
    for (const [source, entries] of this.#matches) {
      matches.set(source, new Map([...(matches.get(source) ?? []), ...entries]));
    }
    this.#matches = matches;
  }

  #push(row: Row): void {
    if (this.#refused.concern(row)) {
      this.#options.watch.dropped(QUEUE_OF[row.kind], 'memory_full', 1);
      return;
    }
    this.#rows.push(row);
    if (this.#rows.length + this.#committing.length <= this.#memoryRowsMax) return;
    // A row of the least worth, the oldest of its queue, so perhaps this very one; of signals it is always this one.
    const victims: readonly QueueName[] = ['metrics', 'events'];
    const index = victims
      .map(queue => this.#rows.findIndex(({kind}) => QUEUE_OF[kind] === queue))
      .find(found => found >= 0);
    const [dropped] = this.#rows.splice(index ?? -1, 1);
    if (dropped === undefined) return;
    this.#refused.refuse(dropped);
    this.#options.watch.dropped(QUEUE_OF[dropped.kind], 'memory_full', 1);
  }

  #remember(source: string, entries: readonly MatchEntry[]): void {
    const known = this.#matches.get(source) ?? new Map<string, string | null>();
    for (const [traderId, symbols] of entries) known.set(traderId, symbols);
    this.#matches.set(source, known);
  }
}

/** Rows by queue. */
export function countRows(rows: readonly Row[]): RowCounts {
  const counts = {...NO_ROWS};
  for (const {kind} of rows) counts[QUEUE_OF[kind]]++;
  return counts;
}

/** A machine has one market. */
function oneSource(matches: ReadonlyMap<string, ReadonlyMap<string, string | null>>) {
  const [first] = matches;
  return first === undefined ? {} : {matches: {source: first[0], entries: [...first[1]]}};
}

function storeErrorOf(error: unknown): StoreError {
  return error instanceof StoreError
    ? error
    : new StoreError('store_failed', `Expected the file to take rows, got: ${String(error)}`);
}

/** All rows of all queues. */
export function sumRows(rows: RowCounts): number {
  return SYNC_QUEUES.reduce((sum, queue) => sum + rows[queue], 0);
}
