import test from 'ava';
import fc from 'fast-check';
import {Slots} from '../../src/channel/slots.js';

test('take() gives the lowest free number', t => {
  const slots = new Slots();
  t.deepEqual([slots.take(), slots.take(), slots.take()], [0, 1, 2]);
  slots.release(1);
  slots.release(0);
  t.deepEqual([slots.take(), slots.take(), slots.take()], [0, 1, 3]);
});

test('take() never gives a number twice, nor one beyond as many as are taken at once', t => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat()), {maxLength: 60}), steps => {
      const slots = new Slots();
      const taken: number[] = [];
      for (const release of steps) {
        if (release === null || taken.length === 0) {
          const slot = slots.take();
          t.false(taken.includes(slot));
          t.true(slot <= taken.length);
          taken.push(slot);
        } else slots.release(taken.splice(release % taken.length, 1)[0]!);
      }
    }),
  );
  t.pass();
});
