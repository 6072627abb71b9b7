/* One of the workers whose scrape is measured: it makes its series with the library that it is told, and adds when told. */
import {parentPort, workerData} from 'node:worker_threads';
import * as promClient from 'prom-client';
import {Counter, defaultConnection, Histogram} from '../src/worker.js';
import {BUCKETS} from './series-shapes.js';

/** What a worker is told. */
export interface ScrapeTask {
  readonly library: 'threadtally' | 'prom-client';
  /** Label value that makes its series its own; the same in all workers where they share theirs. */
  readonly shard: string;
  readonly counters: number;
  readonly histograms: number;
}

const {library, shard, counters, histograms} = workerData as ScrapeTask;
const api = library === 'threadtally' ? {Counter, Histogram} : promClient;
const labelNames = ['shard', 'key'];
const counter = new api.Counter({name: 'work_total', help: 'Work.', labelNames});
const histogram = new api.Histogram({
  name: 'work_time',
  help: 'Time.',
  labelNames,
  buckets: [...BUCKETS],
});
const counterHandles = Array.from({length: counters}, (_, i) => counter.labels(shard, `k${i}`));
const histogramHandles = Array.from({length: histograms}, (_, i) =>
  histogram.labels(shard, `h${i}`),
);

parentPort?.on('message', async (message: 'add' | 'ask') => {
  if (message === 'ask') {
    const json = await promClient.register.getMetricsAsJSON();
    parentPort?.postMessage(json);
    return;
  }
  for (const handle of counterHandles) handle.inc();
  for (const handle of histogramHandles) handle.observe(3);
  // The mark says when the hub knows of it all; the peers' has none.
  const mark = library === 'threadtally' ? defaultConnection().flush() : undefined;
  parentPort?.postMessage(mark);
});
