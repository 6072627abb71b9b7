import test from 'ava';
import {backoffMs} from '../src/backoff.js';

test('backoffMs() spreads each wait from 0 to a bound that doubles up to the cap', t => {
  const most = [0, 1, 2, 3, 4, 5, 2_000].map(failures =>
    backoffMs(failures, {baseMs: 100, capMs: 1_000, random: () => 0.5}),
  );
  t.deepEqual(most, [50, 100, 200, 400, 500, 500, 500]);
  t.is(backoffMs(3, {baseMs: 100, capMs: 1_000, random: () => 0}), 0);
});
