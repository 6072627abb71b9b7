import test from 'ava';
import {Random} from '../../src/market/random.js';

test('next() gives equal sequences for equal seeds and others for others', t => {
  const take = (seed: string) => {
    const random = new Random(seed);
    return Array.from({length: 100}, () => random.next());
  };
  t.deepEqual(take('1'), take('1'));
  t.notDeepEqual(take('1'), take('2'));
});

test('next() is spread evenly over 0 to 1', t => {
  const random = new Random('even');
  const counts = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 100_000; draw += 1) {
    const bin = Math.floor(random.next() * 10);
    counts[bin] = (counts[bin] ?? Number.NaN) + 1;
  }
  t.is(counts.length, 10);
  for (const count of counts) t.true(Math.abs(count - 10_000) < 500, `${counts}`);
});

test('gaussian() has mean 0 and variance 1', t => {
  const random = new Random('normal');
  const draws = Array.from({length: 100_000}, () => random.gaussian());
  const mean = draws.reduce((total, draw) => total + draw, 0) / draws.length;
  const variance = draws.reduce((total, draw) => total + (draw - mean) ** 2, 0) / draws.length;
  t.true(Math.abs(mean) < 0.02, `${mean}`);
  t.true(Math.abs(variance - 1) < 0.03, `${variance}`);
});
