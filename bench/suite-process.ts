/* One suite in a process of its own: `suite-process.js NAME`. It sends its tables, or why it failed, and ends. */
import type {SuiteMessage} from './suite-run.js';
import {SUITES} from './suites.js';

async function said(): Promise<SuiteMessage> {
  try {
    const suite = await SUITES[process.argv[2] ?? '']!.load();
    return {tables: await suite.run()};
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return {failure: error instanceof Error ? error.message : String(error)};
  }
}

// Nobody would hear it.
process.on('disconnect', () => process.exit());
// Whatever a suite left open must not keep the next from its turn.
process.send?.(await said(), () => process.exit());
