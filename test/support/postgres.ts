import test, {type ImplementationFn} from 'ava';
import {programsFolder} from './postgres-server.js';

export {PostgresServer} from './postgres-server.js';

/** AVA's `test` for a test with a Postgres server; skipped with a reason where none is installed, as in `testWithProgram`. */
export function testWithPostgres(title: string, implementation: ImplementationFn<[]>): void {
  if (programsFolder() !== undefined || process.env.THREADTALLY_REQUIRE_ALL === '1') {
    test.serial(title, implementation);
  } else {
    test.skip(`${title} (skipped: postgresql is not installed)`, implementation);
  }
}
