import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {Piscina} from 'piscina';
import {type InstrumentOptions, MetricsHub} from '../../src/index.js';
import {isHello} from '../../src/metrics/delta.js';
import type {PlainTask} from '../fixtures/plain-task.js';
import {parsePage, sampleKey} from '../support/exposition.js';
import {Gate} from '../support/gate.js';

type PoolOptions = NonNullable<ConstructorParameters<typeof Piscina>[0]>;

const PLAIN = new URL('../fixtures/plain-task.js', import.meta.url).href;
const AWARE = new URL('../fixtures/aware-task.js', import.meta.url).href;

function newHub() {
  const warnings: string[] = [];
  const hub = new MetricsHub({onWarning: line => warnings.push(line)});
  return {hub, warnings};
}

function newPool(t: ExecutionContext, options: PoolOptions = {}) {
  const pool = new Piscina<PlainTask>({
    filename: PLAIN,
    minThreads: 2,
    maxThreads: 2,
    ...options,
  });
  pool.on('error', () => {});
  t.teardown(() => pool.destroy());
  return pool;
}

/** A pool that is measured, and how its families are read. */
function startPool(t: ExecutionContext, options: PoolOptions = {}, instrument?: InstrumentOptions) {
  const {hub, warnings} = newHub();
  const pool = hub.instrument(newPool(t, options), instrument);
  return {hub, pool, warnings, ...readerOf(hub, instrument?.prefix)};
}

function readerOf(hub: MetricsHub, prefix = 'piscina_') {
  const page = () => parsePage(hub.renderPage().body);
  const read = (name: string) => page().get(sampleKey(prefix + name));
  const gauges = () => {
    const samples = page();
    return ['workers_active', 'workers_idle', 'queue_depth'].map(name =>
      samples.get(sampleKey(prefix + name)),
    );
  };
  /** Tasks timed by slot. */
  const timed = () => {
    const start = `${prefix}task_duration_seconds_count{worker_id=`;
    const found = [...page()].filter(([key]) => key.startsWith(start));
    return new Map(found.map(([key, count]) => [key.slice(start.length + 1, -2), count]));
  };
  const timedTotal = () => [...timed().values()].reduce((sum, count) => sum + count, 0);
  const counts = () => ({
    completed: read('tasks_completed_total'),
    failed: read('tasks_failed_total'),
    waited: read('task_wait_seconds_count'),
    timed: timedTotal(),
  });
  return {read, gauges, timed, counts};
}

test('instrument() returns the pool, whose families stand at 0', async t => {
  const {hub} = newHub();
  const pool = newPool(t);
  t.is(hub.instrument(pool), pool);
  await once(pool, 'workerCreate');
  const {counts, timed, gauges} = readerOf(hub);
  t.deepEqual(counts(), {completed: 0, failed: 0, waited: 0, timed: 0});
  t.deepEqual(gauges(), [0, 2, 0]);
  t.true(timed().size >= 1);
});

for (const atomics of ['sync', 'async', 'disabled'] as const) {
  for (const concurrentTasksPerWorker of [1, 3]) {
    test(`instrument() counts each task once: atomics '${atomics}', ${concurrentTasksPerWorker} at a time`, async t => {
      const {pool, counts, timed, warnings} = startPool(t, {atomics, concurrentTasksPerWorker});
      const acts = Array.from({length: 60}, (_, i) => (i % 4 === 0 ? 'throw' : 'return'));
      const ends = await Promise.allSettled(acts.map(act => pool.run({act} as PlainTask)));
      t.is(ends.filter(end => end.status === 'fulfilled' && end.value === 'return').length, 45);
      t.deepEqual(counts(), {completed: 45, failed: 15, waited: 60, timed: 60});
      t.deepEqual([...timed().keys()], ['0', '1']);
      t.deepEqual(warnings, []);
    });
  }
}

test('instrument() reads the gauges at the moment of the page', async t => {
  const {pool, gauges} = startPool(t);
  await Promise.all([pool.run({act: 'return'}), pool.run({act: 'return'})]);
  t.deepEqual(gauges(), [0, 2, 0]);
  const gate = new Gate();
  const runs = Array.from({length: 5}, () => pool.run({act: 'hold', gate: gate.memory}));
  await gate.begun(2);
  t.deepEqual(gauges(), [2, 0, 3]);
  gate.open();
  await Promise.all(runs);
  t.deepEqual(gauges(), [0, 2, 0]);
  await pool.destroy();
  t.deepEqual(gauges(), [0, 0, 0]);
});

test('instrument() counts an aborted task as failed, and times it until its worker ends', async t => {
  const {pool, counts, timed} = startPool(t);
  for (let i = 0; i < 6; i++) {
    const controller = new AbortController();
    const gate = new Gate();
    const run = pool.run({act: 'hold', gate: gate.memory}, {signal: controller.signal});
    await gate.begun(1);
    // The task may begin before the pool has heard that its new worker is ready.
    while (counts().waited !== i + 1) await nextTurn();
    controller.abort();
    await t.throwsAsync(run, {name: 'AbortError'});
  }
  t.deepEqual(counts(), {completed: 0, failed: 6, waited: 6, timed: 6});
  t.true([...timed().keys()].every(slot => slot === '0' || slot === '1'));
});

test('instrument() counts a task that is aborted in the queue as failed, and not as timed', async t => {
  const {pool, counts} = startPool(t, {minThreads: 1, maxThreads: 1});
  const gate = new Gate();
  const first = pool.run({act: 'hold', gate: gate.memory});
  await gate.begun(1);
  const controller = new AbortController();
  const second = pool.run({act: 'return'}, {signal: controller.signal});
  controller.abort();
  await t.throwsAsync(second, {name: 'AbortError'});
  await t.throwsAsync(pool.run({act: 'return'}, {signal: controller.signal}));
  gate.open();
  await first;
  t.deepEqual(counts(), {completed: 1, failed: 2, waited: 1, timed: 1});
});

test('instrument() counts what never becomes a task as failed', async t => {
  const {pool, counts} = startPool(t);
  await t.throwsAsync(pool.run({act: 'return'}, null as never), {instanceOf: TypeError});
  await t.throwsAsync(pool.run({act: () => {}} as never), {name: 'DataCloneError', any: true});
  await pool.run({act: 'return'});
  t.deepEqual(counts(), {completed: 1, failed: 2, waited: 1, timed: 1});
});

for (const act of ['exit', 'crash'] as const) {
  test(`instrument() counts the tasks of workers that ${act}, and reuses their slots`, async t => {
    const {pool, counts, timed, gauges} = startPool(t);
    for (let i = 0; i < 4; i++) {
      const ends = await Promise.allSettled([pool.run({act}), pool.run({act})]);
      t.true(ends.every(end => end.status === 'rejected'));
      await pool.run({act: 'return'});
    }
    const {completed, failed, waited, timed: timedTotal} = counts();
    t.deepEqual([completed, failed], [4, 8]);
    // A task whose worker dies before it is ready never started in one.
    t.is(waited, timedTotal);
    t.true(timedTotal >= 4 + 2 && timedTotal <= 12);
    t.true([...timed().keys()].every(slot => slot === '0' || slot === '1'));
    t.is(gauges()[2], 0);
  });
}

test('instrument() follows a pool that grows and shrinks', async t => {
  const options = {minThreads: 0, maxThreads: 3, idleTimeout: 0};
  const {pool, counts, timed, gauges} = startPool(t, options);
  t.deepEqual(gauges(), [0, 0, 0]);
  for (let round = 0; round < 4; round++) {
    const gate = new Gate();
    const runs = Array.from({length: 3}, () => pool.run({act: 'hold', gate: gate.memory}));
    await gate.begun(3);
    t.deepEqual(gauges(), [3, 0, 0]);
    gate.open();
    await Promise.all(runs);
    // Piscina's timers keep no process alive.
    while (pool.threads.length === 3) await nextTurn();
  }
  const {completed, failed, waited, timed: timedTotal} = counts();
  t.deepEqual([completed, failed], [12, 0]);
  // A task's result may come before the pool has heard that its new worker is ready.
  t.is(waited, timedTotal);
  t.true(timedTotal <= 12);
  t.true([...timed().keys()].every(slot => ['0', '1', '2'].includes(slot)));
});

test('instrument() counts what destroy() ends, in workers and in the queue', async t => {
  const {pool, counts, gauges} = startPool(t);
  const gate = new Gate();
  const runs = Array.from({length: 5}, () => pool.run({act: 'hold', gate: gate.memory}));
  const ends = Promise.allSettled(runs);
  await gate.begun(2);
  await pool.destroy();
  await ends;
  t.deepEqual(counts(), {completed: 0, failed: 5, waited: 2, timed: 2});
  t.deepEqual(gauges(), [0, 0, 0]);
});

test('instrument() counts what close() waits for', async t => {
  const {pool, counts, gauges} = startPool(t);
  const gate = new Gate();
  const runs = [0, 1].map(() => pool.run({act: 'hold', gate: gate.memory}));
  await gate.begun(2);
  const closed = pool.close();
  await t.throwsAsync(pool.run({act: 'return'}), {name: 'AbortError'});
  gate.open();
  await Promise.all([...runs, closed]);
  t.deepEqual(counts(), {completed: 2, failed: 1, waited: 2, timed: 2});
  t.deepEqual(gauges(), [0, 0, 0]);
});

test('instrument() gives a thread the slot that its own metrics have', async t => {
  const {hub, pool, timed} = startPool(t, {filename: AWARE});
  const gates = [new Gate(), new Gate()];
  const runs = gates.map(gate => pool.run({act: 'hold', gate: gate.memory}));
  await Promise.all(gates.map(gate => gate.begun(1)));
  const own = () => {
    const found = [...parsePage(hub.renderPage().body)].flatMap(([key, count]) => {
      const [, slot] = /^own_tasks_total\{worker_id="(\d+)"\}$/.exec(key) ?? [];
      return slot === undefined ? [] : [[slot, count] as const];
    });
    return new Map(found.sort());
  };
  while (own().size < 2) await nextTurn();
  gates[1]!.open();
  await runs[1];
  t.deepEqual(own(), timed());
  t.deepEqual([...own().values()].sort(), [0, 1]);
  gates[0]!.open();
  await runs[0];
  for (let i = 0; i < 5; i++) await pool.run({act: 'return'});
  t.deepEqual(own(), timed());
});

test('instrument() leaves the user the messages and events of the pool', async t => {
  const {pool} = startPool(t, {filename: AWARE});
  const messages: unknown[] = [];
  pool.on('message', message => messages.push(message));
  await Promise.all([0, 1].map(() => pool.run({act: 'return'})));
  await pool.destroy();
  t.false(messages.some(isHello));
  t.deepEqual(messages, [{said: 'return'}, {said: 'return'}]);
});

test('instrument() leaves a rejection that nobody handles unhandled', async t => {
  const program = fileURLToPath(new URL('../fixtures/unhandled-program.js', import.meta.url));
  const {stdout, stderr} = await promisify(execFile)(process.execPath, [program]);
  t.is(stderr, '');
  t.is(stdout, 'plain task throws\n');
});

test('instrument() measures two pools of different prefixes apart, in slots of their own', async t => {
  const {hub} = newHub();
  const a = hub.instrument(newPool(t), {prefix: 'a_', buckets: [1, 2_000]});
  const b = hub.instrument(newPool(t), {prefix: 'b_'});
  await Promise.all([a, a, a, b].map(pool => pool.run({act: 'return'})));
  const [ofA, ofB] = [readerOf(hub, 'a_'), readerOf(hub, 'b_')];
  t.deepEqual(ofA.counts(), {completed: 3, failed: 0, waited: 3, timed: 3});
  t.deepEqual(ofB.counts(), {completed: 1, failed: 0, waited: 1, timed: 1});
  t.deepEqual([...ofA.timed().keys(), ...ofB.timed().keys()], ['0', '1', '2', '3']);
  t.is(
    parsePage(hub.renderPage().body).get(sampleKey('a_task_wait_seconds_bucket', {le: '2000'})),
    3,
  );
});

test('instrument() adds up the pools of one prefix', async t => {
  const {hub} = newHub();
  const pools = [newPool(t), newPool(t, {minThreads: 1, maxThreads: 1})];
  for (const pool of pools) hub.instrument(pool);
  await Promise.all(pools.map(pool => pool.run({act: 'return'})));
  const {counts, gauges} = readerOf(hub);
  t.deepEqual(counts(), {completed: 2, failed: 0, waited: 2, timed: 2});
  t.deepEqual(gauges(), [0, 3, 0]);
});

test('instrument() twice measures once, and by one prefix', async t => {
  const {hub, pool, counts} = startPool(t);
  t.is(hub.instrument(pool), pool);
  t.throws(() => hub.instrument(pool, {prefix: 'b_'}), {
    instanceOf: TypeError,
    message: 'Expected `prefix` to be `piscina_` as the pool has it, got `b_`',
  });
  await pool.run({act: 'return'});
  t.deepEqual(counts(), {completed: 1, failed: 0, waited: 1, timed: 1});
});

test('instrument() by two hubs tells both', async t => {
  const [a, b] = [newHub(), newHub()];
  const pool = b.hub.instrument(a.hub.instrument(newPool(t)));
  await Promise.allSettled([pool.run({act: 'return'}), pool.run({act: 'throw'})]);
  for (const {hub} of [a, b]) {
    t.deepEqual(readerOf(hub).counts(), {completed: 1, failed: 1, waited: 2, timed: 2});
  }
});

test('instrument() refuses what is no pool, and options that no family can have', t => {
  const {hub} = newHub();
  for (const wrong of [undefined, null, 5, {}, {run: () => {}}, new EventTarget()]) {
    t.throws(() => hub.instrument(wrong as never), {
      instanceOf: TypeError,
      message: /^Expected a Piscina pool to instrument, got \w+$/,
    });
  }
  const pool = newPool(t);
  t.throws(() => hub.instrument(pool, {prefix: '9'}), {message: /^Expected a metric name/});
  t.throws(() => hub.instrument(pool, {prefix: 5 as never}), {message: /^Expected `prefix`/});
  t.throws(() => hub.instrument(pool, {buckets: [2, 1]}), {message: /^Expected `buckets`/});
  hub.instrument(pool, {buckets: [1, 2]});
  t.throws(() => hub.instrument(newPool(t), {buckets: [1, 3]}), {
    message: /^Expected piscina_task_wait_seconds with buckets `1,2` as first declared, got `1,3`$/,
  });
});

test('instrument() of a pool that has workers already counts all, and says that these are not timed', async t => {
  const {hub, warnings} = newHub();
  const pool = newPool(t);
  await pool.run({act: 'return'});
  hub.instrument(pool);
  const {counts, gauges} = readerOf(hub);
  await Promise.all([0, 1, 2].map(() => pool.run({act: 'return'})));
  t.deepEqual(counts(), {completed: 3, failed: 0, waited: 0, timed: 0});
  t.deepEqual(gauges(), [0, 2, 0]);
  t.deepEqual(warnings, [
    "Tasks of a pool's first workers are not timed, only counted: expected instrument() right where the pool is made, got a pool with workers",
  ]);
  await pool.destroy();
  await pool.run({act: 'return'});
  t.deepEqual(counts(), {completed: 4, failed: 0, waited: 1, timed: 1});
});

test('instrument() of a pool whose inside is unknown counts, and says once that tasks are not timed', async t => {
  const {hub, warnings} = newHub();
  const pool = newPool(t);
  const emit = pool.emit;
  pool.emit = (name, ...values) =>
    emit.call(pool, name, ...(name === 'workerCreate' ? [{id: 1}] : values));
  hub.instrument(pool);
  await Promise.all([0, 1, 2].map(() => pool.run({act: 'return'})));
  const {counts, gauges} = readerOf(hub);
  t.deepEqual(gauges(), [0, 2, 0]);
  t.deepEqual(counts(), {completed: 3, failed: 0, waited: 0, timed: 0});
  t.deepEqual(warnings, [
    'Tasks of a pool are not timed, only counted: expected workers as of piscina 5, got others',
  ]);
});
