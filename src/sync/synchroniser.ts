import {
  type FamilyKey,
  type Metrics,
  SYNC_DROP_REASONS,
  SYNC_QUEUES,
} from '../metrics/catalogue.js';
import type {
  AnalysisFailure,
  AnalysisOrder,
  AnalysisSink,
  Signal,
  SignalAnalysis,
} from '../signals/signal.js';
import {DropNotices} from './drop-notices.js';
import {LocalWriter, MEMORY_ROWS_MAX, sumRows} from './local-writer.js';
import {
  analysisRow,
  eventRow,
  failureRow,
  type MachineEvent,
  type MachineFigures,
  metricRow,
  type QueueName,
  type Row,
  signalRow,
} from './row.js';
import {rowId} from './row-id.js';
import {Sender} from './sender.js';
import type {SqliteClient} from './sqlite-client.js';
import type {Commit, Committed, FileRole} from './sqlite-file.js';
import {NO_ROWS, type OutboxState, type RowCounts} from './sqlite-outbox.js';
import {type Store, StoreError} from './store.js';
import {SYSTEM_CLOCK, type SyncClock} from './wait.js';

/** Rows that are a batch, whatever the time. */
export const BATCH_ROWS = 100;

/** Milliseconds after which fewer rows are a batch too. */
export const BATCH_INTERVAL_MS = 10_000;

/** What is told of a file that had gone and is there again. */
const RESTORED =
  'Expected the local file under its name, got none: it was made anew, with its rows';

/** The families that the synchroniser records. */
export const SYNC_FAMILY_KEYS = [
  'syncQueueDepth',
  'syncBatchWrites',
  'syncWriteErrors',
  'syncWriteDuration',
  'syncRowsWritten',
  'syncRowsDropped',
  'syncUncommittedRows',
  'syncOutboxBytes',
  'syncOutboxLimit',
  'syncOutboxErrors',
] as const satisfies readonly FamilyKey[];

/** Options of {@link Synchroniser}. */
export interface SynchroniserOptions {
  /** The SQLite file: the outbox where there is a database, else the store itself. */
  readonly file: SqliteClient;
  /** A server's, which the synchroniser closes. */
  readonly database?: Store;
  readonly metrics: Metrics<(typeof SYNC_FAMILY_KEYS)[number]>;
  /** Written into every row. */
  readonly machineId: string;
  /** Epoch milliseconds of the wall clock. */
  readonly wallClock: () => number;
  /** Told in a line what goes wrong with file or database, once until that changes, and that it is over. */
  readonly onTrouble: (line: string) => void;
  readonly clock?: SyncClock;
  /** Default `Math.random`. */
  readonly random?: () => number;
  /** Default {@link BATCH_ROWS}. */
  readonly batchRows?: number;
  /** Default {@link BATCH_INTERVAL_MS}. */
  readonly batchIntervalMs?: number;
  readonly memoryRowsMax?: number;
  /** MiB of the outbox' bound, for what is said of it. Default: it isn't named. */
  readonly outboxMib?: number;
}

/** Brings signals, their analyses, metrics and events into the database, each once, whatever happens in between. */
export class Synchroniser implements AnalysisSink {
  readonly #options: SynchroniserOptions;
  readonly #role: FileRole;
  readonly #writer: LocalWriter;
  readonly #sender: Sender | undefined;
  readonly #notices: DropNotices;
  #outbox: OutboxState = {rows: NO_ROWS, bytes: 0};
  /** The trouble that was told last of each place; absent where there is none. */
  readonly #trouble = new Map<string, string>();

  constructor(options: SynchroniserOptions) {
    this.#options = options;
    const {file, database, clock = SYSTEM_CLOCK, random = Math.random} = options;
    this.#role = database === undefined ? 'store' : 'outbox';
    this.#notices = new DropNotices({
      clock,
      onTrouble: options.onTrouble,
      texts: refusalTexts(options),
    });
    const dropped = (queue: QueueName, reason: DropReason, count: number) =>
      this.#drop(queue, reason, count);
    this.#writer = new LocalWriter({
      file,
      clock,
      random,
      ...(options.memoryRowsMax === undefined ? {} : {memoryRowsMax: options.memoryRowsMax}),
      watch: {
        committed: (rows, committed, tookMs) => this.#committed(rows, committed, tookMs),
        failed: (error, tookMs) => this.#commitFailed(error, tookMs),
        dropped,
      },
    });
    if (database !== undefined) this.#sender = this.#openSender(database, clock, random);
    this.#ensureSeries();
  }

  /** Begins to send; what an earlier run of the machine left in the outbox goes first. */
  async start(): Promise<void> {
    this.#outbox = await this.#options.file.state();
    this.#sender?.start();
  }

  /**
   * Keeps the signals of one screening, and what its traders matched. Resolves when they are committed to the local file;
   * where that fails, when it was told and counted: they are kept in memory then. Those with an order, each in its signal's
   * place, are left to the machine's next run where this one ends without an analysis. Never rejects.
   */
  recordSignals(
    signals: readonly Signal[],
    matches?: Commit['matches'],
    orders: readonly AnalysisOrder[] = [],
  ): Promise<void> {
    if (signals.length === 0 && matches === undefined) return Promise.resolve();
    const rows = signals.map((signal, i) => signalRow(signal, this.#options, orders[i]));
    return this.#writer.add(matches === undefined ? {rows} : {rows, matches});
  }

  recordAnalysis(analysis: SignalAnalysis): void {
    this.#add(analysisRow(analysis, this.#options));
  }

  recordFailure(failure: AnalysisFailure): void {
    this.#add(failureRow(failure, this.#options));
  }

  /** Keeps an event of the machine. */
  recordEvent(event: MachineEvent): void {
    const nowMs = this.#options.wallClock();
    this.#add(eventRow(rowId(nowMs), event, nowMs, this.#options));
  }

  /** Keeps the machine's figures of this moment. */
  recordFigures(figures: Omit<MachineFigures, 'syncRows'>): void {
    const nowMs = this.#options.wallClock();
    const syncRows = sumRows(this.queued);
    this.#add(metricRow(rowId(nowMs), {...figures, syncRows}, nowMs, this.#options));
  }

  /** Rows that the database doesn't have yet, by queue: those in the outbox, and those on their way there. */
  get queued(): RowCounts {
    const memory = this.#writer.uncommitted;
    const counts = SYNC_QUEUES.map(queue => [queue, this.#outbox.rows[queue] + memory[queue]]);
    return Object.fromEntries(counts);
  }

  /** Sets the gauges to this moment. */
  report(): void {
    const {metrics} = this.#options;
    const {queued} = this;
    for (const queue of SYNC_QUEUES) {
      metrics.syncQueueDepth.set({queue_type: queue}, queued[queue]);
    }
    metrics.syncUncommittedRows.set(sumRows(this.#writer.uncommitted));
    metrics.syncOutboxBytes.set(this.#outbox.bytes);
  }

  /**
   * Commits what is left to the local file, sends for `graceMs` what the database takes, and closes both. What stays in the
   * outbox is sent by the machine's next run.
   */
  async close(graceMs: number): Promise<void> {
    await this.#writer.close();
    await this.#sender?.close(graceMs);
    this.#notices.close();
    const lost = sumRows(this.#writer.uncommitted);
    if (lost > 0) this.#options.onTrouble(lostText(lost));
    await this.#options.file.close();
  }

  #add(row: Row): void {
    void this.#writer.add({rows: [row]});
  }

  #openSender(database: Store, clock: SyncClock, random: () => number): Sender {
    const {file, metrics, batchRows = BATCH_ROWS} = this.#options;
    const {batchIntervalMs = BATCH_INTERVAL_MS} = this.#options;
    return new Sender({
      file,
      database,
      clock,
      random,
      batchRows,
      batchIntervalMs,
      watch: {
        written: (_rowCount, tookMs) => {
          metrics.syncBatchWrites.inc();
          metrics.syncWriteDuration.observe(tookMs);
          this.#recovered('database');
        },
        failed: (error, tookMs) => {
          metrics.syncWriteErrors.inc();
          metrics.syncWriteDuration.observe(tookMs);
          this.#tell('database', error);
        },
        acknowledged: (queue, count, state) => {
          metrics.syncRowsWritten.inc({queue_type: queue}, count);
          this.#outbox = state;
        },
        refused: (queue, _row, error, state) => {
          this.#outbox = state;
          this.#drop(queue, 'refused', 1);
          this.#tell('row', error);
        },
      },
    });
  }

  #committed(rows: RowCounts, committed: Committed, tookMs: number): void {
    const {metrics, batchRows = BATCH_ROWS} = this.#options;
    const {state, droppedRows, isRestored} = committed;
    if (isRestored) this.#commitFailed(new StoreError('store_gone', RESTORED), 0);
    this.#recovered('file');
    this.#outbox = state;
    for (const queue of SYNC_QUEUES) {
      if (droppedRows[queue] > 0) this.#drop(queue, 'outbox_full', droppedRows[queue]);
      if (state.rows[queue] >= batchRows) this.#sender?.announce();
    }
    if (this.#role === 'outbox' || sumRows(rows) === 0) return;
    metrics.syncBatchWrites.inc();
    metrics.syncWriteDuration.observe(tookMs);
    for (const queue of SYNC_QUEUES) metrics.syncRowsWritten.inc({queue_type: queue}, rows[queue]);
  }

  #commitFailed(error: StoreError, tookMs: number): void {
    const {metrics} = this.#options;
    this.#tell('file', error);
    if (this.#role === 'outbox') {
      metrics.syncOutboxErrors.inc();
      return;
    }
    metrics.syncWriteErrors.inc();
    metrics.syncWriteDuration.observe(tookMs);
  }

  #drop(queue: QueueName, reason: DropReason, count: number): void {
    this.#options.metrics.syncRowsDropped.inc({queue_type: queue, reason}, count);
    // What is refused for the row itself was told with the database's words.
    if (queue === 'signals' && reason !== 'refused') this.#notices.add(reason, count);
  }

  #tell(place: string, {code, message}: StoreError): void {
    if (this.#trouble.get(place) === code) return;
    this.#trouble.set(place, code);
    this.#options.onTrouble(`${message} [${code}]`);
  }

  #recovered(place: string): void {
    if (this.#trouble.delete(place)) this.#options.onTrouble(`The ${place} takes rows again`);
  }

  #ensureSeries(): void {
    const {syncQueueDepth, syncRowsWritten, syncRowsDropped} = this.#options.metrics;
    for (const queue of SYNC_QUEUES) {
      syncQueueDepth.ensure({queue_type: queue});
      syncRowsWritten.ensure({queue_type: queue});
      for (const reason of SYNC_DROP_REASONS) syncRowsDropped.ensure({queue_type: queue, reason});
    }
  }
}

/** What is full, and what to do about it. */
function refusalTexts({outboxMib, memoryRowsMax = MEMORY_ROWS_MAX}: SynchroniserOptions) {
  const size = outboxMib === undefined ? '' : ` at ${outboxMib} MiB`;
  return {
    outbox_full: `the outbox is full${size}. See that the database takes rows, or raise --outbox-mib`,
    memory_full: `${memoryRowsMax} rows wait in memory. See to the data folder, whose file takes none`,
  };
}

function lostText(count: number): string {
  const rows = count === 1 ? '1 row is' : `${count} rows are`;
  return `${rows} lost: the local file takes none [rows_lost]`;
}

type DropReason = (typeof SYNC_DROP_REASONS)[number];
