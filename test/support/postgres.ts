import test, {type ExecutionContext, type ImplementationFn} from 'ava';
import {PostgresServer, programsFolder} from './postgres-server.js';

export {PostgresServer} from './postgres-server.js';

/** AVA's `test` for a test with a Postgres server; skipped with a reason where none is installed, as in `testWithProgram`. */
export function testWithPostgres(title: string, implementation: ImplementationFn<[]>): void {
  if (programsFolder() !== undefined || process.env.THREADTALLY_REQUIRE_ALL === '1') {
    test.serial(title, implementation);
  } else {
    test.skip(`${title} (skipped: postgresql is not installed)`, implementation);
  }
}

/** A server that runs, and a client of the test's own. */
export async function startServer(t: ExecutionContext) {
  const server = await PostgresServer.make(t);
  await server.start();
  return {server, sql: server.client(t)};
}
