import {once} from 'node:events';
import test from 'ava';
import {startFailure} from '../../src/pool/start-failure.js';

const HELPERS = new URL('file:///helpers.js');

/** A worker that never answers. */
const silent = {
  async problem(signal: AbortSignal): Promise<string | undefined> {
    await once(signal, 'abort');
    throw signal.reason;
  },
};

test('startFailure() says which helpers did not load in time, or that no worker started', async t => {
  // The limit's own timer keeps no process alive.
  const alive = setTimeout(() => {}, 10_000);
  t.teardown(() => clearTimeout(alive));
  const failure = await startFailure(silent, HELPERS, 20);
  t.like(failure, {
    name: 'HelpersError',
    code: 'helpers_invalid',
    message: "Helpers can't be used: file:///helpers.js was not loaded within 0.02 s",
  });
  const none = await startFailure(silent, undefined, 20);
  t.like(none, {name: 'Error', message: 'No worker could be started within 0.02 s'});
});

test('startFailure() hands on what a worker says, and why it died', async t => {
  const answering = (problem: string | undefined) => ({problem: async () => problem});
  t.is(await startFailure(answering(undefined), HELPERS), undefined);
  const told = await startFailure(answering('no function'), HELPERS);
  t.like(told, {name: 'HelpersError', message: "Helpers can't be used: no function"});
  const dying = {problem: () => Promise.reject(new Error('it died'))};
  const failure = await startFailure(dying, HELPERS);
  t.like(failure, {name: 'Error', message: 'No worker could be started: Error: it died'});
});
