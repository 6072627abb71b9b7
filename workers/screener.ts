import {workerData} from 'node:worker_threads';
import {bindCatalogue} from '../src/metrics/catalogue.js';
import {SCREENER_FAMILIES, Screener} from '../src/screener/screener.js';
import {shareIndicators} from '../src/screener/shared-indicators.js';
import {SharedKlines} from '../src/screener/shared-klines.js';
import type {ScreeningReply, ScreeningTask} from '../src/screener/task.js';
// Not the whole of worker.js: each worker of the pool would load prom-client, which it has no use for.
import {connect} from '../src/worker/connect.js';

const {recorder, flush} = connect({flushIntervalMs: 0});
const klines = new SharedKlines();
const own = (workerData as {helpers?: string}).helpers;
const helpers: object =
  own === undefined ? shareIndicators({handedOut: () => klines.handedOut}) : await import(own);
const screener = new Screener({
  metrics: bindCatalogue(recorder, SCREENER_FAMILIES),
  klines,
  helpers,
  flush,
  now: () => performance.now(),
});

// A filter may leave a promise behind that rejects later, in another trader's turn: nobody waits for it.
process.on('unhandledRejection', () => {});

/** Piscina calls this once a task. */
export default function screen(task: ScreeningTask): ScreeningReply {
  return screener.screen(task);
}
