import {performance} from 'node:perf_hooks';
import {workerData} from 'node:worker_threads';
import {bindCatalogue} from '../src/metrics/catalogue.js';
import {disarmFunctionConstructors} from '../src/screener/function-constructors.js';
import type {BatchReply} from '../src/screener/packed-replies.js';
import {SCREENER_FAMILIES, Screener} from '../src/screener/screener.js';
import type {ScreeningBatch, WorkerSettings} from '../src/screener/task.js';
// Not the whole of worker.js: each worker of the pool would load prom-client, which it has no use for.
import {connect} from '../src/worker/connect.js';

const {helpers, heapMb, rowsCachedMax, flushIntervalMs} = workerData as WorkerSettings;
const {recorder, flush} = connect({flushIntervalMs});
const screener = new Screener({
  metrics: bindCatalogue(recorder, SCREENER_FAMILIES),
  helpers: helpers === undefined ? undefined : new URL(helpers),
  rowsCachedMax,
  flush,
  // Imported: the global one is a getter, which takes as long as the clock, several thousand times a screening.
  now: () => performance.now(),
  heapBytes: heapMb * 2 ** 20,
  exit: () => {
    process.exit(1);
    // It ends the thread with the next loop, which no code of a filter's may be.
    for (;;);
  },
});
disarmFunctionConstructors();

// A filter may leave a promise behind that rejects: nobody waits for it.
process.on('unhandledRejection', () => {});

/** Piscina calls this once a screening. */
export default function screen(batch: ScreeningBatch): Promise<BatchReply> {
  return screener.screen(batch);
}

/** Why no filter can run in this worker; undefined where all is well. */
export function problem(): Promise<string | undefined> {
  return screener.problem();
}
