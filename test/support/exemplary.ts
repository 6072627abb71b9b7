import type {ExecutionContext} from 'ava';
import type {FlushMark, MetricsHub} from '../../src/index.js';
import type {Step} from '../fixtures/exemplary-worker.js';
import {startAskedWorker} from './asked-worker.js';

/** Starts a worker that records with exemplars, attached to the hub; it ends with the test. */
export function startExemplary(t: ExecutionContext, hub: MetricsHub) {
  const {worker, attachment, ask} = startAskedWorker<Step>(t, hub, 'exemplary-worker');
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
