import test from 'ava';
import {sampleKey} from '../support/exposition.js';
import {fillStore, startMachine, traderOf} from '../support/machine.js';

const HONEST = 'return true;';
const HOARD = 'for (const hoard = [];;) hoard.push(new Array(1e5).fill(0));';

test.serial(
  'executeFilters() screens again what a worker had found and not told when it died, and counts it once',
  async t => {
    const {screen, store, samples, pool} = await startMachine(t, 1, {
      workerHeapMb: 32,
      taskTimeoutMs: 60_000,
    });
    fillStore(store, ['AUSDT', 'BUSDT']);
    // New traders are begun in their order: all but the last have been run when the worker dies.
    const ids = ['a', 'b', 'c'];
    const traders = [...ids.map(id => traderOf(id, HONEST)), traderOf('hoarder', HOARD)];
    const results = await screen(traders);
    t.regex(results.get('hoarder')?.error ?? '', /memory/);
    const page = samples();
    for (const id of ids) {
      t.is(results.get(id)?.error, undefined);
      t.is(results.get(id)?.matches.length, 2);
      const labels = {trader_id: id, trader_name: id.toUpperCase()};
      t.is(page.get(sampleKey('trader_screenings_total', labels)), 1);
      t.is(page.get(sampleKey('trader_matches_total', labels)), 2);
    }
    t.is(page.get(sampleKey('screener_tasks_rerun_total')), 3);
    t.is(page.get(sampleKey('screener_task_duration_ms_count', {worker_id: '0'})), 3);
    t.like(pool.getStats(), {pendingTasks: 0, tasksProcessed: 4});
  },
);

test.serial(
  'executeFilters() gives a list whose head ends its worker to the next, trader by trader',
  async t => {
    const {screen, store, samples} = await startMachine(t, 1, {
      workerHeapMb: 32,
      taskTimeoutMs: 60_000,
    });
    fillStore(store, ['AUSDT']);
    const results = await screen([
      traderOf('hoarder', HOARD),
      traderOf('a', HONEST),
      traderOf('second', HOARD),
      traderOf('b', HONEST),
    ]);
    for (const id of ['hoarder', 'second']) t.regex(results.get(id)?.error ?? '', /memory/);
    for (const id of ['a', 'b']) t.is(results.get(id)?.matches.length, 1, id);
    // Only `a` was lost: `b` had not been taken yet.
    t.is(samples().get(sampleKey('screener_tasks_rerun_total')), 1);
  },
);

test.serial(
  'executeFilters() has all matches of traders that match more than one batch may hold',
  async t => {
    const {screen, store} = await startMachine(t, 2);
    const symbols = Array.from({length: 150}, (_, i) => `S${i}USDT`);
    fillStore(store, symbols, 1);
    // 8 kB a match, each with texts of its own: a trader's matches alone are more.
    const code = `const conditions = Array.from({length: 8}, (_, i) => (ticker.s + i).padEnd(256, '.'));
      return {match: true, conditions};`;
    const traders = Array.from({length: 9}, (_, i) => traderOf(`t${i}`, i % 3 ? code : HONEST));
    const conditions = Array.from({length: 8}, (_, i) => `S7USDT${i}`.padEnd(256, '.'));
    for (const newCount of [150, 0]) {
      const results = await screen(traders);
      t.is(results.size, traders.length);
      for (const {traderId, matches, continuingMatches} of results.values()) {
        t.deepEqual([matches.length, continuingMatches], [newCount, 150 - newCount]);
        if (newCount === 0) continue;
        t.deepEqual(matches[7]?.matchedConditions, Number(traderId[1]) % 3 ? conditions : []);
      }
    }
  },
);
