import test from 'ava';
import {BatchState} from '../../src/screener/batch-state.js';

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
