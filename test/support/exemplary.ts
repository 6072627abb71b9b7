import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import type {ExecutionContext} from 'ava';
import type {FlushMark, MetricsHub} from '../../src/index.js';
import type {Step} from '../fixtures/exemplary-worker.js';

/** Starts a worker that records with exemplars, attached to the hub; it ends with the test. */
export function startExemplary(t: ExecutionContext, hub: MetricsHub) {
  const worker = new Worker(new URL('../fixtures/exemplary-worker.js', import.meta.url));
  t.teardown(() => worker.terminate());
  worker.on('error', () => {});
  const attachment = hub.attach(worker);
  const ask = async (step: Step): Promise<unknown> => {
    const answer = once(worker, 'message');
    worker.postMessage(step);
    return (await answer)[0];
  };
  const flush = async (step: 'flush' | 'flush bridge') => {
    await hub.merged((await ask(step)) as FlushMark);
  };
  /** Resolves when the worker has ended and is settled. */
  const die = async () => {
    worker.postMessage('die' satisfies Step);
    await attachment.settled();
  };
  return {record: (trace: string) => ask({record: trace}), flush, die};
}
