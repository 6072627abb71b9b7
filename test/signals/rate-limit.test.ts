import test from 'ava';
import fc from 'fast-check';
import {RateLimit} from '../../src/signals/rate-limit.js';

test('RateLimit lets no more starts into any minute than it is told, and no fewer', t => {
  const waits = fc.array(fc.integer({min: 0, max: 40_000}), {maxLength: 60});
  fc.assert(
    fc.property(fc.integer({min: 1, max: 5}), waits, (perMinute, waitsMs) => {
      const limit = new RateLimit(perMinute);
      const startsMs: number[] = [];
      let nowMs = 0;
      for (const waitMs of waitsMs) {
        nowMs = Math.max(nowMs + waitMs, limit.opensAtMs());
        limit.record(nowMs);
        startsMs.push(nowMs);
      }
      return startsMs.every((startMs, i) => {
        const inMinute = startsMs.slice(0, i + 1).filter(at => at > startMs - 60_000);
        const nth = startsMs[i - perMinute];
        const wished = (startsMs[i - 1] ?? 0) + waitsMs[i]!;
        const earliest = nth === undefined ? wished : Math.max(wished, nth + 60_000);
        return inMinute.length <= perMinute && startMs === earliest;
      });
    }),
  );
  t.pass();
});

test('RateLimit of 0 lets all start, and refuses what is no number of starts', t => {
  const limit = new RateLimit(0);
  limit.record(5);
  t.is(limit.opensAtMs(), Number.NEGATIVE_INFINITY);
  for (const wrong of [-1, 1.5, 10_001, Number.NaN]) {
    t.throws(() => new RateLimit(wrong), {instanceOf: RangeError, message: /got `/});
  }
});
