import {Worker} from 'node:worker_threads';
import {MetricsHub} from 'threadtally';

const hub = new MetricsHub();
const {registry} = hub;

const worker = new Worker(new URL('./worker.js', import.meta.url));
await hub.attach(worker).settled();

for (const name of ['jobs_total', 'job_seconds']) {
  console.log(await registry.getSingleMetricAsString(name));
}
