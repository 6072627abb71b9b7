import {EventEmitter} from 'node:events';
import {setImmediate as nextTurn} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {MESSAGES_AHEAD_MAX} from '../../src/channel/hub-ports.js';
import {MetricsHub} from '../../src/index.js';
import {ChannelWorker} from '../support/channel-worker.js';
import {samplesOf} from '../support/counting.js';

function startAttached(t: ExecutionContext) {
  const hub = new MetricsHub();
  const emitter = new EventEmitter();
  hub.attach(emitter);
  const worker = new ChannelWorker();
  t.teardown(() => worker.die());
  emitter.emit('message', worker.hello);
  const jobs = worker.recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  return {hub, worker, jobs};
}

test('renderPage() shows what was declared and recorded since the last turn of the event loop', t => {
  const {hub, worker, jobs} = startAttached(t);
  jobs.inc({kind: 'a'}, 3);
  t.is(samplesOf(hub).get('jobs_total{kind="a"}'), 3);
  jobs.inc({kind: 'b'});
  worker.flush();
  jobs.inc({kind: 'a'});
  const samples = samplesOf(hub);
  t.is(samples.get('jobs_total{kind="a"}'), 4);
  t.is(samples.get('jobs_total{kind="b"}'), 1);
});

test('renderPage() takes a bounded number of messages; the others come as ever', async t => {
  const {hub, jobs} = startAttached(t);
  const kinds = MESSAGES_AHEAD_MAX + 500;
  for (let i = 0; i < kinds; i++) jobs.inc({kind: `k${i}`});
  const shown = () => [...samplesOf(hub).keys()].filter(key => key.startsWith('jobs_total')).length;
  const first = shown();
  t.true(first > 0 && first < MESSAGES_AHEAD_MAX, String(first));
  while (shown() < kinds) await nextTurn();
  t.is(shown(), kinds);
});

test('renderPage() refuses what it takes and cannot decode, and goes on', t => {
  const {hub, worker, jobs} = startAttached(t);
  worker.post({kind: 'nonsense'});
  worker.post(new ArrayBuffer(3));
  jobs.inc({kind: 'a'}, 3);
  t.is(samplesOf(hub).get('jobs_total{kind="a"}'), 3);
  t.is(samplesOf(hub).get('hub_messages_dropped_total{reason="undecodable"}'), 2);
});
