import {once} from 'node:events';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {Worker} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import {Piscina} from 'piscina';
import {MetricsHub, type ThreadMetricsOptions} from '../../src/index.js';
import {PROCESS_FAMILIES} from '../../src/metrics/thread-families.js';
import {parsePage, sampleKey} from '../support/exposition.js';
import {Gate} from '../support/gate.js';

const MEASURED = new URL('../fixtures/measured-worker.js', import.meta.url);
const PLAIN = new URL('../fixtures/plain-task.js', import.meta.url).href;

const UTILIZATION = 'thread_event_loop_utilization';
const ACTIVE = 'thread_event_loop_active_seconds_total';

function newHub(options?: ThreadMetricsOptions) {
  const hub = new MetricsHub();
  hub.collectThreadMetrics(options);
  const page = () => parsePage(hub.renderPage().body);
  /** The values of a family by worker_id. */
  const read = (name: string) => {
    const found = [...page()].filter(([key]) => key.startsWith(`${name}{worker_id=`));
    return new Map(found.map(([key, value]) => [key.slice(name.length + 12, -2), value]));
  };
  return {hub, page, read};
}

async function startWorker(t: ExecutionContext, hub: MetricsHub) {
  const worker = new Worker(MEASURED);
  t.teardown(() => worker.terminate());
  const attachment = hub.attach(worker);
  await once(worker, 'message');
  return {worker, attachment};
}

test('collectThreadMetrics() measures CPU and memory of the process once', async t => {
  const {hub, page} = newHub();
  await startWorker(t, hub);
  const samples = page();
  const processKeys = [...samples.keys()].filter(key => key.startsWith('process_'));
  t.deepEqual(
    processKeys,
    Object.values(PROCESS_FAMILIES).map(({name}) => sampleKey(name)),
  );
  for (const key of processKeys) t.true(samples.get(key)! > 0, key);
  t.true(samples.get('process_start_time_seconds{}')! <= Date.now() / 1_000);
});

test('collectThreadMetrics() leaves the process to prom-client where it is told to', t => {
  const {page} = newHub({process: false});
  t.deepEqual(
    [...page().keys()].filter(key => key.startsWith('process_')),
    [],
  );
});

test('collectThreadMetrics() measures the main thread as `main`', t => {
  const {hub, read} = newHub();
  hub.collectThreadMetrics();
  const [used, limit] = [read('thread_heap_used_bytes'), read('thread_heap_limit_bytes')];
  t.deepEqual([...used.keys(), ...limit.keys()], ['main', 'main']);
  t.true(used.get('main')! > 0 && used.get('main')! < limit.get('main')!);
  const utilization = read(UTILIZATION).get('main')!;
  t.true(utilization > 0 && utilization <= 1);
  t.true(read(ACTIVE).get('main')! > 0);
});

test('collectThreadMetrics() shows each attached worker by its slot; the gauges of the dead leave', async t => {
  const {hub, read} = newHub();
  const [a, b] = [await startWorker(t, hub), await startWorker(t, hub)];
  while (read('thread_heap_limit_bytes').size < 3) await nextTurn();
  for (const name of ['thread_heap_used_bytes', 'thread_heap_limit_bytes', UTILIZATION, ACTIVE]) {
    const values = read(name);
    t.deepEqual([...values.keys()].sort(), ['0', '1', 'main'], name);
    t.true([...values.values()].every(value => value >= 0));
  }
  await a.worker.terminate();
  await a.attachment.settled();
  for (const name of ['thread_heap_used_bytes', 'thread_heap_limit_bytes', UTILIZATION]) {
    t.deepEqual([...read(name).keys()].sort(), ['1', 'main'], name);
  }
  t.deepEqual([...read(ACTIVE).keys()].sort(), ['0', '1', 'main']);
  b.worker.postMessage('end');
  await once(b.worker, 'exit');
  await b.attachment.settled();
  t.deepEqual([...read(UTILIZATION).keys()], ['main']);
});

test('collectThreadMetrics() counts the lag of the main thread and of workers that tell it', async t => {
  const {hub, read} = newHub();
  await startWorker(t, hub);
  const lag = () => read('thread_event_loop_lag_seconds_count');
  while ((lag().get('0') ?? 0) === 0 || lag().get('main') === 0) await nextTurn();
  t.deepEqual([...lag().keys()].sort(), ['0', 'main']);
});

test('collectThreadMetrics() tells how busy the threads of a pool are, even of one that is stuck', async t => {
  const {hub, read} = newHub();
  const options = {filename: PLAIN, minThreads: 2, maxThreads: 2};
  const pool = hub.instrument(new Piscina({...options, atomics: 'async'}));
  t.teardown(() => pool.destroy());
  const gate = new Gate();
  const run = pool.run({act: 'hold', gate: gate.memory});
  await gate.begun(1);
  read(UTILIZATION);
  await nextTurn();
  const values = read(UTILIZATION);
  t.deepEqual([...values.keys()].sort(), ['0', '1', 'main']);
  t.true(values.get('0') === 1 || values.get('1') === 1, 'its event loop stands still');
  gate.open();
  await run;
  await pool.destroy();
  t.deepEqual([...read(UTILIZATION).keys()], ['main']);
});

test('collectThreadMetrics() leaves out piscina workers that block their event loop to wait', async t => {
  const {hub, read} = newHub();
  const pool = hub.instrument(new Piscina({filename: PLAIN, minThreads: 1, maxThreads: 1}));
  t.teardown(() => pool.destroy());
  await pool.run({act: 'return'});
  t.deepEqual([...read(UTILIZATION).keys()], ['main']);
});
