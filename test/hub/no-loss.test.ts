import {setImmediate as nextTurn} from 'node:timers/promises';
import {Worker} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import {Piscina} from 'piscina';
import {MetricsHub} from '../../src/index.js';
import {type Death, FIXTURE_BUCKETS, type MortalTask} from '../fixtures/mortal-worker.js';
import {parsePage, type Samples, sampleKey, watchMonotony} from '../support/exposition.js';

const FIXTURE = new URL('../fixtures/mortal-worker.js', import.meta.url);

/** What the pages of one hub must end with. */
class Expected {
  #jobs = [0, 0, 0];
  #values: number[] = [];

  add(records: number): void {
    for (let i = 0; i < records; i++) {
      this.#jobs[i % 3]! += 1;
      this.#values.push(i % 7);
    }
  }

  check(t: ExecutionContext, samples: Samples): void {
    for (const [i, jobs] of this.#jobs.entries()) {
      t.is(samples.get(sampleKey('jobs_total', {kind: `k${i}`})), jobs, `kind k${i}`);
    }
    for (const bound of FIXTURE_BUCKETS) {
      const count = this.#values.filter(value => value <= bound).length;
      t.is(samples.get(sampleKey('job_time_bucket', {le: String(bound)})), count);
    }
    const sum = this.#values.reduce((total, value) => total + value, 0);
    t.is(samples.get(sampleKey('job_time_sum')), sum);
    t.is(samples.get(sampleKey('job_time_count')), this.#values.length);
    t.is(samples.get(sampleKey('job_time_bucket', {le: '+Inf'})), this.#values.length);
    t.is(samples.get(sampleKey('job_level')), undefined, 'gauges of the dead leave');
    t.is(samples.get(sampleKey('hub_messages_dropped_total', {reason: 'undecodable'})), 0);
    t.is(samples.get(sampleKey('hub_workers')), 0);
  }
}

function newTask(death: Death): MortalTask {
  return {
    death,
    records: 50 + Math.floor(Math.random() * 2_000),
    flushEvery: Math.floor(Math.random() * 4) * 100,
    truth: new SharedArrayBuffer(12),
  };
}

async function allRecorded({truth}: MortalTask): Promise<void> {
  const waiting = Atomics.waitAsync(new Int32Array(truth), 0, 0);
  if (waiting.async) await waiting.value;
}

/** Scrapes whenever the hub has merged or settled something, at every turn of the event loop, until `done`. */
async function scrapeUntil(t: ExecutionContext, hub: MetricsHub, done: Promise<unknown>) {
  const watch = watchMonotony(t, () => hub.renderPage().body);
  let isDone = false;
  const mark = () => {
    isDone = true;
  };
  done.then(mark, mark);
  while (!isDone) {
    watch.look();
    await nextTurn();
  }
  await done;
  t.true(watch.pageCount() > 0);
  return watch.look();
}

function startWorker(hub: MetricsHub, task: MortalTask): {worker: Worker; ended: Promise<void>} {
  const worker = new Worker(FIXTURE, {
    workerData: task,
    stderr: true,
    resourceLimits: {maxOldGenerationSizeMb: 24},
  });
  const attachment = hub.attach(worker);
  worker.on('error', () => {});
  const exited = new Promise<void>(resolve => worker.on('exit', () => resolve()));
  const ended = exited.then(() => attachment.settled());
  return {worker, ended};
}

for (const death of ['spin', 'exit', 'memory', 'throw', 'return'] as const) {
  test.serial(`hub loses nothing of workers that end by '${death}'`, async t => {
    const hub = new MetricsHub();
    const expected = new Expected();
    const lives = Array.from({length: 6}, async () => {
      const task = newTask(death);
      expected.add(task.records);
      const {worker, ended} = startWorker(hub, task);
      await allRecorded(task);
      if (death === 'spin') await worker.terminate();
      await ended;
    });
    const all = Promise.all(lives);
    expected.check(t, await scrapeUntil(t, hub, all));
  });
}

test.serial('hub loses nothing of workers terminated amid a record', async t => {
  const hub = new MetricsHub();
  let done = 0;
  let begun = 0;
  const lives = Array.from({length: 8}, async (_, i) => {
    const task = {...newTask('record'), flushEvery: i % 2};
    const {worker, ended} = startWorker(hub, task);
    await allRecorded(task);
    for (let turn = 0; turn < i * 3; turn++) await nextTurn();
    await worker.terminate();
    await ended;
    const marks = new Int32Array(task.truth);
    begun += marks[1]!;
    done += marks[2]!;
  });
  const samples = await scrapeUntil(t, hub, Promise.all(lives));
  // A kill may fall between a record and its mark: each of the eight then leaves at most one record in doubt.
  const total = samples.get(sampleKey('jobs_total', {kind: 'endless'})) ?? 0;
  t.true(total >= done && total <= begun, `${done} <= ${total} <= ${begun}`);
  t.true(done > 0);
});

test.serial('hub loses nothing of an aborted piscina task', async t => {
  const {hub, pool, end, expected} = startPool(t, 2);
  const runs = Array.from({length: 4}, async () => {
    const task = newTask('spin');
    expected.add(task.records);
    const controller = new AbortController();
    const run = pool.run(task, {signal: controller.signal});
    await Promise.race([allRecorded(task), run]);
    controller.abort();
    await t.throwsAsync(run);
  });
  const all = Promise.all(runs).then(end);
  expected.check(t, await scrapeUntil(t, hub, all));
});

test.serial('hub loses nothing when a pool is destroyed amid its tasks', async t => {
  const {hub, pool, end, expected} = startPool(t, 3);
  const tasks = Array.from({length: 3}, () => newTask('spin'));
  for (const task of tasks) {
    expected.add(task.records);
    pool.run(task).catch(() => {});
  }
  await Promise.all(tasks.map(allRecorded));
  const all = end();
  expected.check(t, await scrapeUntil(t, hub, all));
});

test.serial('hub loses nothing when a pool shrinks to its minimum', async t => {
  const {hub, pool, end, expected} = startPool(t, 4, {minThreads: 1, idleTimeout: 1});
  const runs = Array.from({length: 12}, () => {
    const task = newTask('return');
    expected.add(task.records);
    return pool.run(task);
  });
  const all = Promise.all(runs).then(end);
  expected.check(t, await scrapeUntil(t, hub, all));
});

test.serial('hub gives the slot of a dead worker to the next one', async t => {
  const hub = new MetricsHub();
  for (let i = 0; i < 5; i++) await startWorker(hub, newTask('return')).ended;
  await Promise.all([newTask('exit'), newTask('return')].map(task => startWorker(hub, task).ended));
  const samples = parsePage(hub.renderPage().body);
  const bySlot = [...samples].filter(([key]) => key.startsWith('lives_total'));
  t.is(samples.get(sampleKey('hub_settlements_total')), 7);
  t.true(bySlot.length <= 2, 'no more slots than workers that lived at once');
  t.is(
    bySlot.reduce((sum, [, lives]) => sum + lives, 0),
    7,
  );
  t.true((samples.get(sampleKey('lives_total', {worker_id: '0'})) ?? 0) >= 5);
});

function startPool(t: ExecutionContext, threads: number, options = {}) {
  const hub = new MetricsHub();
  const pool = new Piscina({
    filename: FIXTURE.href,
    minThreads: threads,
    maxThreads: threads,
    resourceLimits: {maxOldGenerationSizeMb: 64},
    ...options,
  });
  pool.on('error', () => {});
  const attachment = hub.attach(pool);
  const end = () => pool.destroy().then(() => attachment.settled());
  t.teardown(() => pool.destroy());
  return {hub, pool, end, expected: new Expected()};
}
