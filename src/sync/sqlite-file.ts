import type {QueueName, Row} from './row.js';
import {SqliteDatabase, type SqliteOptions} from './sqlite-database.js';
import {
  NO_ROWS,
  type OutboxState,
  type RowCounts,
  SqliteOutbox,
  type WaitingRow,
} from './sqlite-outbox.js';
import {SqliteTables} from './sqlite-tables.js';
import type {StoredTrader} from './store.js';

/** What the file is to the machine: its database, or where rows wait for a server. */
export type FileRole = 'store' | 'outbox';

/** Options of {@link SqliteFile}. */
export interface SqliteFileOptions extends SqliteOptions {
  readonly role: FileRole;
  /** Bytes that may wait in the outbox. */
  readonly outboxBytesMax: number;
}

/** Which symbols a trader matched in its last screening, as a JSON list; null for one to forget. */
export type MatchEntry = readonly [traderId: string, symbols: string | null];

/** What is committed together. */
export interface Commit {
  readonly rows: readonly Row[];
  /** What the traders matched last in the market of that source, where it has changed. */
  readonly matches?: {readonly source: string; readonly entries: readonly MatchEntry[]};
}

/** What became of a commit. */
export interface Committed {
  readonly state: OutboxState;
  /** Rows, of this commit and of those before, that were given up for lack of room. */
  readonly droppedRows: RowCounts;
  /** True where the file was gone meanwhile and was made anew, with all its rows. */
  readonly isRestored: boolean;
}

/** What the machine asks of its SQLite file. Each call blocks, and is done or undone as a whole. */
export class SqliteFile {
  readonly #db: SqliteDatabase;
  readonly #tables: SqliteTables;
  readonly #outbox: SqliteOutbox;
  readonly #role: FileRole;
  /** That the file was made anew, until a commit tells it. */
  #isRestored = false;

  /** @throws StoreError as {@link SqliteDatabase} does. */
  constructor({role, outboxBytesMax, ...options}: SqliteFileOptions) {
    this.#db = new SqliteDatabase(options);
    this.#tables = new SqliteTables(this.#db);
    this.#outbox = new SqliteOutbox(this.#db, outboxBytesMax);
    this.#role = role;
  }

  /** Keeps rows in the tables or in the outbox, as the file's role is. @throws StoreError */
  commit({rows, matches}: Commit): Committed {
    const committed = this.#change(() => {
      if (matches !== undefined) this.#remember(matches.source, matches.entries);
      if (this.#role === 'outbox') {
        const {kept, droppedRows} = this.#outbox.put(rows);
        // A later run has nothing to do with a signal that was refused, and may analyse one whose analysis was.
        this.#noteTasks(kept);
        return droppedRows;
      }
      this.#noteTasks(rows);
      this.#tables.write(rows);
      return NO_ROWS;
    });
    this.#isRestored = false;
    return committed;
  }

  /** The first rows of a queue of the outbox. @throws StoreError */
  take(queue: QueueName, countMax: number): WaitingRow[] {
    return this.#outbox.take(queue, countMax);
  }

  /** Deletes rows of the outbox that the server has confirmed. @throws StoreError */
  acknowledge(sequences: readonly number[]): Committed & {readonly count: number} {
    let count = 0;
    const committed = this.#change(() => {
      count = this.#outbox.delete(sequences);
      return NO_ROWS;
    });
    return {...committed, count};
  }

  /** Sets a row of the outbox aside that the server will never take. @throws StoreError */
  refuse(sequence: number, reason: string): Committed {
    return this.#change(() => {
      this.#outbox.refuse(sequence, reason);
      return NO_ROWS;
    });
  }

  state(): OutboxState {
    return this.#outbox.state;
  }

  /** @throws StoreError */
  readTraders(): StoredTrader[] {
    return this.#tables.readTraders();
  }

  /** @throws StoreError */
  replaceTraders(traders: readonly StoredTrader[]): void {
    this.#change(() => {
      this.#tables.replaceTraders(traders);
      return NO_ROWS;
    });
  }

  /** What each trader matched last in the market of a source. @throws StoreError */
  readMatches(source: string): (readonly [traderId: string, symbols: string])[] {
    return this.#db
      .select('select trader_id, symbols from match_memory where source = ?', source)
      .map(([traderId, symbols]) => [String(traderId), String(symbols)]);
  }

  /** The tasks of signals that were left without an analysis, oldest first. @throws StoreError */
  readTasks(): string[] {
    return this.#db
      .select('select task from unanalysed order by signal_id')
      .map(([task]) => String(task));
  }

  /** Closes the file; one that is gone is made anew first, if that can be. */
  close(): void {
    try {
      this.#db.keepPlace();
    } catch {
      // What was committed since the last look is lost: a commit that finds it gone tells.
    }
    this.#db.close();
  }

  #noteTasks(rows: readonly Row[]): void {
    const begun = rows.filter(({task}) => typeof task === 'string');
    if (begun.length > 0) {
      this.#db.run(
        `insert into unanalysed (signal_id, task) select value ->> 'id', value ->> 'task'
          from json_each(?) where true on conflict do nothing`,
        JSON.stringify(begun.map(({id, task}) => ({id, task}))),
      );
    }
    const done = rows.filter(({task}) => task === null);
    if (done.length > 0) {
      this.#db.run(
        'delete from unanalysed where signal_id in (select value from json_each(?))',
        JSON.stringify(done.map(({id}) => id)),
      );
    }
  }

  #remember(source: string, entries: readonly MatchEntry[]): void {
    for (const [traderId, symbols] of entries) {
      if (symbols === null) {
        this.#db.run(
          'delete from match_memory where source = ? and trader_id = ?',
          source,
          traderId,
        );
      } else {
        this.#db.run(
          'insert or replace into match_memory (source, trader_id, symbols) values (?, ?, ?)',
          source,
          traderId,
          symbols,
        );
      }
    }
  }

  #change(steps: () => RowCounts): Committed {
    try {
      if (this.#db.keepPlace()) this.#isRestored = true;
      const droppedRows = this.#db.transaction(steps);
      this.#outbox.keep();
      return {state: this.#outbox.state, droppedRows, isRestored: this.#isRestored};
    } catch (error) {
      this.#outbox.revert();
      throw error;
    }
  }
}
