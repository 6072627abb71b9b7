import test from 'ava';
import {TaskLimit, WORKER_START_MS_MAX} from '../../src/pool/task-limit.js';
import {BatchState} from '../../src/screener/batch-state.js';

const LIMIT_MS = 5_000;

/** A limit on a clock that goes when it is told to: its timer fires when it is due, and no earlier. */
function startLimit() {
  let now = 1_000;
  let timer: {readonly dueAt: number; readonly callback: () => void} | undefined;
  const over: (number | undefined)[] = [];
  const state = new BatchState();
  const clock = {
    now: () => now,
    after(ms: number, callback: () => void) {
      const set = {dueAt: now + ms, callback};
      timer = set;
      return () => {
        if (timer === set) timer = undefined;
      };
    },
  };
  const limit = new TaskLimit({state, limitMs: LIMIT_MS, onOver: place => over.push(place), clock});
  /** Fires what has come due on the way, each at its time. */
  const pass = (ms: number) => {
    const end = now + ms;
    for (let due = timer; due !== undefined && due.dueAt <= end; due = timer) {
      timer = undefined;
      now = due.dueAt;
      due.callback();
    }
    now = end;
  };
  /** This thread hears nothing for so long; then its timer fires. */
  const block = (ms: number) => {
    now += ms;
    pass(0);
  };
  return {limit, state, pass, block, over, now: () => now, isWatching: () => timer !== undefined};
}

test('TaskLimit tells a place that runs beyond its limit, at that very moment, and once', t => {
  const {state, pass, over, now, isWatching} = startLimit();
  pass(1_234);
  state.begin(7, now());
  pass(LIMIT_MS - 1);
  t.deepEqual(over, []);
  pass(1);
  t.deepEqual(over, [7]);
  t.false(isWatching());
});

test('TaskLimit counts each place of a batch from its own beginning', t => {
  const {state, pass, over, now} = startLimit();
  for (const place of [3, 1, 2]) {
    state.begin(place, now());
    pass(LIMIT_MS - 1);
    state.rest();
  }
  state.begin(0, now());
  pass(LIMIT_MS - 1);
  t.deepEqual(over, []);
  pass(1);
  t.deepEqual(over, [0]);
});

test('TaskLimit leaves a place the time that building rows took, and no more', t => {
  const {state, pass, over, now} = startLimit();
  state.begin(0, now());
  for (let i = 0; i < 10; i++) {
    pass(LIMIT_MS - 1);
    state.excuse(LIMIT_MS - 1);
  }
  t.deepEqual(over, []);
  pass(LIMIT_MS - 1);
  t.deepEqual(over, []);
  pass(1);
  t.deepEqual(over, [0]);
});

test('TaskLimit tells no place that ended in time while its own thread was blocked', t => {
  for (const whatEnds of ['rest', 'end'] as const) {
    const {state, block, over, now} = startLimit();
    state.begin(0, now());
    state[whatEnds]();
    block(4 * LIMIT_MS);
    t.deepEqual(over, [], whatEnds);
  }
});

test('TaskLimit leaves a worker its time to start, and then tells that none has begun', t => {
  const {pass, over} = startLimit();
  pass(WORKER_START_MS_MAX - 1);
  t.deepEqual(over, []);
  pass(1);
  t.deepEqual(over, [undefined]);
});

test('clear() ends the watch', t => {
  const {limit, state, pass, over, now} = startLimit();
  state.begin(0, now());
  limit.clear();
  pass(2 * LIMIT_MS);
  t.deepEqual(over, []);
});
