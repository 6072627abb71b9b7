import {parentPort} from 'node:worker_threads';

// A message for each record, and a turn of the main thread's event loop for each message.
for (const [colour, seconds] of [
  ['red', 0.0625],
  ['green', 0.5],
  ['red', 2],
]) {
  parentPort.postMessage({metric: 'jobs_total', labels: {colour}, value: 1});
  parentPort.postMessage({metric: 'job_seconds', value: seconds});
}
