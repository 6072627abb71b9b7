import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import test from 'ava';
import {MetricsHub} from '../../src/index.js';
import {samplesOf, startBusy} from '../support/counting.js';

const SILENT = new URL('../fixtures/silent-worker.js', import.meta.url);

test.serial(
  'workers without any metric: they take no slot, and nothing waits for them',
  async t => {
    const warnings: string[] = [];
    const hub = new MetricsHub({onWarning: line => warnings.push(line)});
    const before = samplesOf(hub).get('hub_series{}');
    const silent = new Worker(SILENT);
    const stranger = new Worker("require('node:worker_threads').parentPort.postMessage('hello')", {
      eval: true,
    });
    const ends = [hub.attach(silent), hub.attach(stranger)].map(each => each.settled());
    const said = [once(silent, 'message'), once(stranger, 'message')];
    t.deepEqual(await Promise.all(said), [[{threads: 'tally', exports: true}], ['hello']]);
    await Promise.all(ends);
    const samples = samplesOf(hub);
    t.is(samples.get('hub_settlements_total{}'), 0);
    t.is(samples.get('hub_messages_dropped_total{reason="undecodable"}'), 0);
    t.is(samples.get('hub_messages_dropped_total{reason="bad_hello"}'), 0);
    t.is(samples.get('hub_series{}'), before);
    t.deepEqual(warnings, []);
  },
);

test.serial('workers without any metric: those beside them are told as ever', async t => {
  const hub = new MetricsHub();
  const idle = new Worker('setInterval(() => {}, 1_000)', {eval: true});
  t.teardown(() => idle.terminate());
  hub.attach(idle);
  await once(idle, 'online');
  const busy = startBusy(t, hub, 'beside');
  await busy.until(100);
  const samples = samplesOf(hub);
  t.is(samples.get('hub_workers{}'), 1);
  t.true((samples.get('jobs_total{kind="beside"}') ?? 0) >= 100);
  t.is(samples.get('lives_total{worker_id="0"}'), 1);
});
