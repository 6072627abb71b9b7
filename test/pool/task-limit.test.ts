import test from 'ava';
import {sharedNow, TaskLimit} from '../../src/pool/task-limit.js';
import {MARK_BEGUN, MARK_ENDED} from '../../src/screener/task.js';

const LIMIT_MS = 5;

/** Keeps this thread from hearing anything until the limit is long over, and then lets its timers run. */
async function block(): Promise<void> {
  const end = sharedNow() + 4 * LIMIT_MS;
  while (sharedNow() < end);
  // Node runs all timers that are due before it resolves one that was set later.
  await new Promise(resolve => setTimeout(resolve, LIMIT_MS));
}

function startLimit(): {limit: TaskLimit; marks: Float64Array; isOver: () => boolean} {
  let isOver = false;
  const limit = new TaskLimit({
    limitMs: LIMIT_MS,
    onOver() {
      isOver = true;
    },
  });
  return {limit, marks: new Float64Array(limit.marks), isOver: () => isOver};
}

test('TaskLimit ends a task that has begun and goes on beyond its limit', async t => {
  const {limit, marks, isOver} = startLimit();
  marks[MARK_BEGUN] = sharedNow();
  await block();
  t.true(isOver());
  t.true(limit.hasBegun);
});

test('TaskLimit ends no task that ended in time while its own thread was blocked', async t => {
  const {marks, isOver} = startLimit();
  marks[MARK_BEGUN] = sharedNow();
  marks[MARK_ENDED] = sharedNow();
  await block();
  t.false(isOver());
});

test('TaskLimit does not count the time until a worker begins', async t => {
  const {limit, isOver} = startLimit();
  t.teardown(() => limit.clear());
  await block();
  t.false(isOver());
  t.false(limit.hasBegun);
});
