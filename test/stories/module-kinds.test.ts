import {Worker} from 'node:worker_threads';
import test from 'ava';
import {MetricsHub} from '../../src/index.js';
import {samplesOf} from '../support/counting.js';

const fixture = (name: string) => new URL(`../fixtures/${name}`, import.meta.url);

/** The worker that has no file; it resolves modules from the working directory, and is CommonJS. */
const SOURCE = `
const {Counter} = require('threadtally/worker');
new Counter({name: 'jobs_total', help: 'Jobs.', labelNames: ['kind']}).inc({kind: 'eval'}, 4);
`;

test.serial('ESM and CommonJS workers: import and require give the same metrics', async t => {
  const hub = new MetricsHub();
  const complaints: string[] = [];
  const workers = [
    new Worker(fixture('importing-worker.js'), {stderr: true}),
    new Worker(fixture('required-worker.cjs'), {stderr: true}),
    new Worker(SOURCE, {eval: true, stderr: true}),
  ];
  for (const worker of workers) worker.stderr.on('data', data => complaints.push(String(data)));
  await Promise.all(workers.map(worker => hub.attach(worker).settled()));
  const samples = samplesOf(hub);
  t.is(samples.get('jobs_total{kind="esm"}'), 2);
  t.is(samples.get('jobs_total{kind="cjs"}'), 3);
  t.is(samples.get('jobs_total{kind="eval"}'), 4);
  t.is(samples.get('hub_settlements_total{}'), 3);
  t.is(complaints.join(''), '');
});
