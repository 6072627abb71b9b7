import {once} from 'node:events';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {Worker} from 'node:worker_threads';
import test from 'ava';
import {MetricsHub} from '../../src/index.js';
import type {DeclaringTask} from '../fixtures/declaring-worker.js';
import type {Death, MortalTask} from '../fixtures/mortal-worker.js';
import {parsePage, sampleKey, watchMonotony} from '../support/exposition.js';

const MORTAL = new URL('../fixtures/mortal-worker.js', import.meta.url);
const DECLARING = new URL('../fixtures/declaring-worker.js', import.meta.url);
const RECORDS = 30;
const DEATHS: readonly Death[] = ['return', 'exit', 'throw'];

function startMortal(hub: MetricsHub, death: Death, flushEvery = 0) {
  const truth = new SharedArrayBuffer(12);
  const task: MortalTask = {death, records: RECORDS, flushEvery, truth};
  const worker = new Worker(MORTAL, {workerData: task, stderr: true});
  const attachment = hub.attach(worker);
  worker.on('error', () => {});
  return {worker, attachment, marks: new Int32Array(truth)};
}

test.serial(
  'attach() of many short lives keeps each count, and no series, slot or worker',
  async t => {
    const hub = new MetricsHub();
    const watch = watchMonotony(t, () => hub.renderPage().body);
    const seriesCounts: unknown[] = [];
    let lives = 0;
    for (let wave = 0; wave < 8; wave++) {
      const ends = DEATHS.map((death, i) =>
        startMortal(hub, death, (wave + i) % 2).attachment.settled(),
      );
      await Promise.all(ends);
      lives += ends.length;
      const samples = watch.look();
      t.is(samples.get(sampleKey('job_time_count')), RECORDS * lives);
      t.is(samples.get(sampleKey('job_level')), undefined);
      t.is(samples.get(sampleKey('hub_workers')), 0);
      t.is(samples.get(sampleKey('hub_settlements_total')), lives);
      const slots = [...samples.keys()].filter(key => key.startsWith('lives_total'));
      t.true(
        slots.every(key => /"[012]"/.test(key)),
        slots.join(' '),
      );
      seriesCounts.push(Number(samples.get(sampleKey('hub_series'))) - slots.length);
    }
    t.is(new Set(seriesCounts).size, 1, seriesCounts.join(' '));
  },
);

test.serial('settled() before the hello waits for the worker that was attached', async t => {
  const hub = new MetricsHub();
  for (const [i, death] of DEATHS.entries()) {
    const {attachment} = startMortal(hub, death);
    await attachment.settled();
    const samples = parsePage(hub.renderPage().body);
    t.is(samples.get(sampleKey('job_time_count')), RECORDS * (i + 1));
  }
});

test.serial('settled() right after terminate() knows what was recorded before', async t => {
  const hub = new MetricsHub();
  for (let life = 1; life <= 5; life++) {
    const {worker, attachment, marks} = startMortal(hub, 'spin');
    const waiting = Atomics.waitAsync(marks, 0, 0);
    if (waiting.async) await waiting.value;
    worker.terminate();
    await attachment.settled();
    t.is(parsePage(hub.renderPage().body).get(sampleKey('job_time_count')), RECORDS * life);
  }
});

test.serial('settled() of a worker that never records, or has ended before, resolves', async t => {
  const hub = new MetricsHub();
  const silent = new Worker('', {eval: true});
  await hub.attach(silent).settled();
  const ended = new Worker('', {eval: true});
  await once(ended, 'exit');
  await t.notThrowsAsync(hub.attach(ended).settled());
  t.is(hub.workerCount, 0);
});

test.serial(
  'terminate() amid declarations loses no record, at whatever moment it comes',
  async t => {
    const hub = new MetricsHub();
    let begun = 0;
    let done = 0;
    for (const least of [0, 1, 2, 50, 700, 2_999, 3_001, 9_000]) {
      const truth = new SharedArrayBuffer(8);
      const task: DeclaringTask = {truth, flushEvery: 97};
      const worker = new Worker(DECLARING, {workerData: task});
      const attachment = hub.attach(worker);
      const marks = new Int32Array(truth);
      while (Atomics.load(marks, 1) < least) await nextTurn();
      worker.terminate();
      await attachment.settled();
      begun += marks[0]!;
      done += marks[1]!;
    }
    const samples = parsePage(hub.renderPage().body);
    const total = [...samples]
      .filter(([key]) => key.startsWith('jobs_total'))
      .reduce((sum, [, count]) => sum + count, 0);
    // A kill may fall between a record and its mark: each life leaves at most one record in doubt.
    t.true(total >= done && total <= begun, `${done} <= ${total} <= ${begun}`);
    t.is(samples.get(sampleKey('hub_messages_dropped_total', {reason: 'undecodable'})), 0);
    t.is(samples.get(sampleKey('hub_workers')), 0);
  },
);
