import test from 'ava';
import {LAST_RUN_WEIGHT, TraderCosts} from '../../src/pool/trader-costs.js';

const IDS = ['a', 'b', 'c', 'd'].map(id => ({id}));
const ids = (traders: readonly {id: string}[]) => traders.map(({id}) => id).join('');

test('order() puts the dearest first, and before it those that never ran', t => {
  const costs = new TraderCosts();
  t.is(ids(costs.order(IDS)), 'abcd');
  costs.record('a', 1);
  costs.record('b', 50);
  costs.record('d', 7);
  t.is(ids(costs.order(IDS)), 'cbda');
  costs.forget('a');
  t.is(ids(costs.order(IDS)), 'acbd');
});

test('record() follows a trader whose cost changes, and one odd run does not turn the order', t => {
  const costs = new TraderCosts();
  for (let run = 0; run < 5; run++) costs.record('a', 100);
  costs.record('b', 90);
  costs.record('a', 90);
  t.is(ids(costs.order([{id: 'b'}, {id: 'a'}])), 'ab', `${1 - LAST_RUN_WEIGHT} of it is as before`);
  for (let run = 0; run < 20; run++) costs.record('a', 1);
  t.is(ids(costs.order([{id: 'a'}, {id: 'b'}])), 'ba');
});
