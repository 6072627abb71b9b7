import {accessSync, constants} from 'node:fs';
import {delimiter, join} from 'node:path';
import test, {type ImplementationFn} from 'ava';

/** Where a program stands in the PATH; undefined where it isn't installed. */
function pathOf(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders
    .map(folder => join(folder, program))
    .find(path => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * AVA's `test` for a test that runs a program of Debian's packages. Where it isn't installed the test is skipped, and
 * the title says why; with THREADTALLY_REQUIRE_ALL=1 it runs, and so fails, all the same.
 */
export function testWithProgram(
  program: string,
  title: string,
  implementation: ImplementationFn<[]>,
): void {
  if (pathOf(program) !== undefined || process.env.THREADTALLY_REQUIRE_ALL === '1') {
    test(title, implementation);
  } else {
    test.skip(`${title} (skipped: ${program} is not installed)`, implementation);
  }
}

/** AVA's `test` for what takes minutes or the network: it runs with THREADTALLY_REQUIRE_ALL=1 only, as the gate does. */
export function testInGate(title: string, implementation: ImplementationFn<[]>): void {
  if (process.env.THREADTALLY_REQUIRE_ALL === '1') test(title, implementation);
  else test.skip(`${title} (skipped: runs with THREADTALLY_REQUIRE_ALL=1)`, implementation);
}
