import {closeSync, openSync} from 'node:fs';
import {StoreError, type StoreErrorCode} from './store.js';

/** SQLite's result codes, by how they begin: extended ones go on behind. */
const CODES: Readonly<Record<string, readonly [StoreErrorCode, string]>> = {
  SQLITE_NOTADB: ['store_not_database', 'an SQLite file'],
  SQLITE_CORRUPT: ['store_not_database', 'an SQLite file that is whole'],
  SQLITE_FULL: ['store_full', 'room on the disk'],
  SQLITE_READONLY: ['store_unwritable', 'a file that can be written to'],
  SQLITE_CANTOPEN: ['store_unwritable', 'a file that can be opened'],
  SQLITE_CONSTRAINT: ['row_refused', 'rows that fit their tables'],
};

/** What the operating system says of a file that can't be opened, in words. */
const IN_WORDS: Readonly<Record<string, string>> = {
  EISDIR: 'a folder (EISDIR)',
  ENOENT: 'no folder to hold it (ENOENT)',
  EACCES: 'no permission (EACCES)',
  EPERM: 'no permission (EPERM)',
  EROFS: 'a disk that can only be read (EROFS)',
  ENOSPC: 'a full disk (ENOSPC)',
};

/** What SQLite threw, as the rest of the program knows it. */
export function storeErrorOf(cause: unknown, path: string): StoreError {
  const sqliteCode = String((cause as {code?: unknown}).code ?? '');
  const known = Object.keys(CODES).find(prefix => sqliteCode.startsWith(prefix));
  const [code, expected] = CODES[known ?? ''] ?? ['store_failed', 'the file to be usable'];
  const got = `${messageOf(cause)}${sqliteCode === '' ? '' : ` (${sqliteCode})`}`;
  return new StoreError(code, `${path}: expected ${expected}, got ${got}`, {cause});
}

/** That a file can't be opened: libsql gives no code then, and a text of its own making. So the file system is asked. */
export function unopenedError(cause: unknown, path: string): StoreError {
  const problem = `${path}: expected a file that can be opened and written to`;
  return new StoreError('store_unwritable', `${problem}, got ${obstacleOf(path)}`, {cause});
}

function obstacleOf(path: string): string {
  try {
    closeSync(openSync(path, 'a'));
    return 'one that SQLite does not open';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return IN_WORDS[code] ?? code;
  }
}

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
