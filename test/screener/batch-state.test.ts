import {Worker} from 'node:worker_threads';
import test from 'ava';
import {BatchState, SharedList} from '../../src/screener/batch-state.js';

test('take() gives each place once, in order, and then none, over one memory', t => {
  const list = new SharedList(3);
  const other = new SharedList(3, list.memory);
  t.deepEqual([list.take(), other.take(), list.untakenCount], [0, 1, 1]);
  t.deepEqual([other.take(), list.take(), other.take()], [2, undefined, undefined]);
  t.deepEqual([list.untakenCount, other.untakenCount], [0, 0]);
});

test('take() gives no place twice to threads that take at once', async t => {
  const size = 50_000;
  const list = new SharedList(size);
  const file = new URL('../../src/screener/batch-state.js', import.meta.url);
  const code = `import(${JSON.stringify(file.href)}).then(({SharedList}) => {
    const {parentPort, workerData} = require('node:worker_threads');
    const list = new SharedList(${size}, workerData);
    const places = [];
    for (let place = list.take(); place !== undefined; place = list.take()) places.push(place);
    parentPort.postMessage(places);
  });`;
  const all = await Promise.all(
    Array.from({length: 3}, () => {
      const worker = new Worker(code, {eval: true, workerData: list.memory});
      return new Promise<number[]>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    }),
  );
  const places = all.flat().sort((a, b) => a - b);
  t.deepEqual(places, [...Array(size).keys()]);
});

test('BatchState tells another thread what runs, and since when', t => {
  const state = new BatchState();
  const worker = new BatchState(state.memory);
  t.deepEqual([state.hasBegun, state.hasEnded, state.running], [false, false, undefined]);
  worker.begin(0, 12.5);
  t.deepEqual([state.hasBegun, state.running], [true, {place: 0, begunAt: 12.5}]);
  worker.rest();
  t.deepEqual([state.hasBegun, state.hasEnded, state.running], [true, false, undefined]);
  worker.begin(4, 13);
  t.deepEqual(state.running, {place: 4, begunAt: 13});
  worker.end();
  t.deepEqual([state.hasBegun, state.hasEnded, state.running], [true, true, undefined]);
});

test('excuse() lets a place count from later, and does nothing between two', t => {
  const state = new BatchState();
  const worker = new BatchState(state.memory);
  worker.excuse(5);
  worker.begin(2, 100);
  worker.excuse(30);
  worker.excuse(12.5);
  t.deepEqual(state.running, {place: 2, begunAt: 142.5});
  worker.rest();
  worker.excuse(7);
  t.is(state.running, undefined);
  worker.begin(3, 200);
  t.deepEqual(state.running, {place: 3, begunAt: 200});
});
