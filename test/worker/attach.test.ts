import {EventEmitter} from 'node:events';
import test from 'ava';
import {attach} from '../../src/worker.js';

test('attach() throws on a thread without a parent, and names what the main thread has instead', t => {
  t.throws(() => attach(new EventEmitter()), {
    instanceOf: TypeError,
    message:
      'Expected attach() to be called in a worker thread, got the main thread: use attach() of its hub',
  });
});
