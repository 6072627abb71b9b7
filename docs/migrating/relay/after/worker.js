import {Counter, Histogram} from 'threadtally/worker';

const jobs = new Counter({name: 'jobs_total', help: 'Jobs done.', labelNames: ['colour']});
const time = new Histogram({name: 'job_seconds', help: 'Time.', buckets: [0.1, 1]});

for (const [colour, seconds] of [
  ['red', 0.0625],
  ['green', 0.5],
  ['red', 2],
]) {
  jobs.inc({colour});
  time.observe(seconds);
}
