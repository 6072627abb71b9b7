import test from 'ava';
import {
  type Curve,
  cheaperThanPeers,
  fitOf,
  type GrowthTable,
  growthMarkdown,
  linear,
} from '../../bench/growth-table.js';

function curveOf(name: string, role: Curve['role'], values: readonly [number, number][]): Curve {
  return {
    name,
    role,
    points: values.map(([size, median]) => ({size, median, low: median, high: median})),
  };
}

test('fitOf() finds the line that points lie on', t => {
  const {slope, rSquared} = fitOf(
    curveOf('a', 'ours', [
      [1, 5],
      [10, 23],
      [100, 203],
    ]),
  );
  t.is(slope.toFixed(9), '2.000000000');
  t.is(rSquared.toFixed(9), '1.000000000');
});

test('fitOf() tells a quadratic growth by its exponent, and linear() refuses a bent curve', t => {
  const squares = curveOf('a', 'ours', [
    [1, 1],
    [10, 100],
    [100, 10_000],
  ]);
  t.is(fitOf(squares).exponent.toFixed(9), '2.000000000');
  const scattered = curveOf('b', 'ours', [
    [1, 10],
    [2, 1],
    [3, 12],
    [4, 2],
  ]);
  t.false(linear(scattered, 0.98).isMet);
});

test('cheaperThanPeers() compares at the largest size, with the best peer', t => {
  const curves = [
    curveOf('ours', 'ours', [
      [1, 9],
      [10, 10],
    ]),
    curveOf('slow', 'peer', [[10, 900]]),
    curveOf('quick', 'peer', [
      [1, 1],
      [10, 250],
    ]),
  ];
  t.like(cheaperThanPeers(curves, {of: 'ours', times: 25}), {ratio: 25, isMet: true});
  t.like(cheaperThanPeers(curves, {of: 'ours', times: 26}), {ratio: 25, isMet: false});
  t.throws(() => cheaperThanPeers(curves.slice(0, 1), {of: 'ours', times: 1}), {
    instanceOf: RangeError,
  });
});

test('growthMarkdown() has a row a size, and a row a fit with its goal', t => {
  const ours = curveOf('ours', 'ours', [
    [1_000, 1],
    [2_000, 2],
  ]);
  const table: GrowthTable = {
    id: 'growth',
    title: 'Growth',
    sizeUnit: 'series',
    unit: 'ms',
    curves: [ours],
    goals: [linear(ours, 0.98)],
  };
  t.is(
    growthMarkdown(table),
    `### Growth

![Growth](benchmarks/growth.svg)

| series | ours, ms |
|--:|--:|
| 1,000 | 1 (1 to 1) |
| 2,000 | 2 (2 to 2) |

| fit | role | ms a 1,000 series | R² | grows with the power | goal |
|---|---|--:|--:|--:|---|
| ours | ours | 1 | 1.0000 | 1.00 | linear, R² at least 0.98: 1, met |

`,
  );
});
