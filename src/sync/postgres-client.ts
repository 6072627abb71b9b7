import type {PostgresOptions} from './postgres-database.js';
import type {Row} from './row.js';
import {type Store, type StoredTrader, StoreError} from './store.js';
import {ThreadClient} from './thread-client.js';

/** Milliseconds that `close()` leaves the thread to cut its connections. */
export const POSTGRES_CLOSE_GRACE_MS = 250;

/** `PostgresStore` in a thread of its own, which is started again where it has ended. */
export class PostgresClient implements Store {
  readonly #options: PostgresOptions;
  #thread: ThreadClient | undefined;
  #isClosed = false;

  /** Connects with the first call. */
  constructor(options: PostgresOptions) {
    this.#options = options;
  }

  write(rows: readonly Row[]): Promise<void> {
    // A row that waits has a place in line, which is nothing to the database.
    return this.#run(
      'write',
      rows.map(({kind, id, json}) => ({kind, id, json})),
    );
  }

  readTraders(): Promise<StoredTrader[]> {
    return this.#run('readTraders');
  }

  replaceTraders(traders: readonly StoredTrader[]): Promise<void> {
    return this.#run('replaceTraders', traders);
  }

  async close(graceMs = POSTGRES_CLOSE_GRACE_MS): Promise<void> {
    this.#isClosed = true;
    await this.#thread?.close(graceMs);
  }

  #run<T>(method: 'write' | 'readTraders' | 'replaceTraders', ...values: unknown[]): Promise<T> {
    if (this.#isClosed) {
      const message = 'Expected a store that is open, got one that was closed';
      return Promise.reject(new StoreError('database_unreachable', message));
    }
    if (this.#thread === undefined || this.#thread.isEnded) {
      this.#thread = new ThreadClient({
        module: new URL('./postgres-thread.js', import.meta.url),
        workerData: this.#options,
        endCode: 'database_unreachable',
      });
      void this.#thread.ready().catch(() => {});
    }
    return this.#thread.run(method, ...values);
  }
}
