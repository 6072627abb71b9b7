import {fileURLToPath} from 'node:url';
import test from 'ava';
import {startCommand} from '../support/program.js';

const PROGRAM = fileURLToPath(new URL('../fixtures/screening-program.js', import.meta.url));

for (const flags of [['--max-old-space-size=512', '--expose-gc'], ['--enable-source-maps'], []]) {
  test(`a pool starts in a process that was started with [${flags}]`, async t => {
    const {line, exited} = startCommand(t, [process.execPath, ...flags, PROGRAM], {env: {}});
    await line(/^matches 1$/);
    t.is(await exited, 0);
  });
}
