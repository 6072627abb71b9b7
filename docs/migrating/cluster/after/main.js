import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import {MetricsHub} from 'threadtally';

const hub = new MetricsHub();

const workers = ['red', 'green'].map(colour => {
  const worker = new Worker(new URL('./worker.js', import.meta.url), {workerData: {colour}});
  hub.attach(worker);
  return worker;
});
const marks = await Promise.all(workers.map(worker => once(worker, 'message')));
await Promise.all(marks.map(([mark]) => hub.merged(mark)));

// Reads what the threads have counted; asks none of them.
const page = await hub.registry.clusterMetrics();
for (const line of page.split('\n').sort()) {
  if (line.startsWith('jobs_total')) console.log(line.replace(/ +/, ' '));
}

for (const worker of workers) worker.terminate();
