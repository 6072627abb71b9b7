import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import {Counter, Histogram, register} from 'prom-client';

const jobs = new Counter({name: 'jobs_total', help: 'Jobs done.', labelNames: ['colour']});
const time = new Histogram({name: 'job_seconds', help: 'Time.', buckets: [0.1, 1]});

const worker = new Worker(new URL('./worker.js', import.meta.url));
worker.on('message', message => {
  if (message.metric === 'jobs_total') jobs.inc(message.labels, message.value);
  if (message.metric === 'job_seconds') time.observe(message.value);
});
await once(worker, 'exit');

for (const name of ['jobs_total', 'job_seconds']) {
  console.log(await register.getSingleMetricAsString(name));
}
