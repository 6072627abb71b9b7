/* A worker of the soak: it records at full speed and writes down how often it did, until it is killed. */
import {workerData} from 'node:worker_threads';
import {Counter, defaultConnection, Gauge, Histogram} from '../src/worker.js';

/** BigInt64: [0] passes that are begun, [1] passes that are done. */
const marks = new BigInt64Array(workerData as SharedArrayBuffer);
const labelNames = ['key'];
const counter = new Counter({name: 'soak_total', help: 'Soak.', labelNames});
const histogram = new Histogram({name: 'soak_time', help: 'Soak.', buckets: [1, 5, 10]});
const gauge = new Gauge({name: 'soak_level', help: 'Soak.'});
const handles = Array.from({length: 100}, (_, i) => counter.labels(`k${i}`));

function pass(): void {
  Atomics.add(marks, 0, 1n);
  for (const handle of handles) handle.inc();
  histogram.observe(3);
  gauge.set(1);
  Atomics.add(marks, 1, 1n);
}

/** Full speed, but for a turn of the event loop now and then, in which what was recorded is flushed. */
function recordOn(): void {
  const until = performance.now() + 50;
  while (performance.now() < until) pass();
  defaultConnection().flush();
  setImmediate(recordOn);
}
recordOn();
