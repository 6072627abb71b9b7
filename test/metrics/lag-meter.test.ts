import test from 'ava';
import {LAG_INTERVAL_MS, LagMeter} from '../../src/metrics/lag-meter.js';

test('tick() observes by how much the timer came late, never less than 0', t => {
  let nowMs = 5_000;
  const observed: number[] = [];
  const meter = new LagMeter({now: () => nowMs, observe: seconds => observed.push(seconds)});
  for (const lateMs of [0, 250, -1, 2_000]) {
    nowMs += LAG_INTERVAL_MS + lateMs;
    meter.tick();
  }
  t.deepEqual(observed, [0, 0.25, 0, 2]);
});
