import test from 'ava';
import {ThreadSlots} from '../../src/channel/thread-slots.js';

test('hold() gives a thread one slot, whoever asks', t => {
  const slots = new ThreadSlots();
  t.deepEqual([slots.hold(7), slots.hold(9), slots.hold(7), slots.hold('a')], [0, 1, 0, 2]);
  t.deepEqual([slots.slotOf(7), slots.slotOf(9), slots.slotOf(8)], [0, 1, undefined]);
});

test('release() frees the slot with its last holder', t => {
  const slots = new ThreadSlots();
  slots.hold(7);
  slots.hold(7);
  slots.release(7);
  t.is(slots.hold(9), 1);
  slots.release(7);
  t.is(slots.slotOf(7), undefined);
  t.is(slots.hold(11), 0);
});

test('release() of a thread that holds nothing changes nothing', t => {
  const slots = new ThreadSlots();
  slots.hold(7);
  slots.release(8);
  slots.release(7);
  slots.release(7);
  t.deepEqual([slots.hold(1), slots.hold(2)], [0, 1]);
});
