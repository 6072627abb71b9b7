import {EventEmitter, once} from 'node:events';
import {type MessagePort, Worker} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import {HubPorts} from '../../src/channel/hub-ports.js';
import {MERGE_WAITS_MAX, MergeWaitError} from '../../src/channel/merge-waits.js';
import {FLUSHES_UNHEARD_MAX, openWorkerPort} from '../../src/channel/worker-port.js';
import {MetricsHub} from '../../src/index.js';
import {isHello, PROTOCOL_VERSION} from '../../src/metrics/delta.js';
import {TextPage} from '../../src/metrics/text-page.js';
import {Totals} from '../../src/metrics/totals.js';
import {ChannelWorker, isResolvedSoon} from '../support/channel-worker.js';
import {parsePage} from '../support/exposition.js';
import {newComplaints} from '../support/in-process.js';

const CHATTY = new URL('../fixtures/chatty-worker.js', import.meta.url);

/** The hub's ends, and what they tell. */
function newPorts() {
  const totals = new Totals();
  const page = new TextPage(totals);
  const told = {merged: 0, settled: [] as number[], refusedHellos: [] as string[], refusedWaits: 0};
  const complaints = newComplaints();
  const ports = new HubPorts({
    totals,
    now: () => 0,
    watch: {
      ...complaints,
      merged: () => {
        told.merged++;
      },
      settled: unflushedCells => {
        told.settled.push(unflushedCells);
      },
      refusedHello: (reason, what) => {
        told.refusedHellos.push(`${reason}: ${what}`);
      },
      refusedWait: () => {
        told.refusedWaits++;
      },
    },
  });
  const samples = () => parsePage(page.render());
  return {ports, group: ports.group(), told, complaints, samples};
}

function newWorker(t: ExecutionContext, changes?: Record<string, unknown>) {
  const worker = new ChannelWorker(changes);
  t.teardown(() => worker.die());
  const jobs = worker.recorder.counter({name: 'jobs_total', help: 'J'});
  return Object.assign(worker, {jobs});
}

test('receive() leaves what is no hello to the user', t => {
  const {group, told} = newPorts();
  for (const message of [undefined, null, 'hello', 5, {}, {threadtally: '1'}, {threadtally: 1}]) {
    t.false(group.receive(message));
  }
  t.deepEqual(told.refusedHellos, []);
});

test('receive() attaches a worker, which counts until it ends', async t => {
  const {ports, group, told, samples} = newPorts();
  const worker = newWorker(t);
  t.true(group.receive(worker.hello));
  t.is(ports.workerCount, 1);
  worker.jobs.inc(3);
  await ports.merged(worker.flush());
  t.is(samples().get('jobs_total{}'), 3);
  worker.jobs.inc(4);
  worker.die();
  await group.settled();
  t.is(ports.workerCount, 0);
  t.is(samples().get('jobs_total{}'), 7);
  t.deepEqual(told, {merged: 1, settled: [1], refusedHellos: [], refusedWaits: 0});
});

test('receive() refuses a hello of another protocol, closes its port, and serves the others', async t => {
  const {ports, group, told, samples} = newPorts();
  const [other, worker] = [newWorker(t, {threadtally: 99}), newWorker(t)];
  const closed = once(other.hello.port as EventTarget & {once: never}, 'close');
  t.true(group.receive(other.hello));
  t.true(group.receive(worker.hello));
  t.deepEqual(told.refusedHellos, [
    `protocol_version: expected protocol ${PROTOCOL_VERSION}, got 99`,
  ]);
  await closed;
  other.jobs.inc(100);
  worker.jobs.inc();
  await ports.merged(other.flush());
  await ports.merged(worker.flush());
  t.is(samples().get('jobs_total{}'), 1);
  t.is(ports.workerCount, 1);
});

test('receive() refuses and counts a malformed hello, whatever is wrong with it', t => {
  const {ports, group, told} = newPorts();
  const wrong: Record<string, unknown>[] = [
    {port: undefined},
    {port: {}},
    {channel: 5},
    {channel: undefined},
    {control: undefined},
    {control: new ArrayBuffer(24)},
    {control: new SharedArrayBuffer(23)},
  ];
  for (const changes of wrong) t.true(group.receive(newWorker(t, changes).hello));
  const text = 'bad_hello: expected a port, a channel id and shared memory';
  t.deepEqual(told.refusedHellos, Array(wrong.length).fill(text));
  t.is(ports.workerCount, 0);
});

test('receive() takes shared memory that is longer than it needs', async t => {
  const {ports, group} = newPorts();
  const control = new SharedArrayBuffer(28);
  const worker = newWorker(t, {control});
  t.true(group.receive(worker.hello));
  worker.jobs.inc();
  await ports.merged(worker.flush());
  t.is(new BigInt64Array(control, 0, 1)[0], 1n);
});

test('receive() refuses a channel that is attached or has ended, and counts nothing twice', async t => {
  const {ports, group, told, samples} = newPorts();
  const worker = newWorker(t);
  group.receive(worker.hello);
  t.true(group.receive(worker.hello));
  t.true(group.receive({...worker.hello, threadtally: 99, port: undefined}));
  t.is(ports.workerCount, 1);
  worker.jobs.inc(5);
  const mark = worker.flush();
  t.false(await isResolvedSoon(ports.merged({...mark, sequence: mark.sequence + 1})));
  t.is(samples().get('jobs_total{}'), 5);
  worker.die();
  await group.settled();
  t.true(group.receive(worker.hello));
  t.is(ports.workerCount, 0);
  t.is(samples().get('jobs_total{}'), 5);
  t.deepEqual(told.settled, [0]);
  t.deepEqual(told.refusedHellos, [
    'bad_hello: expected a channel of its own, got one that is known',
    `protocol_version: expected protocol ${PROTOCOL_VERSION}, got 99`,
    'bad_hello: expected a channel of its own, got one that is known',
  ]);
});

test('a port that brings garbage has it counted, and merges what comes after', async t => {
  const {ports, group, complaints, samples, told} = newPorts();
  const worker = newWorker(t);
  group.receive(worker.hello);
  worker.jobs.inc(2);
  worker.flush();
  const garbage = [
    'text',
    5n,
    undefined,
    {kind: {toString: 1}},
    {kind: 'family', family: 0, spec: {}},
    {kind: 'series', family: 77, cell: 0, labels: []},
    {kind: 'retire', cell: 12_345},
    {kind: 'segment', firstCell: 0, buffer: new SharedArrayBuffer(8)},
    new ArrayBuffer(0),
    new ArrayBuffer(64),
    new Map([[{}, new Set([1])]]),
  ];
  for (const message of garbage) worker.post(message);
  worker.jobs.inc(3);
  await ports.merged(worker.flush());
  t.is(samples().get('jobs_total{}'), 5);
  t.is(complaints.refused.length, garbage.length);
  t.is(told.merged, 2);
  worker.die();
  await group.settled();
  t.is(samples().get('jobs_total{}'), 5);
});

test('a delta that is refused is not counted as merged, and not said to be heard', async t => {
  const {group, complaints, told} = newPorts();
  const control = new SharedArrayBuffer(24);
  const sent: ArrayBuffer[] = [];
  const worker = newWorker(t, {control});
  const post = worker.post.bind(worker);
  worker.post = message => {
    if (message instanceof ArrayBuffer) sent.push(message.slice());
    post(message);
  };
  group.receive(worker.hello);
  for (let i = 0; i < 3; i++) {
    worker.jobs.inc();
    worker.flush();
  }
  worker.post(sent[0]);
  worker.post({kind: 'retire', cell: 9_999});
  while (complaints.refused.length < 2) await isResolvedSoon(Promise.resolve());
  t.deepEqual(complaints.refused, [
    'expected a delta after 3, got 1',
    'expected a known series to retire, got cell 9999',
  ]);
  t.is(told.merged, 3);
  t.is(new BigInt64Array(control)[0], 3n);
});

test('merged() of a live channel waits for its sequence number, and no longer', async t => {
  const {ports, group, samples} = newPorts();
  const worker = newWorker(t);
  group.receive(worker.hello);
  worker.jobs.inc();
  const first = worker.flush();
  worker.jobs.inc();
  const waiting = [ports.merged(first), ports.merged(worker.flush())];
  await Promise.all(waiting);
  t.is(samples().get('jobs_total{}'), 2);
  await ports.merged(first);
  t.false(await isResolvedSoon(ports.merged({...first, sequence: 3})));
});

test('merged() of a worker that had recorded nothing resolves at once', async t => {
  const {ports} = newPorts();
  const mark = newWorker(t).flush();
  t.is(mark.sequence, 0);
  t.true(await isResolvedSoon(ports.merged(mark)), 'even before its hello has come');
});

test('merged() of an unknown channel waits until it is attached and heard', async t => {
  const {ports, group} = newPorts();
  const worker = newWorker(t);
  worker.jobs.inc();
  const merged = ports.merged(worker.flush());
  t.false(await isResolvedSoon(merged));
  group.receive(worker.hello);
  await t.notThrowsAsync(merged);
});

test('merged() of a channel that ends resolves, as it does of one that has ended', async t => {
  const {ports, group, samples} = newPorts();
  const worker = newWorker(t);
  group.receive(worker.hello);
  worker.jobs.inc(6);
  const mark = {channel: worker.channel, sequence: 1};
  const merged = ports.merged(mark);
  worker.die();
  await merged;
  t.is(samples().get('jobs_total{}'), 6);
  await t.notThrowsAsync(ports.merged({...mark, sequence: 1_000}));
});

test('merged() of a refused channel resolves: nothing will ever be merged', async t => {
  const {ports, group} = newPorts();
  const worker = newWorker(t, {threadtally: 0});
  const merged = ports.merged({channel: worker.channel, sequence: 5});
  group.receive(worker.hello);
  await t.notThrowsAsync(merged);
});

test('merged() of channels that never come is bounded, and rejects with a code beyond', async t => {
  const {ports, group, told} = newPorts();
  const waiting = Array.from({length: MERGE_WAITS_MAX}, (_, i) =>
    ports.merged({channel: `never ${i % 7}`, sequence: 1}),
  );
  const refused = {instanceOf: MergeWaitError, code: 'too_many_waits'};
  await t.throwsAsync(ports.merged({channel: 'one more', sequence: 1}), refused);
  t.is(told.refusedWaits, 1);
  const worker = newWorker(t);
  group.receive(worker.hello);
  worker.jobs.inc();
  const mark = worker.flush();
  await t.throwsAsync(ports.merged(mark), refused);
  ports.close();
  const ends = await Promise.allSettled(waiting);
  t.deepEqual(
    new Set(ends.map(end => end.status === 'rejected' && end.reason.code)),
    new Set(['hub_closed']),
  );
  await ports.merged(mark);
  t.is(told.refusedWaits, 2);
});

test('close() rejects who waits for an unknown channel, and leaves the attached ones as they were', async t => {
  const {ports, group, samples} = newPorts();
  const worker = newWorker(t);
  group.receive(worker.hello);
  const heard = ports.merged({channel: worker.channel, sequence: 1});
  const unheard = ports.merged({channel: 'unknown', sequence: 1});
  ports.close();
  const closed = {instanceOf: MergeWaitError, code: 'hub_closed'};
  await t.throwsAsync(unheard, closed);
  await t.throwsAsync(ports.merged({channel: 'later', sequence: 1}), closed);
  worker.jobs.inc(3);
  worker.flush();
  await heard;
  t.is(samples().get('jobs_total{}'), 3);
  worker.die();
  await group.settled();
  await t.notThrowsAsync(ports.merged({channel: worker.channel, sequence: 9}));
});

test('settled() waits for the workers of its own group, and for all of them', async t => {
  const {ports, group, told} = newPorts();
  const other = ports.group();
  const [a, b, c] = [newWorker(t), newWorker(t), newWorker(t)];
  group.receive(a.hello);
  group.receive(b.hello);
  other.receive(c.hello);
  const settled = group.settled();
  a.die();
  t.false(await isResolvedSoon(settled));
  b.die();
  await settled;
  t.is(told.settled.length, 2);
  t.false(await isResolvedSoon(other.settled()));
  t.true(await isResolvedSoon(group.settled()));
});

test('flushIfHeard() stops at FLUSHES_UNHEARD_MAX, and goes on when the hub has heard', async t => {
  const {ports, group, samples} = newPorts();
  const post = (message: unknown, [hubPort]: MessagePort[]) => {
    group.receive(message);
    hubPort?.ref();
    t.teardown(() => hubPort?.close());
  };
  const port = openWorkerPort({threadId: 1, post});
  const jobs = port.recorder.counter({name: 'jobs_total', help: 'J'});
  // The main thread is this one, and can't hear a message before it awaits.
  for (let i = 0; i < 100; i++) {
    jobs.inc();
    port.flushIfHeard();
  }
  t.is(port.recorder.sequence, FLUSHES_UNHEARD_MAX);
  await ports.merged({channel: port.flush().channel, sequence: FLUSHES_UNHEARD_MAX + 1});
  t.is(samples().get('jobs_total{}'), 100);
  jobs.inc();
  port.flushIfHeard();
  t.is(port.recorder.sequence, FLUSHES_UNHEARD_MAX + 2);
  await ports.merged(port.flush());
  t.is(samples().get('jobs_total{}'), 101);
});

test('attach() leaves the user its own messages, in their order, before and after the hello', async t => {
  const hub = new MetricsHub();
  const worker = new Worker(CHATTY, {workerData: {messages: 20}});
  t.teardown(() => worker.terminate());
  const attachment = hub.attach(worker);
  const received: unknown[] = [];
  worker.on('message', message => {
    if (!isHello(message)) received.push(message);
  });
  await once(worker, 'exit');
  await attachment.settled();
  t.deepEqual(
    received,
    Array.from({length: 20}, (_, i) => ({said: i})),
  );
  t.is(parsePage(hub.renderPage().body).get('said_total{}'), 20);
});

test('attach() of what never connects changes nothing', async t => {
  const hub = new MetricsHub();
  const emitter = new EventEmitter();
  const attachment = hub.attach(emitter);
  emitter.emit('message', {threadtally: 'is a word'});
  await attachment.settled();
  t.is(hub.workerCount, 0);
});
