import {parentPort, workerData} from 'node:worker_threads';
import {Counter, defaultConnection} from 'threadtally/worker';

const jobs = new Counter({name: 'jobs_total', help: 'Jobs done.', labelNames: ['colour']});

for (let i = 0; i < 3; i++) jobs.inc({colour: workerData.colour});
parentPort.postMessage(defaultConnection().flush());
