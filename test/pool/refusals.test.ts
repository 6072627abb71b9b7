import test from 'ava';
import type {CloudTrader} from '../../src/screener/trader.js';
import {sampleKey} from '../support/exposition.js';
import {fillStore, startMachine, traderOf} from '../support/machine.js';

const SPIN = 'for (;;);';

test.serial(
  'a pause that ends amid a screening is told as a pause, not as a full queue',
  async t => {
    // The clock is asked once a trader and screening: at the first the pause runs, later it has ended.
    const times = [59_999, 60_001];
    let now = () => 0;
    const {screen, store, samples} = await startMachine(t, 1, {
      now: () => now(),
      taskTimeoutMs: 50,
      onWarning: () => {},
    });
    fillStore(store, ['AUSDT']);
    const bad = traderOf('bad', SPIN);
    for (let round = 0; round < 3; round++) await screen([bad]);
    now = () => times.shift() ?? 60_001;
    t.regex((await screen([bad])).get('bad')?.error ?? '', /^Quarantined for 60 s/);
    const refused = sampleKey('screener_tasks_refused_total', {reason: 'queue_full'});
    t.is(samples().get(refused), 0);
  },
);

test.serial(
  'a quarantined trader is one under its new name too, and took its time limit',
  async t => {
    const {screen, store, samples} = await startMachine(t, 1, {
      taskTimeoutMs: 50,
      onWarning: () => {},
    });
    fillStore(store, ['AUSDT']);
    const bad = traderOf('bad', SPIN);
    for (let round = 0; round < 3; round++) {
      t.is((await screen([bad])).get('bad')?.executionTime, 50);
    }
    const results = await screen([{...bad, name: 'NEW'}]);
    t.regex(results.get('bad')?.error ?? '', /^Quarantined/);
    t.is(samples().get(sampleKey('trader_quarantined', {trader_id: 'bad', trader_name: 'NEW'})), 1);
  },
);

test.serial(
  'a trader without a filter gets its own error, and the others their results',
  async t => {
    const {screen, store} = await startMachine(t, 1);
    fillStore(store, ['AUSDT']);
    const {filter: _, ...bare} = traderOf('bare', '');
    const results = await screen([bare as CloudTrader, traderOf('honest', 'return true;')]);
    const told = 'Expected `filter.code` to be a text, got `undefined`';
    t.is(results.get('bare')?.error, told);
    t.is(results.get('honest')?.matches.length, 1);
  },
);
