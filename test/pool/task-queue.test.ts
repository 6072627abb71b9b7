import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import {TaskQueue} from '../../src/pool/task-queue.js';

/** Tasks that end when they are told to. */
function startTasks(queue: TaskQueue, laneCount: number, count: number) {
  const started: number[] = [];
  const ends = new Map<number, () => void>();
  t0(queue, count);
  const all = Array.from({length: count}, (_, i) =>
    queue.run(laneCount, async () => {
      started.push(i);
      await new Promise<void>(resolve => ends.set(i, resolve));
    }),
  );
  return {started, end: (i: number) => ends.get(i)?.(), all: Promise.all(all)};
}

function t0(queue: TaskQueue, count: number): void {
  if (queue.takePlaces(count) !== count) throw new Error('Expected room for all');
}

test('run() runs as many as there are lanes, in order, and tells how many wait', async t => {
  const queue = new TaskQueue(10);
  const {started, end, all} = startTasks(queue, 2, 5);
  const counts = () => [queue.runningCount, queue.waitingCount];
  t.deepEqual(
    [started, counts()],
    [
      [0, 1],
      [2, 3],
    ],
  );
  end(1);
  await nextTurn();
  t.deepEqual(
    [started, counts()],
    [
      [0, 1, 2],
      [2, 2],
    ],
  );
  end(0);
  end(2);
  await nextTurn();
  t.deepEqual(
    [started, counts()],
    [
      [0, 1, 2, 3, 4],
      [2, 0],
    ],
  );
  end(3);
  end(4);
  await all;
  t.deepEqual(counts(), [0, 0]);
});

test('takePlaces() gives no more than may wait, and has them again as tasks start', async t => {
  const queue = new TaskQueue(3);
  t.is(queue.takePlaces(2), 2);
  t.is(queue.takePlaces(2), 1);
  t.is(queue.takePlaces(1), 0);
  queue.giveBack(1);
  t.is(queue.waitingCount, 2);
  await Promise.all([queue.run(1, async () => {}), queue.run(1, async () => {})]);
  t.is(queue.takePlaces(9), 3);
});

test('open() runs all that wait, and a task that throws leaves its lane', async t => {
  const queue = new TaskQueue(10);
  const {started, end, all} = startTasks(queue, 1, 4);
  queue.open();
  await nextTurn();
  t.deepEqual(started, [0, 1, 2, 3]);
  for (const i of started) end(i);
  await all;
  queue.takePlaces(1);
  const failing = async () => {
    throw new Error('x');
  };
  await t.throwsAsync(queue.run(1, failing), {message: 'x'});
  t.is(queue.runningCount, 0);
});
