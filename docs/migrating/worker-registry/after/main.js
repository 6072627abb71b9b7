import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import {MetricsHub} from 'threadtally';

const hub = new MetricsHub();

const worker = new Worker(new URL('./worker.js', import.meta.url));
const attachment = hub.attach(worker);
await once(worker, 'message');
await worker.terminate();
await attachment.settled();

const page = await hub.registry.metrics();
console.log(
  page
    .split('\n')
    .find(line => line.startsWith('jobs_total'))
    .replace(/ +/, ' '),
);
