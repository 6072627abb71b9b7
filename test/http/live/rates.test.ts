import test from 'ava';
import {rateAt, ratesOf} from '../../../src/http/live/rates.js';

const {NaN: none} = Number;

test('rateAt() divides an increase by the time since the point before', t => {
  t.is(rateAt(new Float32Array([50, 50]), 1), 10);
  t.is(rateAt(new Float32Array([none, none, 50]), 2), 10);
  // 10 a second, through a standstill of 40 s.
  const stopped = new Float32Array([50, 50, ...Array(8).fill(none), 450, 50, 50]);
  for (const at of [1, 10, 11, 12]) t.is(rateAt(stopped, at), 10);
  t.is(rateAt(stopped, 5), none);
});

test('rateAt() divides by the whole of a gap that is longer than its minute', t => {
  const stopped = new Float32Array([50, ...Array(20).fill(none), 21 * 50, 50]);
  t.is(rateAt(stopped, 22), 10);
  t.deepEqual([...ratesOf(new Float32Array([5, none, 10]))], [1, none, 1]);
});
