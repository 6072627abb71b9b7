import {renameSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import Database from 'libsql';
import {inodeOf, makeFolder, syncToDisk} from './file-place.js';
import {messageOf, storeErrorOf, unopenedError} from './sqlite-errors.js';
import {SQLITE_MIGRATIONS} from './sqlite-migrations.js';
import {StoreError} from './store.js';
import type {SynchronousMode} from './synchronous.js';

/** Name of the file in the data folder. */
export const SQLITE_FILE = 'threadtally.db';

/** Held locked by the machine that uses the folder. The data have a file of their own, which others may read meanwhile. */
export const SQLITE_LOCK_FILE = 'threadtally.lock';

/** What the file is called while it is made anew; a leftover of that name means nothing. */
const RESTORED_FILE = 'threadtally.restored';

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
  #db: Database.Database;
  #lock: Database.Database;
  readonly #folder: string;
  readonly #path: string;
  readonly #synchronous: SynchronousMode;
  /** Of the file that is open: under its name there may be none any more, or another. */
  #inode: string | undefined;
  readonly #statements = new Map<string, Database.Statement>();

  /** @throws StoreError where the file can't be used, is newer than this program, or another machine uses it. */
  constructor({folder, synchronous}: SqliteOptions) {
    this.#folder = folder;
    this.#path = join(folder, SQLITE_FILE);
    this.#synchronous = synchronous;
    makeFolder(folder);
    this.#lock = openLock(folder);
    try {
      this.#db = this.#open();
    } catch (error) {
      this.#lock.close();
      throw error;
    }
  }

  /**
   * Looks whether the file still stands under its name. One that was removed, with its folder or without, goes on taking
   * commits that nobody will ever read: it is made anew then from what is still open, with all its rows; true where it was.
   *
   * @throws StoreError `store_gone` where it can't be made anew, or another file stands there
   */
  keepPlace(): boolean {
    const found = inodeOf(this.#path);
    if (found !== undefined) {
      if (found === this.#inode) return false;
      throw this.#gone('another');
    }
    try {
      this.#restore();
    } catch (error) {
      throw this.#gone(`none, and it can't be made anew: ${messageOf(error)}`, error);
    }
    return true;
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

  /** The file with today's tables. */
  #open(): Database.Database {
    const db = openFile(this.#path, BUSY_WAIT_MS);
    try {
      this.#db = db;
      this.#statements.clear();
      this.#attempt(() => {
        db.pragma('journal_mode = WAL');
        db.pragma(`synchronous = ${this.#synchronous}`);
        this.#migrate();
      });
      this.#inode = inodeOf(this.#path);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  #restore(): void {
    makeFolder(this.#folder);
    const lock = openLock(this.#folder);
    const restored = join(this.#folder, RESTORED_FILE);
    const old = this.#db;
    try {
      rmSync(restored, {force: true});
      old.exec(`vacuum into '${restored.replaceAll("'", "''")}'`);
      syncToDisk(restored);
      renameSync(restored, this.#path);
      syncToDisk(this.#folder);
    } catch (error) {
      lock.close();
      throw error;
    }
    // Before the new one is opened: SQLite removes a journal by the name that both have.
    old.close();
    this.#lock.close();
    this.#lock = lock;
    this.#db = this.#open();
  }

  #gone(got: string, cause?: unknown): StoreError {
    const problem = `${this.#path}: expected the file that was opened, got ${got}`;
    return new StoreError('store_gone', problem, {cause});
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

function openFile(path: string, timeout: number): Database.Database {
  try {
    return new Database(path, {timeout});
  } catch (cause) {
    throw unopenedError(cause, path);
  }
}

/** The operating system gives the lock up with the process, however that ends. */
function openLock(folder: string): Database.Database {
  const path = join(folder, SQLITE_LOCK_FILE);
  const lock = openFile(path, 0);
  try {
    lock.exec('begin exclusive');
    return lock;
  } catch (cause) {
    lock.close();
    if (!(cause as {code?: string}).code?.startsWith('SQLITE_BUSY'))
      throw storeErrorOf(cause, path);
    const problem = `${folder}: expected a folder of this machine's own, got one that another uses now`;
    throw new StoreError('store_locked', problem, {cause});
  }
}
