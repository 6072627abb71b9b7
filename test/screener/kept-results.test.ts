import test from 'ava';
import {KeptResults, RESULTS_PER_SERIES_MAX} from '../../src/screener/kept-results.js';

const SERIES = [1, 2, 3];

test('offer() keeps numbers, nulls and points at once', t => {
  const results = new KeptResults();
  for (const [call, result] of Object.entries({number: 1, none: null, point: {k: 1, d: 2}})) {
    t.is(results.get(call), undefined);
    t.is(results.offer(call, result), 'kept');
    t.is(results.get(call), result);
  }
});

test('offer() keeps a series from the second call on, and at the next moment from the first', t => {
  const results = new KeptResults();
  for (const result of [SERIES, {upper: SERIES, lower: SERIES}]) {
    const call = JSON.stringify(result);
    t.is(results.offer(call, result), 'passed');
    t.is(results.get(call), undefined);
    t.is(results.offer(call, result), 'kept');
    t.is(results.get(call), result);
    for (let moment = 0; moment < 2; moment++) {
      results.turn();
      t.is(results.get(call), undefined);
      t.is(results.offer(call, result), 'kept');
      t.is(results.get(call), result);
    }
    results.turn();
    t.is(results.offer(call, result), 'kept');
    results.turn();
    t.is(results.offer(call, result), 'passed', 'nobody asked again at the moment before');
  }
});

test('offer() keeps and notes no more than RESULTS_PER_SERIES_MAX calls', t => {
  const results = new KeptResults();
  for (let i = 0; i < RESULTS_PER_SERIES_MAX; i++) results.offer(`call ${i}`, i % 2 ? i : SERIES);
  t.is(results.offer('beyond', 1), 'full');
  t.is(results.get('beyond'), undefined);
  t.is(results.offer('call 0', SERIES), 'kept', 'its place is taken already');
  results.turn();
  t.is(results.offer('beyond', 1), 'kept');
});
