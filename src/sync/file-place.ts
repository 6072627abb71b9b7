import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  statSync,
} from 'node:fs';
import {dirname} from 'node:path';
import {StoreError} from './store.js';

/** Makes a folder, with those above it, where there is none. @throws StoreError `store_unwritable` */
export function makeFolder(folder: string): void {
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

/** What tells a file from any other that is there at the same time; undefined where none can be seen under that name. */
export function inodeOf(path: string): string | undefined {
  try {
    const {dev, ino} = statSync(path, {bigint: true});
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}

/** Returns when a file, or the names in a folder, are on the disk. */
export function syncToDisk(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
