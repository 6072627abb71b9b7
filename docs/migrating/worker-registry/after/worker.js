import {parentPort} from 'node:worker_threads';
import {Counter} from 'threadtally/worker';

const jobs = new Counter({name: 'jobs_total', help: 'Jobs done.'});
jobs.inc(3);
parentPort.postMessage('done');
setInterval(() => {}, 1_000); // Works on.
