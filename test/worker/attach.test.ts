import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import test from 'ava';

test('attach() throws on the main thread, and names what that has instead', async t => {
  // AVA's own tests run in worker threads.
  const url = new URL('../../src/worker.js', import.meta.url).href;
  const code = `import {attach} from '${url}'; try { attach({}) } catch (e) { console.log(String(e)) }`;
  const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
  t.is(
    stdout,
    'TypeError: Expected attach() to be called in a worker thread, got the main thread: use attach() of its hub\n',
  );
});
