import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import {type Samples, sampleKey, watchMonotony} from '../support/exposition.js';
import {fillStore, startMachine, traderOf} from '../support/machine.js';

const SYMBOLS = ['AUSDT', 'BUSDT'];

/** Ids and names that a careless map, label or page would trip over. */
const ODD_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  '',
  'x'.repeat(256),
  'naïve ☃ "q" \\ \n',
  '𝒳',
];

function tasksBySlot(samples: Samples): [key: string, count: number][] {
  return [...samples].filter(([key]) => key.startsWith('screener_task_duration_ms_count'));
}

test.serial(
  'executeFilters() counts each screening once amid renames, removals, deaths and resizes',
  async t => {
    const {screen, store, samples, pool} = await startMachine(t, 2, {
      taskTimeoutMs: 60_000,
      workerHeapMb: 32,
    });
    fillStore(store, SYMBOLS);
    let screened = 0;
    const pending: Promise<unknown>[] = [];
    const errors: string[] = [];
    for (let round = 0; round < 40; round++) {
      const traders = ODD_NAMES.slice(round % 5 === 4 ? 3 : 0).map((id, i) =>
        traderOf(id, 'return true;', {
          name: (round >> 2) % 2 === 0 ? id : `${id}-${i}`.slice(-256),
        }),
      );
      const mortal = traderOf(
        'mortal',
        round % 7 === 3
          ? 'for (const hoard = [];;) hoard.push(new Array(1e5).fill(0));'
          : 'throw 1',
      );
      const done = screen([...traders, mortal]).then(results => {
        t.is(results.size, traders.length + 1);
        for (const {traderId, error} of results.values()) {
          if (error === undefined) screened++;
          else if (traderId !== 'mortal') errors.push(`${traderId}: ${error}`);
        }
      });
      pending.push(done);
      if (round % 9 === 5) pending.push(pool.scaleWorkerPool(1 + (round % 3)));
      await nextTurn();
      samples();
    }
    await Promise.all(pending);
    t.deepEqual(errors, []);
    const page = samples();
    // The last round has left out the first three.
    const screenings = [...page.keys()].filter(key => key.startsWith('trader_screenings_total'));
    t.is(screenings.length, ODD_NAMES.length - 3 + 1);
    const tasks = tasksBySlot(page);
    t.is(
      tasks.reduce((sum, [, count]) => sum + count, 0),
      screened,
    );
    t.is(pool.getStats().pendingTasks, 0);
  },
);

test.serial('executeFilters() gives dead workers no slot beyond the size of the pool', async t => {
  const {screen, store, hub} = await startMachine(t, 2, {taskTimeoutMs: 60_000, workerHeapMb: 32});
  fillStore(store, SYMBOLS);
  const watch = watchMonotony(t, () => hub.renderPage().body);
  const traders = [
    traderOf('hoarder', 'for (const hoard = [];;) hoard.push(new Array(1e5).fill(0));'),
    ...Array.from({length: 6}, (_, i) => traderOf(`t${i}`, 'return true;')),
  ];
  for (let round = 0; round < 10; round++) {
    await screen(traders);
    watch.look();
  }
  const tasks = tasksBySlot(watch.look());
  t.true(
    tasks.every(([key]) => /\{worker_id="[01]"\}$/.test(key)),
    tasks.join(' '),
  );
  t.is(
    tasks.reduce((sum, [, count]) => sum + count, 0),
    60,
  );
});

test.serial('executeFilters() of new traders each time leaves no series behind', async t => {
  const {screen, store, samples} = await startMachine(t, 2);
  fillStore(store, SYMBOLS);
  const seriesCounts = new Set<number | undefined>();
  for (let round = 0; round < 60; round++) {
    await screen(Array.from({length: 10}, (_, i) => traderOf(`r${round}-${i}`, 'return true;')));
    // Both workers have recorded a task's duration by then.
    if (round >= 20) seriesCounts.add(samples().get(sampleKey('hub_series')));
  }
  t.is(seriesCounts.size, 1);
});

test.serial('executeFilters() screens 500 traders in one go', async t => {
  const {screen, store, samples} = await startMachine(t, 2, {taskTimeoutMs: 60_000});
  fillStore(store, SYMBOLS);
  const traders = Array.from({length: 500}, (_, i) => traderOf(`t${i}`, 'return true;'));
  for (let round = 1; round <= 2; round++) {
    const results = [...(await screen(traders)).values()];
    t.deepEqual(
      results.map(({traderId}) => traderId),
      traders.map(({id}) => id),
    );
    t.true(results.every(({error}) => error === undefined));
    const tasks = tasksBySlot(samples());
    t.is(
      tasks.reduce((sum, [, count]) => sum + count, 0),
      500 * round,
    );
  }
});

test.serial(
  'executeFilters() remembers a trader that is disabled for a while, under a new name too',
  async t => {
    const {screen, store, samples} = await startMachine(t, 1);
    fillStore(store, SYMBOLS);
    const trader = traderOf('t', 'return true;');
    const sample = (family: string, name = 'T') =>
      samples().get(sampleKey(family, {trader_id: 't', trader_name: name}));
    await screen([trader]);
    t.is(sample('trader_new_matches'), 2);
    await screen([{...trader, enabled: false}]);
    t.is(sample('trader_screenings_total'), 1);
    t.is(sample('trader_new_matches'), 0, 'it matches nothing now');
    t.is((await screen([trader])).get('t')?.continuingMatches, 2);
    t.is(sample('trader_screenings_total'), 2);
    await screen([{...trader, name: 'U', enabled: false}]);
    t.is(sample('trader_screenings_total'), undefined);
    t.is((await screen([{...trader, name: 'U'}])).get('t')?.continuingMatches, 2);
    t.is(sample('trader_screenings_total', 'U'), 1);
  },
);

test.serial('executeFilters() shows no series of a trader that was never enabled', async t => {
  const {screen, samples} = await startMachine(t, 1);
  t.is((await screen([traderOf('idle', '', {enabled: false})])).size, 0);
  t.deepEqual(
    [...samples().keys()].filter(key => key.includes('"idle"')),
    [],
  );
});
