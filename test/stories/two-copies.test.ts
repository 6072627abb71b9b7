import {cp, mkdtemp, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {Worker} from 'node:worker_threads';
import test from 'ava';
import {MetricsHub} from '../../src/index.js';
import {OWN_SLOT} from '../../src/worker.js';
import type {CopiesTask} from '../fixtures/copies-worker.js';
import {samplesOf} from '../support/counting.js';

const COPIES = new URL('../fixtures/copies-worker.js', import.meta.url);

test.serial('two copies of the package in one worker: all that either records is told', async t => {
  const folder = await mkdtemp('dist/copy-');
  t.teardown(() => rm(folder, {recursive: true}));
  await cp('dist/src', folder, {recursive: true});
  const copy = pathToFileURL(join(folder, 'worker.js')).href;
  const task: CopiesTask = {entries: [new URL('../../src/worker.js', import.meta.url).href, copy]};
  const warnings: string[] = [];
  const hub = new MetricsHub({onWarning: line => warnings.push(line)});
  const attachment = hub.attach(new Worker(COPIES, {workerData: task}));
  await attachment.settled();
  const samples = samplesOf(hub);
  t.is(samples.get('jobs_total{kind="copy 0"}'), 1);
  t.is(samples.get('jobs_total{kind="copy 1"}'), 2);
  t.is(samples.get('jobs_total{kind="both"}'), 20);
  t.is(samples.get('global_total{}'), 5, 'not bridged besides');
  t.is(samples.get('job_time_count{}'), 2);
  t.is(samples.get('job_time_bucket{le="1"}'), 2);
  // Each copy has a channel: the thread counts as two workers while it lives.
  t.is(samples.get('hub_settlements_total{}'), 2);
  t.is(samples.get('hub_workers{}'), 0);
  t.deepEqual(warnings, []);
});

test.serial('OWN_SLOT of one copy is that of another', async t => {
  const folder = await mkdtemp('dist/copy-');
  t.teardown(() => rm(folder, {recursive: true}));
  await cp('dist/src', folder, {recursive: true});
  const copy = await import(pathToFileURL(join(folder, 'worker.js')).href);
  t.is(copy.OWN_SLOT, OWN_SLOT);
});
