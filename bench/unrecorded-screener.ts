import {performance} from 'node:perf_hooks';
import {workerData} from 'node:worker_threads';
import {disarmFunctionConstructors} from '../src/screener/function-constructors.js';
import type {BatchReply} from '../src/screener/packed-replies.js';
import {Screener} from '../src/screener/screener.js';
import type {ScreeningBatch, WorkerSettings} from '../src/screener/task.js';
import {unrecordedMetrics} from './unrecorded.js';

/* The worker of the screener pool, with recording replaced by nothing: what that costs is measured beside the real one. */

const {helpers, heapMb, rowsCachedMax} = workerData as WorkerSettings;
const screener = new Screener({
  metrics: unrecordedMetrics(),
  helpers: helpers === undefined ? undefined : new URL(helpers),
  rowsCachedMax,
  // A hub takes what was never posted for merged.
  flush: () => ({channel: 'none', sequence: 0}),
  now: () => performance.now(),
  heapBytes: heapMb * 2 ** 20,
  exit: () => process.exit(1),
});
disarmFunctionConstructors();
process.on('unhandledRejection', () => {});

/** Piscina calls this once a screening. */
export default function screen(batch: ScreeningBatch): Promise<BatchReply> {
  return screener.screen(batch);
}

/** Why no filter can run in this worker; undefined where all is well. */
export function problem(): Promise<string | undefined> {
  return screener.problem();
}
