import {SYNC_QUEUES} from '../metrics/catalogue.js';
import {RefusedSignals} from './refused-signals.js';
import {QUEUE_OF, type QueueName, type Row, type RowKind} from './row.js';
import type {Columns, SqliteDatabase} from './sqlite-database.js';

/** What a waiting row is reckoned to take beside its JSON, bytes: its other columns and its places in the indexes. */
const ROW_OVERHEAD_BYTES = 200;

/** Rows that are looked at together when the oldest must go. */
const EVICTION_ROWS = 100;

/** Whose oldest rows make room for a row of a queue, in this order. Signals never go, and a metric is worth no event. */
const VICTIMS: Readonly<Record<QueueName, readonly QueueName[]>> = {
  signals: ['metrics', 'events'],
  metrics: ['metrics'],
  events: ['metrics', 'events'],
};

/** Rows by queue. */
export type RowCounts = Readonly<Record<QueueName, number>>;

/** No rows. */
export const NO_ROWS: RowCounts = Object.freeze({signals: 0, metrics: 0, events: 0});

/** What waits in the outbox. */
export interface OutboxState {
  /** Rows that wait to be sent. */
  readonly rows: RowCounts;
  /** What they are reckoned to take on the disk, with those that the server has refused for good. */
  readonly bytes: number;
}

/** A row that waits, and its place in line. */
export interface WaitingRow extends Row {
  readonly sequence: number;
}

/**
 * Rows that wait in {@link SqliteDatabase} until the server has confirmed them. Its calls block; each that changes
 * something is a step of the caller's transaction, which calls `keep()` when it is through or `revert()` when it isn't.
 */
export class SqliteOutbox {
  readonly #db: SqliteDatabase;
  readonly #bytesMax: number;
  /** As the last transaction that went through left it. */
  #kept: OutboxState;
  /** As the present transaction will leave it. */
  #rows: Record<QueueName, number>;
  #bytes: number;
  /** The last row of each queue that is being sent: it and those before it don't make room for others. */
  readonly #taken: Record<QueueName, number> = {...NO_ROWS};
  readonly #refused = new RefusedSignals();

  /** @param bytesMax Bytes that may wait: then the oldest metrics go, then the oldest events, and signals are refused. */
  constructor(db: SqliteDatabase, bytesMax: number) {
    this.#db = db;
    this.#bytesMax = bytesMax;
    this.#kept = this.#count();
    this.#rows = {...this.#kept.rows};
    this.#bytes = this.#kept.bytes;
  }

  get state(): OutboxState {
    return this.#kept;
  }

  /**
   * Puts rows at the end of their queues, each once; which of them are kept, and how many rows were given up for lack of
   * room. An analysis takes the place of what waits for the same signal, which can only be a failure; that of a signal that
   * was refused is refused as well, whatever room there is by then.
   */
  put(rows: readonly Row[]): {readonly kept: readonly Row[]; readonly droppedRows: RowCounts} {
    const droppedRows = {...NO_ROWS};
    const kept: Row[] = [];
    this.#outdate(rows.filter(({kind}) => kind === 'analysis'));
    for (const queue of SYNC_QUEUES) {
      const fitting: Row[] = [];
      let neededBytes = 0;
      for (const row of rows.filter(({kind}) => QUEUE_OF[kind] === queue)) {
        const rowBytes = Buffer.byteLength(row.json) + ROW_OVERHEAD_BYTES;
        const isWelcome = !this.#refused.concern(row);
        if (isWelcome && this.#makeRoom(queue, neededBytes + rowBytes, droppedRows)) {
          fitting.push(row);
          neededBytes += rowBytes;
          this.#refused.take(row);
        } else {
          droppedRows[queue]++;
          this.#refused.refuse(row);
        }
      }
      if (fitting.length > 0) this.#insert(queue, fitting);
      kept.push(...fitting);
    }
    return {kept, droppedRows};
  }

  /** The first rows of a queue. They stay until they are deleted. */
  take(queue: QueueName, countMax: number): WaitingRow[] {
    const rows = this.#db
      .select(
        `select sequence, kind, id, json from outbox where queue = ? and refusal is null
          order by sequence limit ?`,
        queue,
        countMax,
      )
      .map(([sequence, kind, id, json]) => ({
        sequence: Number(sequence),
        kind: kind as RowKind,
        id: String(id),
        json: String(json),
      }));
    this.#taken[queue] = rows.at(-1)?.sequence ?? 0;
    return rows;
  }

  /** Deletes rows that the server has confirmed; how many there were. */
  delete(sequences: readonly number[]): number {
    return this.#delete(sequences).length;
  }

  /** Sets a row aside that the server will never take: it stays in the file, with the reason, and is sent no more. */
  refuse(sequence: number, reason: string): void {
    const [[queue] = []] = this.#db.select(
      'update outbox set refusal = ? where sequence = ? and refusal is null returning queue',
      reason,
      sequence,
    );
    if (queue !== undefined) this.#rows[queue as QueueName]--;
  }

  keep(): void {
    this.#kept = {rows: {...this.#rows}, bytes: this.#bytes};
  }

  revert(): void {
    this.#rows = {...this.#kept.rows};
    this.#bytes = this.#kept.bytes;
  }

  #insert(queue: QueueName, rows: readonly Row[]): void {
    const inserted = this.#db.select(
      `insert into outbox (queue, kind, id, json) select ?, value ->> 'kind', value ->> 'id',
        value ->> 'json' from json_each(?) where true on conflict do nothing
        returning octet_length(json)`,
      queue,
      JSON.stringify(rows.map(({kind, id, json}) => ({kind, id, json}))),
    );
    this.#rows[queue] += inserted.length;
    for (const [jsonBytes] of inserted) this.#bytes += Number(jsonBytes) + ROW_OVERHEAD_BYTES;
  }

  #outdate(analyses: readonly Row[]): void {
    if (analyses.length === 0) return;
    const waiting = this.#db.select(
      `select sequence from outbox where kind = 'analysis'
        and id in (select value from json_each(?))`,
      JSON.stringify(analyses.map(({id}) => id)),
    );
    this.#delete(waiting.map(([sequence]) => Number(sequence)));
  }

  /** True where so many bytes more fit, after the oldest rows of lesser worth have gone. */
  #makeRoom(
    queue: QueueName,
    neededBytes: number,
    droppedRows: Record<QueueName, number>,
  ): boolean {
    for (const victim of VICTIMS[queue]) {
      while (this.#bytes + neededBytes > this.#bytesMax) {
        const evicted = this.#evict(victim, this.#bytes + neededBytes - this.#bytesMax);
        if (evicted === 0) break;
        droppedRows[victim] += evicted;
      }
    }
    return this.#bytes + neededBytes <= this.#bytesMax;
  }

  /** Deletes as many of a queue's oldest rows as free the bytes, at most {@link EVICTION_ROWS}; how many. */
  #evict(queue: QueueName, bytes: number): number {
    const oldest = this.#db.select(
      `select sequence, octet_length(json) from outbox where queue = ? and sequence > ?
        order by sequence limit ?`,
      queue,
      this.#taken[queue],
      EVICTION_ROWS,
    );
    const gone: number[] = [];
    let freed = 0;
    for (const [sequence, jsonBytes] of oldest) {
      if (freed >= bytes) break;
      gone.push(Number(sequence));
      freed += Number(jsonBytes) + ROW_OVERHEAD_BYTES;
    }
    return this.#delete(gone).length;
  }

  #delete(sequences: readonly number[]): readonly Columns[] {
    if (sequences.length === 0) return [];
    const deleted = this.#db.select(
      `delete from outbox where sequence in (select value from json_each(?))
        returning queue, octet_length(json), refusal is null`,
      JSON.stringify(sequences),
    );
    for (const [queue, jsonBytes, isWaiting] of deleted) {
      if (isWaiting === 1) this.#rows[queue as QueueName]--;
      this.#bytes -= Number(jsonBytes) + ROW_OVERHEAD_BYTES;
    }
    return deleted;
  }

  #count(): OutboxState {
    const rows = {...NO_ROWS};
    let bytes = 0;
    const groups = this.#db.select(
      `select queue, count(*) filter (where refusal is null), sum(octet_length(json) + ?)
        from outbox group by queue`,
      ROW_OVERHEAD_BYTES,
    );
    for (const [queue, waiting, queueBytes] of groups) {
      rows[queue as QueueName] = Number(waiting);
      bytes += Number(queueBytes);
    }
    return {rows, bytes};
  }
}
