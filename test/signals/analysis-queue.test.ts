import test from 'ava';
import {AnalysisError, type AnalysisErrorCode} from '../../src/signals/analyser.js';
import type {Verdict} from '../../src/signals/signal.js';
import {ManualTimers, requestOf, settle, startQueue, WAIT} from '../support/signals.js';

/** An analyser whose tries end when the test says so. */
class Desk {
  /** Names of the signals, in the order in which their tries began. */
  readonly begun: string[] = [];
  readonly aborted: string[] = [];
  readonly #open: {
    name: string;
    resolve: (verdict: Verdict) => void;
    reject: (error: unknown) => void;
  }[] = [];

  readonly analyse = (request: {signal: {id: string}}, abort: AbortSignal): Promise<Verdict> => {
    const name = request.signal.id;
    this.begun.push(name);
    abort.addEventListener('abort', () => this.aborted.push(name));
    return new Promise((resolve, reject) => this.#open.push({name, resolve, reject}));
  };

  get openCount(): number {
    return this.#open.length;
  }

  async answer(verdict = WAIT): Promise<void> {
    this.#open.shift()?.resolve(verdict);
    await settle();
  }

  async refuse(code: AnalysisErrorCode, retryAfterMs = 0): Promise<void> {
    this.#open.shift()?.reject(new AnalysisError(code, `It was ${code}`, {retryAfterMs}));
    await settle();
  }
}

function startDesk(options: Partial<Parameters<typeof startQueue>[0]> = {}) {
  const desk = new Desk();
  const timers = new ManualTimers();
  const queue = startQueue({analyse: desk.analyse, timers, random: () => 0.5, ...options});
  return {desk, timers, ...queue};
}

test('add() has a number of signals analysed at once, the others by priority and age', async t => {
  const {desk, queue, counts} = startDesk({atOnceMax: 2});
  queue.add(requestOf('a'));
  queue.add(requestOf('b'));
  queue.add(requestOf('low'), 'low');
  queue.add(requestOf('c'));
  queue.add(requestOf('high'), 'high');
  queue.add(requestOf('d'), 'normal');
  t.deepEqual(desk.begun, ['a', 'b']);
  t.like(counts(), {pending: 6, analysed: 0, failed: 0});
  for (let left = 5; left >= 0; left--) {
    await desk.answer();
    t.like(counts(), {pending: left, analysed: 6 - left});
    t.true(desk.openCount <= 2);
  }
  t.deepEqual(desk.begun, ['a', 'b', 'high', 'c', 'd', 'low']);
  await queue.idle();
});

test('add() tells the sink of an analysis with an id of its own', async t => {
  const {desk, queue, analyses, failures} = startDesk();
  queue.add(requestOf('a'));
  await desk.answer();
  t.deepEqual(analyses, [
    {
      id: '00000000-1388-7000-8000-000000000000',
      signalId: 'a',
      ...WAIT,
      analyser: 'test',
      analysedAtMs: 5_000,
    },
  ]);
  t.deepEqual(failures, []);
});

test('add() at the bound fails the newest of the lowest priority, and counts and tells it', t => {
  const {queue, failures, lines, counts} = startDesk({atOnceMax: 1, waitingMax: 2});
  for (const name of ['running', 'a', 'b', 'late']) queue.add(requestOf(name));
  t.deepEqual(failures, [
    {
      signalId: 'late',
      reason: 'queue_full',
      detail: 'More than 2 signals waited',
      failedAtMs: 5_000,
    },
  ]);
  queue.add(requestOf('urgent'), 'high');
  queue.add(requestOf('worthless'), 'low');
  t.deepEqual(
    failures.map(({signalId}) => signalId),
    ['late', 'b', 'worthless'],
  );
  t.deepEqual(counts(), {
    pending: 3,
    analysed: 0,
    failed: 3,
    retries: 0,
    reasons: {queue_full: 3},
  });
  t.deepEqual(lines, [
    'A signal was not analysed (queue_full): More than 2 signals waited [analysis_queue_full]',
  ]);
});

test('a waiting bound of 0 still lets signals run', t => {
  const {queue, counts} = startDesk({atOnceMax: 1, waitingMax: 0});
  queue.add(requestOf('a'));
  queue.add(requestOf('b'));
  t.like(counts(), {pending: 1, failed: 1});
});

test('a failed try is repeated three times, after waits that grow', async t => {
  const {desk, timers, queue, failures, counts} = startDesk();
  queue.add(requestOf('a'));
  // Half of 1, 2 and 4 s.
  for (const [i, waitMs] of [500, 1_000, 2_000].entries()) {
    await desk.refuse('analysis_unavailable');
    await timers.advance(waitMs - 1);
    t.is(desk.begun.length, i + 1);
    t.like(counts(), {pending: 1, failed: 0, retries: i + 1});
    await timers.advance(1);
    t.is(desk.begun.length, i + 2);
  }
  await desk.refuse('analysis_unavailable');
  t.like(failures[0], {reason: 'error', detail: 'It was analysis_unavailable'});
  t.like(counts(), {pending: 0, failed: 1, retries: 3, reasons: {error: 1}});
});

test('a try that would fail again is not repeated; an invalid answer is', async t => {
  const {desk, timers, queue, analyses, counts} = startDesk();
  queue.add(requestOf('refused'));
  await desk.refuse('analysis_refused');
  t.deepEqual(counts().reasons, {rejected: 1});
  queue.add(requestOf('garbled'));
  await desk.refuse('analysis_invalid');
  await timers.advance(500);
  await desk.answer();
  t.is(analyses[0]?.signalId, 'garbled');
  t.like(counts(), {pending: 0, analysed: 1, failed: 1, retries: 1});
});

test('a try ends at its time limit, and its place is given to the next', async t => {
  const {desk, timers, queue, counts} = startDesk({atOnceMax: 1, timeoutMs: 30_000});
  queue.add(requestOf('stuck'));
  queue.add(requestOf('next'));
  await timers.advance(29_999);
  t.deepEqual(desk.begun, ['stuck']);
  await timers.advance(1);
  t.deepEqual(desk.aborted, ['stuck']);
  t.deepEqual(desk.begun, ['stuck', 'next']);
  await timers.advance(1_000_000);
  t.deepEqual(counts(), {
    pending: 0,
    analysed: 0,
    failed: 2,
    retries: 6,
    reasons: {timeout: 2},
  });
});

test('an answer after the time limit changes nothing', async t => {
  const {desk, timers, queue, analyses, counts} = startDesk({timeoutMs: 1_000});
  queue.add(requestOf('slow'));
  await timers.advance(1_000);
  await desk.answer();
  t.like(counts(), {pending: 1, analysed: 0});
  await timers.advance(500);
  await desk.answer();
  t.is(analyses.length, 1);
  t.like(counts(), {pending: 0, analysed: 1});
});

test('Retry-After keeps all signals from the analyser, as long as it asks, five minutes at most', async t => {
  const {desk, timers, queue} = startDesk({atOnceMax: 2});
  queue.add(requestOf('a'));
  queue.add(requestOf('b'));
  await desk.refuse('analysis_unavailable', 10_000);
  await desk.answer();
  queue.add(requestOf('c'));
  await timers.advance(9_999);
  t.deepEqual(desk.begun, ['a', 'b']);
  await timers.advance(1);
  t.deepEqual(desk.begun, ['a', 'b', 'a', 'c']);
  await desk.refuse('analysis_unavailable', 86_400_000);
  await desk.answer();
  await timers.advance(299_999);
  t.is(desk.begun.length, 4);
  await timers.advance(1);
  t.is(desk.begun.length, 5);
});

test('the rate limit counts tries, and holds back the rest', async t => {
  const {desk, timers, queue, counts} = startDesk({perMinuteMax: 2});
  for (const name of ['a', 'b', 'c']) queue.add(requestOf(name));
  t.deepEqual(desk.begun, ['a', 'b']);
  await desk.refuse('analysis_unavailable');
  await desk.answer();
  await timers.advance(59_999);
  t.deepEqual(desk.begun, ['a', 'b']);
  t.like(counts(), {pending: 2});
  await timers.advance(1);
  t.deepEqual(desk.begun, ['a', 'b', 'a', 'c']);
});

test('close() fails what waits at once, and what runs after the grace', async t => {
  const {desk, timers, queue, failures, analyses, counts} = startDesk({atOnceMax: 2});
  for (const name of ['quick', 'stuck', 'waits']) queue.add(requestOf(name));
  const closed = queue.close(500);
  t.deepEqual(counts().reasons, {shutdown: 1});
  t.is(counts().pending, 2);
  await desk.answer();
  await timers.advance(500);
  await closed;
  t.is(analyses[0]?.signalId, 'quick');
  t.deepEqual(desk.aborted, ['stuck']);
  queue.add(requestOf('late'));
  t.deepEqual(
    failures.map(({signalId, reason}) => [signalId, reason]),
    [
      ['waits', 'shutdown'],
      ['stuck', 'shutdown'],
      ['late', 'shutdown'],
    ],
  );
  t.like(counts(), {pending: 0, analysed: 1, failed: 3});
  await desk.answer();
  t.like(counts(), {pending: 0, analysed: 1, failed: 3});
});

test('close() waits for no repeat', async t => {
  const {desk, queue, failures} = startDesk();
  queue.add(requestOf('a'));
  const closed = queue.close(500);
  await desk.refuse('analysis_unavailable');
  await closed;
  t.like(failures[0], {
    reason: 'shutdown',
    detail: 'It could not be repeated: It was analysis_unavailable',
  });
});

test('an analyser that throws at once, or throws nonsense, fails its try', async t => {
  const timers = new ManualTimers();
  const thrown = [new Error('boom'), null, 'text', {toString: () => assertNever()}];
  const {queue, failures} = startQueue({
    timers,
    analyse: () => {
      throw thrown[failures.length];
    },
  });
  for (let i = 0; i < thrown.length; i++) {
    queue.add(requestOf(String(i)));
    await timers.advance(1_000_000);
  }
  t.deepEqual(
    failures.map(({detail}) => detail),
    ['boom', 'null', 'text', 'object'],
  );
});

function assertNever(): never {
  throw new Error('unprintable');
}

test('a reason is told once a minute, and counted each time', async t => {
  const {desk, timers, queue, lines, counts} = startDesk();
  for (let i = 0; i < 3; i++) {
    queue.add(requestOf(String(i)));
    await desk.refuse('analysis_refused');
  }
  t.is(lines.length, 1);
  await timers.advance(60_000);
  queue.add(requestOf('later'));
  await desk.refuse('analysis_refused');
  t.is(lines.length, 2);
  t.deepEqual(counts().reasons, {rejected: 4});
});

test('AnalysisQueue refuses limits that are none', t => {
  const rates = [-1, 1.5, 10_001, Number.NaN].map(perMinuteMax => ({perMinuteMax}));
  for (const wrong of [{atOnceMax: 0}, {waitingMax: -1}, {timeoutMs: 1.5}, ...rates]) {
    t.throws(() => startDesk(wrong), {instanceOf: RangeError, message: /^Expected `\w+` to be/});
  }
});
