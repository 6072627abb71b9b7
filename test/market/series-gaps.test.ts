import test from 'ava';
import fc from 'fast-check';
import {GAP_RANGES_MAX, SeriesGaps} from '../../src/market/series-gaps.js';

const MS = 60_000;

test('want() and settle() hold the same open times as a set would', t => {
  const range = fc.tuple(fc.integer({min: 0, max: 40}), fc.integer({min: -1, max: 8}));
  const step = fc.record({kind: fc.constantFrom('want', 'settle', 'fill'), range});
  fc.assert(
    fc.property(fc.array(step, {maxLength: 60}), steps => {
      const gaps = new SeriesGaps(MS);
      const expected = new Set<number>();
      let filled = 0;
      for (const {
        kind,
        range: [from, length],
      } of steps) {
        if (kind === 'fill') {
          const isWanted = expected.delete(from);
          t.is(gaps.fill(from * MS), isWanted);
          if (isWanted) filled += 1;
          continue;
        }
        gaps[kind as 'want' | 'settle'](from * MS, (from + length) * MS);
        for (let i = from; i <= from + length; i += 1) {
          if (kind === 'want') expected.add(i);
          else expected.delete(i);
        }
      }
      const held = Array.from({length: 60}, (_, i) => i).filter(i => gaps.has(i * MS));
      t.deepEqual(
        held,
        [...expected].toSorted((a, b) => a - b),
      );
      t.is(gaps.filledCandles, filled);
      t.is(gaps.firstMs, held[0] === undefined ? undefined : held[0] * MS);
      for (const [index, {fromMs, toMs}] of gaps.ranges.entries()) {
        t.true(fromMs <= toMs);
        const before = gaps.ranges[index - 1];
        if (before) t.true(before.toMs + MS < fromMs, 'neither overlapping nor adjacent');
      }
    }),
  );
});

test('want() beyond GAP_RANGES_MAX joins the nearest ranges, and loses none', t => {
  const gaps = new SeriesGaps(MS);
  const wanted = Array.from({length: GAP_RANGES_MAX * 3}, (_, i) => i * (2 + (i % 5)) * MS);
  for (const openTime of wanted) gaps.want(openTime, openTime);
  t.is(gaps.ranges.length, GAP_RANGES_MAX);
  for (const openTime of wanted) t.true(gaps.has(openTime));
  gaps.settle(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  t.deepEqual(gaps.ranges, []);
  t.is(gaps.filledCandles, 0);
});
