import {EventEmitter} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import {MERGE_WAITS_MAX} from '../../src/channel/merge-waits.js';
import {PAGE_BYTES_MAX, type PageFormat} from '../../src/hub/hub-pages.js';
import {MergeWaitError, MetricsHub, type MetricsHubOptions} from '../../src/index.js';
import {OPEN_METRICS_CONTENT_TYPE} from '../../src/metrics/open-metrics-page.js';
import {TEXT_CONTENT_TYPE} from '../../src/metrics/text-page.js';
import {ChannelWorker} from '../support/channel-worker.js';
import {parsePage, sampleKey} from '../support/exposition.js';
import {parseOpenMetrics} from '../support/open-metrics.js';

/** A hub whose clock goes one millisecond further each time it is read. */
function newHub(options: MetricsHubOptions = {}) {
  let nowMs = 0;
  const warnings: string[] = [];
  const hub = new MetricsHub({
    now: () => nowMs++,
    onWarning: line => warnings.push(line),
    ...options,
  });
  const sample = (name: string, labels?: Record<string, string>) =>
    parsePage(hub.renderPage().body).get(sampleKey(name, labels));
  return {hub, warnings, sample};
}

/** A worker that is attached, with a counter. */
function attachWorker(t: ExecutionContext, hub: MetricsHub, changes?: Record<string, unknown>) {
  const emitter = new EventEmitter();
  const attachment = hub.attach(emitter);
  const worker = new ChannelWorker(changes);
  t.teardown(() => worker.die());
  const jobs = worker.recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  emitter.emit('message', worker.hello);
  return Object.assign(worker, {jobs, emitter, attachment});
}

test('renderPage() has the type of the text exposition', t => {
  const {hub} = newHub();
  t.is(hub.renderPage().contentType, 'text/plain; version=0.0.4; charset=utf-8');
  t.is(hub.renderPage().contentType, TEXT_CONTENT_TYPE);
});

test('an onWarning that throws breaks neither a merge nor a page', async t => {
  let heard = 0;
  const onWarning = () => {
    heard++;
    throw new Error('no hearer');
  };
  const {hub, sample} = newHub({onWarning});
  hub.onCollect(() => {
    throw new Error('no value');
  });
  const worker = attachWorker(t, hub);
  worker.post('text');
  worker.jobs.inc({kind: 'a'}, 5);
  await hub.merged(worker.flush());
  t.notThrows(() => attachWorker(t, hub, {threadtally: 99}));
  t.is(sample('jobs_total', {kind: 'a'}), 5);
  t.is(heard, 3);
  t.is(sample('hub_messages_dropped_total', {reason: 'undecodable'}), 1);
  t.is(sample('hub_messages_dropped_total', {reason: 'protocol_version'}), 1);
});

test('a malformed or repeated hello is counted as such', t => {
  const {hub, sample} = newHub();
  const worker = attachWorker(t, hub);
  worker.emitter.emit('message', worker.hello);
  attachWorker(t, hub, {control: undefined});
  t.is(sample('hub_messages_dropped_total', {reason: 'bad_hello'}), 2);
  t.is(sample('hub_messages_dropped_total', {reason: 'protocol_version'}), 0);
});

test('merged() rejects for a worker that never came when the hub is closed, and counts those it refuses', async t => {
  const {hub, sample} = newHub();
  t.is(sample('hub_waits_refused_total'), 0);
  const waiting = Array.from({length: MERGE_WAITS_MAX}, () =>
    hub.merged({channel: 'never', sequence: 1}),
  );
  await t.throwsAsync(hub.merged({channel: 'never', sequence: 1}), {
    instanceOf: MergeWaitError,
    code: 'too_many_waits',
  });
  t.is(sample('hub_waits_refused_total'), 1);
  hub.close();
  const ends = await Promise.allSettled(waiting);
  t.true(ends.every(({status}) => status === 'rejected'));
  t.is(sample('hub_workers'), 0);
});

test('renderPage() has either format of one moment, text by default', t => {
  const {hub} = newHub();
  const jobs = hub.recorder.counter({name: 'jobs_total', help: 'J'});
  const shown = (format?: PageFormat) => new TextDecoder().decode(hub.renderPage(format).body);
  jobs.inc(3);
  t.is(hub.renderPage('text').contentType, TEXT_CONTENT_TYPE);
  t.is(hub.renderPage('openmetrics').contentType, OPEN_METRICS_CONTENT_TYPE);
  for (const format of [undefined, 'text'] as const) t.regex(shown(format), /^jobs_total +3$/m);
  const {samples, types} = parseOpenMetrics(shown('openmetrics'));
  t.is(samples.get('jobs_total{}'), 3);
  t.is(types.get('jobs'), 'counter');
  t.deepEqual([...samples.keys()], [...parsePage(shown('text')).keys()]);
});

test('hub_page_oversize_total counts pages over 16 MB, which are served, and onWarning hears it once', t => {
  const {hub, sample, warnings} = newHub();
  const wide = hub.recorder.gauge({name: 'wide', help: 'W', labelNames: ['a', 'b']});
  const b = 'b'.repeat(1_000);
  for (let i = 0; i < 8_000; i++) wide.set({a: String(i).padEnd(900), b}, i);
  t.is(sample('hub_page_oversize_total'), 0);
  t.deepEqual(warnings, []);
  for (let i = 8_000; i < 10_000; i++) wide.set({a: String(i).padEnd(900), b}, i);
  for (const format of ['text', 'openmetrics'] as const) {
    t.true(hub.renderPage(format).body.length > PAGE_BYTES_MAX);
  }
  t.is(sample('hub_page_oversize_total'), 2);
  t.deepEqual(warnings, [
    'Expected pages of at most 16000000 bytes, got a larger one: scrapers may drop it',
  ]);
});

test('renderPage() shows what the main thread has recorded up to now', t => {
  const {hub, sample} = newHub();
  const jobs = hub.recorder.counter({name: 'jobs_total', help: 'J'});
  jobs.inc(3);
  t.is(sample('jobs_total'), 3);
  jobs.inc();
  t.is(sample('jobs_total'), 4);
});

test('renderPage() shows families of drops at 0 before anything is dropped', t => {
  const {sample} = newHub();
  for (const reason of ['undecodable', 'protocol_version', 'bad_hello']) {
    t.is(sample('hub_messages_dropped_total', {reason}), 0);
  }
  t.is(sample('hub_samples_dropped_total', {reason: 'series_limit'}), 0);
});

test('hub_info says which versions run', t => {
  const {hub} = newHub();
  const page = new TextDecoder().decode(hub.renderPage().body);
  t.regex(page, /^hub_info\{version="\d+\.\d+\.\d+[^"]*",node_version="v\d+\.\d+\.\d+"\} +1$/m);
});

test('hub_workers counts those attached, hub_settlements_total those that ended', async t => {
  const {hub, sample} = newHub();
  t.deepEqual([sample('hub_workers'), sample('hub_settlements_total')], [0, 0]);
  const workers = [attachWorker(t, hub), attachWorker(t, hub)];
  t.deepEqual([sample('hub_workers'), sample('hub_settlements_total')], [2, 0]);
  workers[0]!.die();
  await workers[0]!.attachment.settled();
  t.deepEqual([sample('hub_workers'), sample('hub_settlements_total')], [1, 1]);
});

test('hub_deltas_total and hub_delta_bytes_total count what workers flushed', async t => {
  const {hub, sample} = newHub();
  hub.recorder.counter({name: 'own_total', help: 'O'}).inc();
  const worker = attachWorker(t, hub);
  worker.jobs.inc({kind: 'a'});
  worker.jobs.inc({kind: 'b'});
  worker.flush();
  worker.jobs.inc({kind: 'a'});
  await hub.merged(worker.flush());
  t.is(sample('hub_deltas_total'), 2);
  t.is(sample('hub_delta_bytes_total'), 16 + 2 * 12 + 16 + 12);
});

test('hub_merge_duration_seconds and hub_scrape_duration_seconds observe each merge and page', async t => {
  const {hub, sample} = newHub();
  const worker = attachWorker(t, hub);
  worker.jobs.inc({kind: 'a'});
  await hub.merged(worker.flush());
  t.is(sample('hub_merge_duration_seconds_count'), 1);
  t.is(sample('hub_merge_duration_seconds_sum'), 0.001);
  t.is(sample('hub_scrape_duration_seconds_count'), 2, 'of the pages before');
  t.is(sample('hub_scrape_duration_seconds_sum'), 0.003);
  t.is(sample('hub_scrape_duration_seconds_bucket', {le: '0.0005'}), 0);
});

test('hub_settled_cells_total counts cells that held more than was flushed', async t => {
  const {hub, sample} = newHub();
  const worker = attachWorker(t, hub);
  worker.jobs.inc({kind: 'a'});
  await hub.merged(worker.flush());
  worker.jobs.inc({kind: 'b'});
  worker.jobs.inc({kind: 'c'});
  worker.die();
  await worker.attachment.settled();
  t.is(sample('hub_settled_cells_total'), 2);
  t.is(sample('jobs_total', {kind: 'c'}), 1);
});

test('hub_series counts the series of the page, a histogram once', async t => {
  const {hub, sample} = newHub();
  const before = sample('hub_series')!;
  const time = hub.recorder.histogram({name: 'time', help: 'T', labelNames: ['k']});
  time.ensure({k: 'a'});
  time.ensure({k: 'b'});
  const worker = attachWorker(t, hub);
  worker.jobs.inc({kind: 'a'});
  await hub.merged(worker.flush());
  t.is(sample('hub_series'), before + 3);
  time.remove({k: 'a'});
  t.is(sample('hub_series'), before + 2);
});

test('hub_page_bytes is the size of the page before', t => {
  const {hub, sample} = newHub();
  t.is(sample('hub_page_bytes'), 0);
  hub.recorder.counter({name: 'jobs_total', help: 'J'});
  const bytes = hub.renderPage().body.length;
  t.is(sample('hub_page_bytes'), bytes);
});

test('hub_messages_dropped_total counts what is refused, and onWarning hears each kind once', async t => {
  const {hub, sample, warnings} = newHub();
  const worker = attachWorker(t, hub);
  for (let i = 0; i < 3; i++) worker.post({kind: 'nonsense'});
  worker.post('text');
  worker.jobs.inc({kind: 'a'});
  await hub.merged(worker.flush());
  attachWorker(t, hub, {threadtally: 99});
  attachWorker(t, hub, {threadtally: 99});
  t.is(sample('hub_messages_dropped_total', {reason: 'undecodable'}), 4);
  t.is(sample('hub_messages_dropped_total', {reason: 'protocol_version'}), 2);
  t.is(sample('hub_workers'), 1);
  t.deepEqual(warnings, [
    "A worker's message was refused: expected a known kind of declaration, got `nonsense`",
    "A worker's message was refused: expected a declaration, got string",
    "A worker can't be attached: expected protocol 1, got 99",
  ]);
});

test('onWarning hears a bounded number of kinds', async t => {
  const {hub, warnings} = newHub();
  const worker = attachWorker(t, hub);
  for (let i = 0; i < 1_000; i++) worker.post({kind: `nonsense ${i}`});
  worker.jobs.inc({kind: 'a'});
  await hub.merged(worker.flush());
  t.is(warnings.length, 100);
});

test('hub_samples_dropped_total counts what a worker drops, and what the hub does', async t => {
  const {hub, sample, warnings} = newHub({seriesPerFamilyMax: 6});
  const level = hub.recorder.gauge({name: 'level', help: 'L'});
  const worker = attachWorker(t, hub);
  for (let i = 0; i < 8; i++) worker.jobs.inc({kind: i});
  worker.jobs.inc({kind: 0}, Number.NaN);
  worker.recorder.counter({name: 'level', help: 'L'}).inc();
  level.set(5);
  await hub.merged(worker.flush());
  t.is(sample('hub_samples_dropped_total', {reason: 'series_limit'}), 2);
  t.is(sample('hub_samples_dropped_total', {reason: 'not_finite'}), 1);
  t.is(sample('hub_samples_dropped_total', {reason: 'family_conflict'}), 1);
  t.is(sample('level'), 5);
  t.deepEqual(warnings, [
    'Expected level with type `gauge` as first declared, got `counter`; its samples are dropped',
  ]);
});

test('onCollect() runs before each page, in the order of the calls', t => {
  const {hub, sample} = newHub();
  const level = hub.recorder.gauge({name: 'level', help: 'L'});
  const calls: string[] = [];
  hub.onCollect(() => {
    calls.push('first');
    level.set(calls.length);
  });
  hub.onCollect(() => {
    calls.push('second');
  });
  t.deepEqual(calls, []);
  t.is(sample('level'), 1);
  t.is(sample('level'), 3);
  t.deepEqual(calls, ['first', 'second', 'first', 'second']);
});

test('forget() takes a label set off the page, whoever has it, and says whether there was one', async t => {
  const {hub, sample} = newHub();
  const own = hub.recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  const workers = [attachWorker(t, hub), attachWorker(t, hub)];
  own.inc({kind: 'a'});
  for (const {jobs} of workers) {
    jobs.inc({kind: 'a'}, 10);
    jobs.inc({kind: 'b'}, 10);
  }
  await Promise.all(workers.map(worker => hub.merged(worker.flush())));
  t.is(sample('jobs_total', {kind: 'a'}), 21);
  t.true(hub.forget('jobs_total', {kind: 'a'}));
  t.false(hub.forget('jobs_total', {kind: 'a'}));
  t.false(hub.forget('jobs_total', {}));
  t.false(hub.forget('other_total', {kind: 'a'}));
  for (const worker of workers) {
    worker.jobs.inc({kind: 'a'});
    worker.die();
    await worker.attachment.settled();
  }
  t.is(sample('jobs_total', {kind: 'a'}), undefined);
  t.is(sample('jobs_total', {kind: 'b'}), 20);
});

test('attach() twice attaches once', async t => {
  const {hub, sample} = newHub();
  const emitter = new EventEmitter();
  t.is(hub.attach(emitter), hub.attach(emitter));
  const worker = new ChannelWorker();
  t.teardown(() => worker.die());
  emitter.emit('message', worker.hello);
  worker.recorder.counter({name: 'jobs_total', help: 'J'}).inc(5);
  await hub.merged(worker.flush());
  t.is(sample('jobs_total'), 5);
  t.is(sample('hub_workers'), 1);
  t.is(sample('hub_messages_dropped_total', {reason: 'bad_hello'}), 0);
});
