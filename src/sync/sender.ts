import {backoffMs} from '../backoff.js';
import {SYNC_QUEUES} from '../metrics/catalogue.js';
import type {QueueName} from './row.js';
import type {SqliteClient} from './sqlite-client.js';
import type {OutboxState, WaitingRow} from './sqlite-outbox.js';
import {type Store, StoreError} from './store.js';
import type {SyncClock} from './wait.js';

/** Milliseconds of the first wait after a failed batch, at most. */
export const SEND_RETRY_BASE_MS = 500;

/** Milliseconds between two tries of a server that goes on failing, at most. */
export const SEND_RETRY_CAP_MS = 30_000;

/** What is told of batches. */
export interface SendWatch {
  /** The database has said yes. */
  written(rowCount: number, tookMs: number): void;
  failed(error: StoreError, tookMs: number): void;
  /** Rows have left the outbox, because they are written. */
  acknowledged(queue: QueueName, count: number, state: OutboxState): void;
  /** The database takes this row under no condition; it stays in the file, set aside. */
  refused(queue: QueueName, row: WaitingRow, error: StoreError, state: OutboxState): void;
}

/** Options of {@link Sender}. */
export interface SenderOptions {
  readonly file: Pick<SqliteClient, 'take' | 'acknowledge' | 'refuse'>;
  readonly database: Store;
  readonly watch: SendWatch;
  readonly clock: SyncClock;
  /** Uniform, from 0 up to, not including, 1. */
  readonly random: () => number;
  /** Rows that are a batch, whatever the time. */
  readonly batchRows: number;
  /** Milliseconds after which fewer are a batch too. */
  readonly batchIntervalMs: number;
}

/** Sends the rows of the outbox to the database, a batch at a time and signals first, and deletes what it has confirmed. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #closing = new AbortController();
  /** Aborts when a batch is full, so that the wait for the interval ends. */
  #full = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Sends what waits, and from now on what comes. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Told that a queue holds a full batch. */
  announce(): void {
    this.#full.abort();
  }

  /** Sends what waits for as long as the database takes it, at most `graceMs`; the rest stays in the outbox. */
  async close(graceMs: number): Promise<void> {
    this.#closing.abort();
    const cut = setTimeout(() => void this.#options.database.close(), graceMs);
    await this.#running;
    clearTimeout(cut);
    await this.#options.database.close();
  }

  async #run(): Promise<void> {
    const {clock, random, batchIntervalMs} = this.#options;
    const closing = this.#closing.signal;
    const delay = {baseMs: SEND_RETRY_BASE_MS, capMs: SEND_RETRY_CAP_MS, random};
    let failureCount = 0;
    for (;;) {
      // Read before: a close that comes while the batches go out wants one more round.
      const isLast = closing.aborted;
      this.#full = new AbortController();
      const hasSent = await this.#sendAll();
      if (isLast) return;
      if (hasSent) failureCount = 0;
      const waitMs = hasSent ? batchIntervalMs : backoffMs(failureCount++, delay);
      // Amid failures a full batch is no reason to hurry.
      const early = hasSent ? AbortSignal.any([closing, this.#full.signal]) : closing;
      await clock.wait(waitMs, early);
    }
  }

  /** True where nothing was left behind. */
  async #sendAll(): Promise<boolean> {
    try {
      for (const queue of SYNC_QUEUES) await this.#sendQueue(queue);
      return true;
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    }
  }

  async #sendQueue(queue: QueueName): Promise<void> {
    const {file, batchRows} = this.#options;
    for (;;) {
      const rows = await file.take(queue, batchRows);
      if (rows.length === 0) return;
      await this.#send(queue, rows);
    }
  }

  async #send(queue: QueueName, rows: readonly WaitingRow[]): Promise<void> {
    const {file, watch} = this.#options;
    const error = await this.#write(rows);
    if (error === undefined) {
      const {count, state} = await file.acknowledge(rows.map(row => row.sequence));
      watch.acknowledged(queue, count, state);
      return;
    }
    if (error.code !== 'row_refused') throw error;
    const [first] = rows;
    if (rows.length === 1 && first !== undefined) {
      const {state} = await file.refuse(first.sequence, error.message);
      watch.refused(queue, first, error, state);
      return;
    }
    // One of them holds up the others: by itself it holds up none.
    for (const row of rows) await this.#send(queue, [row]);
  }

  async #write(rows: readonly WaitingRow[]): Promise<StoreError | undefined> {
    const {database, watch, clock} = this.#options;
    const startMs = clock.now();
    try {
      await database.write(rows);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      watch.failed(error, clock.now() - startMs);
      return error;
    }
    watch.written(rows.length, clock.now() - startMs);
    return undefined;
  }
}
