import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import type {ExecutionContext} from 'ava';
import type {Attachment, MetricsHub} from '../../src/index.js';

/** A worker that answers each message with one, and is attached to a hub. */
export interface AskedWorker<Step> {
  readonly worker: Worker;
  readonly attachment: Attachment;
  /** Resolves with the answer. */
  readonly ask: (step: Step) => Promise<unknown>;
}

/** Starts the worker of a file in test/fixtures; it ends with the test. */
export function startAskedWorker<Step>(
  t: ExecutionContext,
  hub: MetricsHub,
  fixture: string,
): AskedWorker<Step> {
  const worker = new Worker(new URL(`../fixtures/${fixture}.js`, import.meta.url));
  t.teardown(() => worker.terminate());
  worker.on('error', () => {});
  const attachment = hub.attach(worker);
  const ask = async (step: Step): Promise<unknown> => {
    const answer = once(worker, 'message');
    worker.postMessage(step);
    return (await answer)[0];
  };
  return {worker, attachment, ask};
}
