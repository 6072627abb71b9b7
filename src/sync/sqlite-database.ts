import {accessSync, constants, existsSync, mkdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import Database from 'libsql';
import {SQLITE_MIGRATIONS} from './sqlite-migrations.js';
import {StoreError, type StoreErrorCode} from './store.js';
import type {SynchronousMode} from './synchronous.js';

/** Name of the file in the data folder. */
export const SQLITE_FILE = 'threadtally.db';

/** Held locked by the machine that uses the folder. The data have a file of their own, which others may read meanwhile. */
export const SQLITE_LOCK_FILE = 'threadtally.lock';

/** Milliseconds to wait for another program that has the file locked, e.g. to read it. Then it is `store_failed`. */
const BUSY_WAIT_MS = 5_000;

/** Options of {@link SqliteDatabase}. */
export interface SqliteOptions {
  /** Made where there is none. */
  readonly folder: string;
  readonly synchronous: SynchronousMode;
}

/** A row as it was selected, its columns by their place. */
export type Columns = readonly unknown[];

/**
 * The machine's SQLite file, in WAL mode, with today's tables. Its calls block their thread. A commit survives the end of
 * the process at any moment, `kill -9` included.
 */
export class SqliteDatabase {
  readonly #db: Database.Database;
  readonly #lock: Database.Database;
  readonly #path: string;
  readonly #statements = new Map<string, Database.Statement>();

  /** @throws StoreError where the file can't be used, is newer than this program, or another machine uses it. */
  constructor({folder, synchronous}: SqliteOptions) {
    this.#path = join(folder, SQLITE_FILE);
    makeFolder(folder);
    this.#lock = openFile(join(folder, SQLITE_LOCK_FILE), 0);
    try {
      takeLock(this.#lock, folder);
      this.#db = openFile(this.#path, BUSY_WAIT_MS);
      this.#attempt(() => {
        this.#db.pragma('journal_mode = WAL');
        this.#db.pragma(`synchronous = ${synchronous}`);
        this.#migrate();
      });
    } catch (error) {
      this.#lock.close();
      throw error;
    }
  }

  /** Runs a statement with its parameters; the number of rows that it changed. @throws StoreError */
  run(sql: string, ...parameters: unknown[]): number {
    return this.#attempt(() => this.#prepared(sql).run(...parameters).changes);
  }

  /** The rows that a statement selects. @throws StoreError */
  select(sql: string, ...parameters: unknown[]): Columns[] {
    return this.#attempt(
      () =>
        this.#prepared(sql)
          .raw()
          .all(...parameters) as Columns[],
    );
  }

  /** Runs steps of which all or none are kept. @throws StoreError, or what a step throws */
  transaction<T>(steps: () => T): T {
    this.#attempt(() => this.#db.exec('begin immediate'));
    try {
      const result = steps();
      this.#attempt(() => this.#db.exec('commit'));
      return result;
    } catch (error) {
      // Some failures, a full disk for one, have rolled back already.
      if (this.#db.inTransaction) this.#db.exec('rollback');
      throw error;
    }
  }

  close(): void {
    this.#db.close();
    this.#lock.close();
  }

  #prepared(sql: string): Database.Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #migrate(): void {
    this.transaction(() => {
      const [[version] = []] = this.select('pragma user_version');
      if (typeof version !== 'number' || version > SQLITE_MIGRATIONS.length) {
        const expected = `expected at most version ${SQLITE_MIGRATIONS.length}`;
        throw new StoreError('store_newer', `${this.#path}: ${expected}, got ${version}`);
      }
      for (const step of SQLITE_MIGRATIONS.slice(version)) this.#db.exec(step);
      this.#db.exec(`pragma user_version = ${SQLITE_MIGRATIONS.length}`);
    });
  }

  #attempt<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      throw error instanceof StoreError ? error : storeErrorOf(error, this.#path);
    }
  }
}

function makeFolder(folder: string): void {
  try {
    makeWithParents(folder);
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    const got = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const problem = `${folder}: expected a folder that can be written to, got ${got}`;
    throw new StoreError('store_unwritable', problem, {cause});
  }
}

/** Not by `recursive`: where a file system denies that there is what it has just shown, Node 20 then tries for ever. */
function makeWithParents(folder: string): void {
  if (existsSync(folder)) return;
  makeWithParents(dirname(folder));
  mkdirSync(folder);
}

function openFile(path: string, timeout: number): Database.Database {
  try {
    return new Database(path, {timeout});
  } catch (cause) {
    // libsql gives no code here; SQLite's own (14, can't open) stands in the text.
    const problem = `${path}: expected a file that can be opened, got ${messageOf(cause)}`;
    throw new StoreError('store_unwritable', problem, {cause});
  }
}

/** The operating system gives the lock up with the process, however that ends. */
function takeLock(lock: Database.Database, folder: string): void {
  try {
    lock.exec('begin exclusive');
  } catch (cause) {
    const error = storeErrorOf(cause, join(folder, SQLITE_LOCK_FILE));
    if (!(cause as {code?: string}).code?.startsWith('SQLITE_BUSY')) throw error;
    const problem = `${folder}: expected a folder of this machine's own, got one that another uses now`;
    throw new StoreError('store_locked', problem, {cause});
  }
}

/** SQLite's result codes, by how they begin: extended ones go on behind. */
const CODES: Readonly<Record<string, readonly [StoreErrorCode, string]>> = {
  SQLITE_NOTADB: ['store_not_database', 'an SQLite file'],
  SQLITE_CORRUPT: ['store_not_database', 'an SQLite file that is whole'],
  SQLITE_FULL: ['store_full', 'room on the disk'],
  SQLITE_READONLY: ['store_unwritable', 'a file that can be written to'],
  SQLITE_CANTOPEN: ['store_unwritable', 'a file that can be opened'],
  SQLITE_CONSTRAINT: ['row_refused', 'rows that fit their tables'],
};

function storeErrorOf(cause: unknown, path: string): StoreError {
  const sqliteCode = String((cause as {code?: unknown}).code ?? '');
  const known = Object.keys(CODES).find(prefix => sqliteCode.startsWith(prefix));
  const [code, expected] = CODES[known ?? ''] ?? ['store_failed', 'the file to be usable'];
  const got = `${messageOf(cause)}${sqliteCode === '' ? '' : ` (${sqliteCode})`}`;
  return new StoreError(code, `${path}: expected ${expected}, got ${got}`, {cause});
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
