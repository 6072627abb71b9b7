import type {QueueName, Row} from './row.js';
import type {Commit, Committed, SqliteFile, SqliteFileOptions} from './sqlite-file.js';
import type {OutboxState, WaitingRow} from './sqlite-outbox.js';
import type {Store, StoredTrader} from './store.js';
import {ThreadClient} from './thread-client.js';

/** Milliseconds that `close()` leaves the thread by default; one that a dead disk holds up is ended then. */
export const SQLITE_CLOSE_GRACE_MS = 1_000;

/** The SQLite file in a thread of its own, as the main thread uses it: {@link SqliteFile} with promises. */
export class SqliteClient implements Store {
  readonly #thread: ThreadClient;

  /** @throws StoreError where the file can't be used, is newer than this program, or another machine uses it. */
  static async open(options: SqliteFileOptions): Promise<SqliteClient> {
    const thread = new ThreadClient({
      module: new URL('./sqlite-thread.js', import.meta.url),
      workerData: options,
      endCode: 'store_failed',
    });
    await thread.ready();
    return new SqliteClient(thread);
  }

  private constructor(thread: ThreadClient) {
    this.#thread = thread;
  }

  /** As {@link SqliteFile.commit}. */
  commit(commit: Commit): Promise<Committed> {
    return this.#thread.run('commit', commit);
  }

  /** As {@link SqliteFile.take}. */
  take(queue: QueueName, countMax: number): Promise<WaitingRow[]> {
    return this.#thread.run('take', queue, countMax);
  }

  /** As {@link SqliteFile.acknowledge}. */
  acknowledge(sequences: readonly number[]): Promise<Committed & {readonly count: number}> {
    return this.#thread.run('acknowledge', sequences);
  }

  /** As {@link SqliteFile.refuse}. */
  refuse(sequence: number, reason: string): Promise<Committed> {
    return this.#thread.run('refuse', sequence, reason);
  }

  /** As {@link SqliteFile.state}. */
  state(): Promise<OutboxState> {
    return this.#thread.run('state');
  }

  /** As {@link SqliteFile.readMatches}. */
  readMatches(source: string): Promise<ReturnType<SqliteFile['readMatches']>> {
    return this.#thread.run('readMatches', source);
  }

  /** As {@link SqliteFile.readTasks}. */
  readTasks(): Promise<string[]> {
    return this.#thread.run('readTasks');
  }

  async write(rows: readonly Row[]): Promise<void> {
    await this.#thread.run('commit', {rows});
  }

  readTraders(): Promise<StoredTrader[]> {
    return this.#thread.run('readTraders');
  }

  replaceTraders(traders: readonly StoredTrader[]): Promise<void> {
    return this.#thread.run('replaceTraders', traders);
  }

  async close(graceMs = SQLITE_CLOSE_GRACE_MS): Promise<void> {
    await this.#thread.close(graceMs);
  }
}
