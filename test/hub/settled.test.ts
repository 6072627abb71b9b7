import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';

const run = promisify(execFile);

test('settled() keeps a program alive until the counts are in, and the hub then lets it end', async t => {
  const program = fileURLToPath(new URL('../fixtures/settling-program.js', import.meta.url));
  for (let i = 0; i < 5; i++) {
    const {stdout, stderr} = await run(process.execPath, [program]);
    t.is(stderr, '');
    t.is(stdout, '100\n');
  }
});
