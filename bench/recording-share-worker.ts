/* Records over and over what a screening worker records of its batch, and flushes: nothing else, so that this is all it costs. */
import {parentPort, workerData} from 'node:worker_threads';
import {bindCatalogue} from '../src/metrics/catalogue.js';
import {OWN_SLOT} from '../src/metrics/series.js';
import {SCREENER_FAMILIES} from '../src/screener/screener.js';
import {connect} from '../src/worker/connect.js';
import {threadCpuMs} from './measure.js';

/** What the worker is told. */
export interface ShareTask {
  /** Traders of a batch. */
  readonly traders: number;
  readonly batches: number;
}

/** Milliseconds between two batches: in a screening too, the main thread sleeps when a flush arrives. */
const PAUSE_MS = 1;

const {traders, batches} = workerData as ShareTask;
const {recorder, flush} = connect({flushIntervalMs: 0});
const {screenerTaskDuration, screenerRowsDropped, screenerResultsUncached} = bindCatalogue(
  recorder,
  SCREENER_FAMILIES,
);

/** As `Screener.screen()` does. */
function recordBatch(): void {
  for (let i = 0; i < traders; i++) {
    screenerRowsDropped.inc(0);
    screenerResultsUncached.inc(0);
  }
  for (let i = 0; i < traders; i++) screenerTaskDuration.observe({worker_id: OWN_SLOT}, i + 0.5);
  flush();
}

/** Rounds of the warm-up count for nothing: the first answer tells when they are over. */
parentPort?.on('message', () => {
  const sleep = new Int32Array(new SharedArrayBuffer(4));
  let cpuMs = 0;
  for (let i = 0; i < batches; i++) {
    Atomics.wait(sleep, 0, 0, PAUSE_MS);
    const start = threadCpuMs();
    recordBatch();
    cpuMs += threadCpuMs() - start;
  }
  parentPort?.postMessage(cpuMs / batches);
});
