import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import {sampleKey} from '../support/exposition.js';
import {fillStore, startMachine, traderOf} from '../support/machine.js';

const ENDLESS = 'for (;;);';
const TRADER = traderOf('t', 'return true;');
const NOT_RUNNING = {message: 'Expected a pool that is not shut down, got one that is'};
const SECOND_CALL = {message: 'Expected initialize() to be called once, got a second call'};

test.serial(
  'scaleWorkerPool() refuses what is no count of workers, and leaves the pool as it was',
  async t => {
    const {screen, store, pool} = await startMachine(t, 2);
    fillStore(store, ['AUSDT']);
    for (const count of [0, -1, 1.5, Number.NaN, 65, 1e9, '2' as unknown as number]) {
      await t.throwsAsync(pool.scaleWorkerPool(count), {
        instanceOf: RangeError,
        message: `Expected 1 to 64 workers, got ${typeof count === 'string' ? `the text \`${count}\`` : count}`,
      });
    }
    t.is((await screen([TRADER])).get('t')?.matches.length, 1);
    t.is(pool.getStats().totalWorkers, 2);
  },
);

test.serial(
  'scaleWorkerPool() called many times at once ends with the last count, in as few slots',
  async t => {
    const {screen, store, pool, samples} = await startMachine(t, 1);
    fillStore(store, ['AUSDT']);
    const traders = Array.from({length: 6}, (_, i) => traderOf(`t${i}`, 'return true;'));
    const resizes = [3, 1, 2].map(count => pool.scaleWorkerPool(count));
    await Promise.all([...resizes, screen(traders)]);
    t.is(pool.getStats().totalWorkers, 2);
    const page = samples();
    t.true((page.get(sampleKey('hub_workers')) ?? 0) <= 2);
    const slots = [...page.keys()].filter(key => key.startsWith('screener_task_duration_ms_count'));
    t.true(
      slots.every(key => /"[01]"/.test(key)),
      slots.join(' '),
    );
  },
);

test.serial('initialize() amid scaleWorkerPool() is refused, and one pool is left', async t => {
  const {pool, samples} = await startMachine(t, 1);
  let isResized = false;
  const resize = pool.scaleWorkerPool(2).then(() => {
    isResized = true;
  });
  let attempts = 0;
  while (!isResized) {
    await t.throwsAsync(pool.initialize(3), SECOND_CALL);
    attempts++;
    await nextTurn();
  }
  await resize;
  t.true(attempts > 0);
  t.is(pool.getStats().totalWorkers, 2);
  await pool.shutdown(0);
  t.is(samples().get(sampleKey('hub_workers')), 0);
});

test.serial(
  'shutdown() amid scaleWorkerPool() ends the pool for good, at whatever turn it comes',
  async t => {
    for (const turns of [0, 1, 3, 10]) {
      const {screen, store, pool, samples} = await startMachine(t, 1);
      fillStore(store, ['AUSDT']);
      await screen([TRADER]);
      const resize = pool.scaleWorkerPool(2).catch(() => {});
      for (let turn = 0; turn < turns; turn++) await nextTurn();
      await pool.shutdown(0);
      await resize;
      t.is(pool.getStats().totalWorkers, 0, `after ${turns} turns`);
      t.is(samples().get(sampleKey('hub_workers')), 0, `after ${turns} turns`);
      t.is(
        samples().get(sampleKey('trader_screenings_total', {trader_id: 't', trader_name: 'T'})),
        1,
      );
      await t.throwsAsync(pool.scaleWorkerPool(1), NOT_RUNNING);
      await t.throwsAsync(pool.initialize(1), NOT_RUNNING);
    }
  },
);

test.serial('shutdown() amid an endless screening refuses what is queued behind it', async t => {
  const {screen, store, pool} = await startMachine(t, 1);
  fillStore(store, ['AUSDT']);
  const hanging = screen([traderOf('endless', ENDLESS), TRADER]);
  const queued = [pool.scaleWorkerPool(3), screen([TRADER])];
  const refused = Promise.all(queued.map(step => t.throwsAsync(step, NOT_RUNNING)));
  await nextTurn();
  await pool.shutdown(0);
  const results = await hanging;
  t.truthy(results.get('endless')?.error);
  t.is(results.get('t')?.error, 'The pool was shut down');
  await refused;
  t.like(pool.getStats(), {totalWorkers: 0, pendingTasks: 0});
});

test.serial('shutdown() may be called again, amid the first call too', async t => {
  const {pool} = await startMachine(t, 1);
  await Promise.all([pool.shutdown(0), pool.shutdown(0)]);
  await t.notThrowsAsync(pool.shutdown());
});
