import test from 'ava';
import fc from 'fast-check';
import {ChangeTurns, stretchesOf} from '../../src/metrics/change-turns.js';

test('isLater() tells of every change after a turn has ended, and of none before, in the stretches asked for', t => {
  const step = fc.oneof(
    fc.record({place: fc.nat(999)}),
    fc.constant('end' as const),
    fc.record({from: fc.nat(900), count: fc.integer({min: 1, max: 90})}),
  );
  fc.assert(
    fc.property(fc.array(step, {maxLength: 60}), steps => {
      const turns = new ChangeTurns();
      turns.grow(1_000);
      let endedTurn = -1;
      let changed: number[] = [];
      for (const one of steps) {
        if (one === 'end') {
          endedTurn = turns.end();
          changed = [];
        } else if ('place' in one) {
          turns.note(one.place);
          changed.push(one.place);
        } else if (endedTurn >= 0) {
          const {from, count} = one;
          const isLater = turns.isLater(stretchesOf(Uint32Array.of(from), count), endedTurn);
          // A change nearby may count too, 64 values away at most.
          const near = changed.some(place => place > from - 64 && place < from + count + 64);
          if (changed.some(place => place >= from && place < from + count)) t.true(isLater);
          if (isLater) t.true(near);
        }
      }
    }),
  );
  const turns = new ChangeTurns();
  t.true(turns.isLater(stretchesOf(Uint32Array.of(5), 1), -1));
});
