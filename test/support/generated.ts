import {readFileSync} from 'node:fs';
import type {ExecutionContext} from 'ava';
import type {Files} from '../../src/dashboards/write/files.js';

/** Fails where a file of the tree isn't what the code makes: `command` writes it anew. */
export function assertWritten(t: ExecutionContext, files: Files, command: string): void {
  t.true(files.size > 0);
  for (const [path, text] of files) t.is(readFileSync(path, 'utf8'), text, `${path}: ${command}`);
}
