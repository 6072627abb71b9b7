import test from 'ava';
import fc from 'fast-check';
import {UuidV7Source} from '../../src/signals/uuid-v7.js';

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 13).replace('-', ''), 16);
}

test('next() lays time, version, counter, variant and chance as RFC 9562 has them', t => {
  // The time of the example in the RFC's appendix A.6.
  const atMs = Date.parse('2022-02-22T14:22:22-05:00');
  const all = new UuidV7Source(bytes => bytes.fill(0xff));
  t.is(all.next(atMs), '017f22e2-79b0-77ff-bfff-ffffffffffff');
  const none = new UuidV7Source(bytes => bytes.fill(0));
  t.is(none.next(atMs), '017f22e2-79b0-7000-8000-000000000000');
  t.is(none.next(atMs), '017f22e2-79b0-7000-8000-040000000000');
});

test('next() ascends whatever the clock does, and holds its time where that goes on', t => {
  const steps = fc.array(fc.integer({min: -3, max: 3}), {minLength: 2, maxLength: 200});
  const seeds = fc.array(fc.integer({min: 0, max: 255}), {minLength: 1, maxLength: 30});
  fc.assert(
    fc.property(steps, seeds, (deltas, bytes) => {
      let drawn = 0;
      const source = new UuidV7Source(array => {
        for (let i = 0; i < array.length; i++) array[i] = bytes[drawn++ % bytes.length]!;
      });
      let nowMs = 1_700_000_000_000;
      let latestMs = nowMs;
      let last = '';
      for (const delta of deltas) {
        nowMs += delta;
        latestMs = Math.max(latestMs, nowMs);
        const id = source.next(nowMs);
        if (!FORM.test(id) || id <= last || timeOf(id) > latestMs) return false;
        if (nowMs === latestMs && delta > 0 && timeOf(id) !== nowMs) return false;
        last = id;
      }
      return true;
    }),
  );
  t.pass();
});

test('next() makes different ids of equal times in different sources', t => {
  const ids = Array.from({length: 1_000}, () =>
    new UuidV7Source(bytes => crypto.getRandomValues(bytes)).next(1),
  );
  t.is(new Set(ids).size, ids.length);
});
