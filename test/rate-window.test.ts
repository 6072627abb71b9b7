import test from 'ava';
import fc from 'fast-check';
import {RateWindow} from '../src/rate-window.js';

test('tryTake() never lets more than its count through within any window, and as many as that', t => {
  const gaps = fc.array(fc.integer({min: 0, max: 700}), {minLength: 1, maxLength: 80});
  fc.assert(
    fc.property(fc.integer({min: 1, max: 5}), gaps, (countMax, gapsMs) => {
      const window = new RateWindow(countMax, 1_000);
      const taken: number[] = [];
      let nowMs = 0;
      for (const gapMs of gapsMs) {
        nowMs += gapMs;
        const recent = taken.filter(timeMs => timeMs > nowMs - 1_000);
        const isFit = window.tryTake(nowMs);
        t.is(isFit, recent.length < countMax);
        if (isFit) taken.push(nowMs);
        else t.is(window.waitMs(nowMs), recent[0]! + 1_000 - nowMs);
      }
    }),
  );
});

test('take() counts what can not wait, and what can waits for as long as that', t => {
  const window = new RateWindow(2, 1_000);
  for (const timeMs of [0, 100, 200, 300]) window.take(timeMs);
  t.false(window.tryTake(400));
  t.is(window.waitMs(400), 800);
  t.false(window.tryTake(1_199));
  t.true(window.tryTake(1_200));
  t.is(window.waitMs(1_200), 100);
});

test('a RateWindow of Infinity lets all through', t => {
  const window = new RateWindow(Number.POSITIVE_INFINITY, 1_000);
  t.true(Array.from({length: 50}, () => window.tryTake(5)).every(Boolean));
});
