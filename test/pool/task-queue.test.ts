import test from 'ava';
import {TaskQueue} from '../../src/pool/task-queue.js';

test('takePlaces() gives no more than may wait', t => {
  const queue = new TaskQueue(3);
  t.is(queue.takePlaces(2), 2);
  t.is(queue.takePlaces(2), 1);
  t.is(queue.takePlaces(1), 0);
  queue.giveBack(1);
  t.is(queue.waitingCount, 2);
  t.is(queue.takePlaces(9), 1);
});

test('run() counts what runs and what waits, and takes places for those that wait', async t => {
  const queue = new TaskQueue(5);
  queue.takePlaces(4);
  const tasks = {runningCount: 2, waitingCount: 1};
  await queue.run(3, tasks, async () => {
    t.deepEqual([queue.runningCount, queue.waitingCount], [2, 2]);
    t.is(queue.takePlaces(9), 3);
    tasks.waitingCount = 0;
    t.is(queue.takePlaces(9), 1);
    tasks.waitingCount = 2;
    t.is(queue.takePlaces(9), 0, 'what waits again, after its worker was lost, is never refused');
    t.is(queue.waitingCount, 7);
  });
  t.deepEqual([queue.runningCount, queue.waitingCount], [0, 5]);
});

test('run() leaves nothing running behind a screening that throws', async t => {
  const queue = new TaskQueue(2);
  queue.takePlaces(2);
  const failing = async () => {
    throw new Error('x');
  };
  const tasks = {runningCount: 1, waitingCount: 1};
  await t.throwsAsync(queue.run(2, tasks, failing), {message: 'x'});
  t.deepEqual([queue.runningCount, queue.waitingCount], [0, 0]);
  t.is(queue.takePlaces(2), 2);
});
