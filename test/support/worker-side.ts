import type {CollectFailure} from '../../src/metrics/catalogue.js';
import {Collectors} from '../../src/worker/collectors.js';
import {replaceDefault} from '../../src/worker/default-connection.js';
import {InProcessHub} from './in-process.js';

/**
 * Makes an in-process hub the one above this thread, for the metrics that are made before anything else is awaited.
 * Returns what stands on either side.
 */
export function startWorkerSide(hub = new InProcessHub(), now = () => 0) {
  const writer = hub.newWriter();
  const warnings: string[] = [];
  const failures: CollectFailure[] = [];
  const collectors = new Collectors({
    warn: line => warnings.push(line),
    failed: reason => failures.push(reason),
    now,
  });
  const flush = () => ({channel: 'in-process', sequence: writer.recorder.flush()});
  const port = {recorder: writer.recorder, flush, flushIfHeard: flush};
  /** For metrics that are made later. */
  const takeOver = () => replaceDefault({port, collectors, now});
  takeOver();
  const page = () => {
    writer.recorder.flush();
    writer.deliver();
    return hub.text();
  };
  return {hub, writer, collectors, warnings, failures, port, page, takeOver};
}
