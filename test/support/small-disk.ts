import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';

/** A file system of its own in memory. */
export interface SmallDisk {
  readonly folder: string;
  /** Refuses every write from now on, whoever writes. */
  readonly lock: () => void;
}

function mount(options: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'threadtally-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], {stdio: 'ignore'});
    return folder;
  } catch (error) {
    rmSync(folder, {recursive: true});
    throw error;
  }
}

function unmount(folder: string): void {
  execFileSync('umount', ['-l', folder]);
  rmSync(folder, {recursive: true});
}

function mayMount(): boolean {
  try {
    unmount(mount('size=64k'));
    return true;
  } catch {
    return false;
  }
}

/** A disk of `sizeMb`, gone after the test; undefined where this user may mount none. */
export function makeSmallDisk(t: ExecutionContext, sizeMb: number): SmallDisk | undefined {
  if (!mayMount()) return undefined;
  const folder = mount(`size=${sizeMb}m`);
  t.teardown(() => unmount(folder));
  return {folder, lock: () => execFileSync('mount', ['-o', 'remount,ro', folder])};
}

/**
 * AVA's `test` for what happens on a disk of `sizeMb`. Where this user may mount none it is skipped, and the title says
 * why.
 */
export function testOnSmallDisk(
  title: string,
  sizeMb: number,
  implementation: (t: ExecutionContext, disk: SmallDisk) => Promise<void>,
): void {
  if (mayMount()) test(title, t => implementation(t, makeSmallDisk(t, sizeMb)!));
  else test.skip(`${title} (skipped: this user may mount no file system)`, t => t.pass());
}
