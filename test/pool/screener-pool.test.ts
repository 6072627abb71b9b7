import test from 'ava';
import {sampleKey} from '../support/exposition.js';
import {fillStore, startMachine, traderOf} from '../support/machine.js';

const ENDLESS = 'for (;;);';

test.serial(
  'executeFilters() gives each trader its own result, whatever the others do',
  async t => {
    const {screen, store} = await startMachine(t, 2);
    fillStore(store, ['AUSDT', 'BUSDT']);
    const results = await screen([
      traderOf('all', 'return true;'),
      traderOf('named', "return {match: ticker.s === 'BUSDT', conditions: ['b', 7]};"),
      traderOf('throws', "if (ticker.s === 'AUSDT') throw new Error('boom'); return true;"),
      traderOf('broken', 'return (;'),
      traderOf('nonsense', "return {match: 'yes', conditions: 'none'};"),
      traderOf('truthy', 'return 1;'),
      traderOf('nothing', ''),
      traderOf('disabled', 'return true;', {enabled: false}),
    ]);
    const symbols = (id: string) => results.get(id)?.matches.map(({symbol}) => symbol);
    t.deepEqual(symbols('all'), ['AUSDT', 'BUSDT']);
    t.deepEqual(results.get('named')?.matches, [
      {symbol: 'BUSDT', price: 100, matchedConditions: ['b', '7'], timestamp: 0},
    ]);
    t.deepEqual(symbols('throws'), ['BUSDT']);
    t.deepEqual(symbols('broken'), []);
    t.regex(results.get('broken')?.error ?? '', /^Filter does not parse: SyntaxError: /);
    for (const id of ['nonsense', 'truthy', 'nothing']) t.deepEqual(symbols(id), [], id);
    t.false(results.has('disabled'));
    t.is(results.get('all')?.error, undefined);
  },
);

test.serial(
  'executeFilters() compiles a filter once a worker, and again where its code has changed',
  async t => {
    const {screen, store, samples} = await startMachine(t, 1);
    fillStore(store, ['AUSDT']);
    const compiledCount = async (code: string) => {
      await screen([traderOf('t', code)]);
      return samples().get(sampleKey('screener_filters_compiled_total'));
    };
    t.is(await compiledCount('return true;'), 1);
    t.is(await compiledCount('return true;'), 1);
    t.is(await compiledCount('return true; // changed'), 2);
    t.is(await compiledCount('return true;'), 2);
  },
);

test.serial('executeFilters() says where a filter fails, symbol by symbol', async t => {
  const {screen, store} = await startMachine(t, 1);
  fillStore(store, ['AUSDT', 'BUSDT']);
  const results = await screen([
    traderOf('all', "throw new Error('boom ' + ticker.s);"),
    traderOf('one', "if (ticker.s === 'BUSDT') throw null; return true;"),
    traderOf('none', 'return true;', {filter: {code: 'return true;', refreshInterval: '1d'}}),
  ]);
  t.deepEqual(results.get('all')?.throws, {symbolCount: 2, firstMessage: 'Error: boom AUSDT'});
  t.deepEqual(results.get('one')?.throws, {symbolCount: 1, firstMessage: 'null'});
  t.is(results.get('one')?.matches.length, 1);
  t.is(results.get('none')?.symbolCount, 0);
  t.is(results.get('all')?.error, undefined);
});

test.serial(
  'executeFilters() counts each reason why a screening finds less than it might',
  async t => {
    const {screen, store, samples} = await startMachine(t, 2);
    fillStore(store, ['AUSDT', 'BUSDT']);
    const traders = [
      traderOf('broken', 'return (;'),
      traderOf('throws', "if (ticker.s === 'BUSDT') throw null; return 'yes';"),
      traderOf('blind', 'return true;', {filter: {code: 'return true;', refreshInterval: '1d'}}),
      traderOf('silent', 'ticker.c > 5;'),
      traderOf('vague', 'return {match: 1};'),
      traderOf('quiet', 'if (ticker.c < 0) return true;'),
      traderOf('fine', 'return {match: false};'),
    ];
    await screen(traders);
    const results = await screen(traders);
    const counts = (id: string) =>
      ['parse', 'failed', 'throw', 'bad_result', 'no_data'].map(reason =>
        samples().get(
          sampleKey('trader_errors_total', {
            trader_id: id,
            trader_name: id.toUpperCase(),
            reason,
          }),
        ),
      );
    t.deepEqual(counts('broken'), [2, 0, 0, 0, 0]);
    t.deepEqual(counts('throws'), [0, 0, 2, 2, 0]);
    t.deepEqual(counts('blind'), [0, 0, 0, 0, 2]);
    t.deepEqual(counts('silent'), [0, 0, 0, 2, 0]);
    t.deepEqual(counts('vague'), [0, 0, 0, 2, 0]);
    t.deepEqual(counts('quiet'), [0, 0, 0, 0, 0]);
    t.deepEqual(counts('fine'), [0, 0, 0, 0, 0]);
    const badOf = (id: string) => results.get(id)?.badResults;
    t.deepEqual(badOf('throws'), {symbolCount: 1, firstResult: '"yes"'});
    t.deepEqual(badOf('silent'), {
      symbolCount: 2,
      firstResult: 'nothing: the code has no `return`',
    });
    t.deepEqual(badOf('vague'), {symbolCount: 2, firstResult: 'an object whose `match` is 1'});
    t.is(badOf('quiet'), undefined);
  },
);

test.serial('executeFilters() tells new matches from continuing ones', async t => {
  const {screen, store} = await startMachine(t, 2);
  fillStore(store, ['AUSDT', 'BUSDT']);
  const trader = traderOf('t', "return timeframes['5m'].length > 3 || ticker.s === 'AUSDT';");
  const first = (await screen([trader])).get('t');
  t.deepEqual(
    first?.matches.map(({symbol}) => symbol),
    ['AUSDT'],
  );
  t.is(first?.continuingMatches, 0);
  fillStore(store, ['BUSDT'], 5);
  const second = (await screen([trader])).get('t');
  t.deepEqual(
    second?.matches.map(({symbol}) => symbol),
    ['BUSDT'],
  );
  t.is(second?.continuingMatches, 1);
});

test.serial('executeFilters() skips a symbol without ticker or candles', async t => {
  const {screen, store, samples} = await startMachine(t, 1);
  fillStore(store, ['AUSDT']);
  store.recordTicker({s: 'NOCANDLES', P: '0', c: '1', q: '1'});
  const results = await screen([traderOf('t', 'return true;')]);
  t.deepEqual(
    results.get('t')?.matches.map(({symbol}) => symbol),
    ['AUSDT'],
  );
  t.is(samples().get(sampleKey('trader_symbols_watching', {trader_id: 't'})), 1);
});

test.serial('a filter that changes its arguments reaches no other trader', async t => {
  const {screen, store} = await startMachine(t, 1);
  fillStore(store, ['AUSDT']);
  const code = `const k = timeframes['5m']; const ok = k.length === 3 && k[0][4] === '1' && ticker.c === '100';
    for (const row of k) row[4] = 'spoilt'; k.length = 1; ticker.c = '0'; return ok;`;
  for (let round = 0; round < 3; round++) {
    const results = await screen([traderOf('a', code), traderOf('b', code)]);
    const matched = [...results.values()].map(
      ({matches, continuingMatches = 0}) => matches.length + continuingMatches,
    );
    t.deepEqual(matched, [1, 1]);
  }
});

test.serial('the page shows what a screening counted as soon as it resolves', async t => {
  const {screen, store, samples} = await startMachine(t, 3);
  fillStore(store, ['AUSDT', 'BUSDT']);
  const traders = Array.from({length: 12}, (_, i) => traderOf(`t${i}`, 'return true;'));
  for (let round = 1; round <= 5; round++) {
    await screen(traders);
    const page = samples();
    for (const {id, name} of traders) {
      const labels = {trader_id: id, trader_name: name};
      t.is(page.get(sampleKey('trader_screenings_total', labels)), round);
      t.is(page.get(sampleKey('trader_matches_total', labels)), 2 * round);
      t.is(page.get(sampleKey('trader_execution_time_ms_count', labels)), round);
      t.is(page.get(sampleKey('trader_new_matches', labels)), round === 1 ? 2 : 0);
      t.is(page.get(sampleKey('trader_continuing_matches', labels)), round === 1 ? 0 : 2);
    }
    const tasks = [...page].filter(([key]) => key.startsWith('screener_task_duration_ms_count'));
    t.is(
      tasks.reduce((sum, [, count]) => sum + count, 0),
      12 * round,
    );
    t.true(tasks.every(([key]) => /\{worker_id="[012]"\}$/.test(key)));
  }
});

test.serial(
  'a new trader stands at 0 before its screening ends; a renamed or removed one leaves the page',
  async t => {
    const {screen, store, samples} = await startMachine(t, 2);
    fillStore(store, ['AUSDT']);
    const seriesOf = (name: string) =>
      [...samples().keys()].filter(key => key.includes(`"${name}"`));
    const trader = traderOf('t', 'return true;', {name: 'Before'});
    const running = screen([trader]);
    await Promise.resolve();
    t.is(
      samples().get(sampleKey('trader_screenings_total', {trader_id: 't', trader_name: 'Before'})),
      0,
    );
    await running;
    const renamed = await screen([{...trader, name: 'After'}]);
    t.is(renamed.get('t')?.continuingMatches, 1, 'a new name is no new trader');
    t.deepEqual(seriesOf('Before'), []);
    const labels = {trader_id: 't', trader_name: 'After'};
    t.is(samples().get(sampleKey('trader_screenings_total', labels)), 1);
    await screen([]);
    t.deepEqual(seriesOf('After'), []);
    t.deepEqual(seriesOf('t'), []);
    const back = await screen([{...trader, name: 'After'}]);
    t.is(back.get('t')?.matches.length, 1, 'a trader that was removed begins anew');
    t.is(samples().get(sampleKey('trader_screenings_total', labels)), 1);
  },
);

test.serial(
  'executeFilters() answers for a trader in an endless loop, and screens on with a new worker',
  async t => {
    const {screen, store, pool, samples} = await startMachine(t, 2, {taskTimeoutMs: 3_000});
    fillStore(store, ['AUSDT']);
    const traders = [traderOf('endless', ENDLESS), traderOf('honest', 'return true;')];
    const results = await screen(traders);
    t.is(results.get('endless')?.error, 'Screening took longer than 3000 ms');
    t.is(results.get('honest')?.matches.length, 1);
    const next = await screen(traders.slice(1));
    t.is(next.get('honest')?.continuingMatches, 1);
    const labels = {trader_id: 'honest', trader_name: 'HONEST'};
    t.is(samples().get(sampleKey('trader_screenings_total', labels)), 2);
    t.is(pool.getStats().pendingTasks, 0);
  },
);

test.serial(
  'scaleWorkerPool() keeps matches and counts, and the slots within the pool',
  async t => {
    const {screen, store, pool, samples} = await startMachine(t, 3);
    fillStore(store, ['AUSDT']);
    const traders = Array.from({length: 6}, (_, i) => traderOf(`t${i}`, 'return true;'));
    let rounds = 0;
    for (const workerCount of [1, 2, 3]) {
      const resize = pool.scaleWorkerPool(workerCount);
      const [results] = await Promise.all([screen(traders), resize]);
      rounds++;
      for (const result of results.values()) t.is(result.error, undefined);
      t.is(pool.getStats().totalWorkers, workerCount);
      const page = samples();
      const labels = {trader_id: 't0', trader_name: 'T0'};
      t.is(page.get(sampleKey('trader_screenings_total', labels)), rounds);
      const slots = [...page.keys()].filter(key =>
        key.startsWith('screener_task_duration_ms_count'),
      );
      t.true(slots.every(key => /"[012]"/.test(key)));
    }
    const results = await screen(traders);
    t.true([...results.values()].every(({continuingMatches}) => continuingMatches === 1));
  },
);

test.serial('gauges of the pool tell what it does at the moment of the scrape', async t => {
  const {screen, store, pool, samples} = await startMachine(t, 2, {taskTimeoutMs: 1_500});
  fillStore(store, ['AUSDT']);
  const gauges = () => {
    const page = samples();
    return ['screener_workers_active', 'screener_workers_idle', 'screener_queue_depth'].map(name =>
      page.get(sampleKey(name)),
    );
  };
  t.deepEqual(gauges(), [0, 2, 0]);
  await screen([]);
  const running = screen(Array.from({length: 5}, (_, i) => traderOf(`e${i}`, ENDLESS)));
  await new Promise(resolve => setImmediate(resolve));
  t.deepEqual(gauges(), [2, 0, 3]);
  t.deepEqual(pool.getStats(), {
    totalWorkers: 2,
    busyWorkers: 2,
    queueDepth: 3,
    pendingTasks: 5,
    tasksProcessed: 0,
  });
  const results = await running;
  t.is([...results.values()].filter(({error}) => error !== undefined).length, 5);
  t.deepEqual(gauges().slice(2), [0]);
});

test.serial('executeFilters() refuses two traders of one id', async t => {
  const {screen} = await startMachine(t, 1);
  await t.throwsAsync(screen([traderOf('t', ''), traderOf('t', '')]), {
    instanceOf: TypeError,
    message: "Expected each trader's id once, got `t` twice",
  });
});

test.serial('shutdown() ends a pool whose filters never end', async t => {
  const {screen, store, pool} = await startMachine(t, 2);
  fillStore(store, ['AUSDT']);
  const running = screen([traderOf('endless', ENDLESS)]);
  await new Promise(resolve => setImmediate(resolve));
  await pool.shutdown(0);
  t.truthy((await running).get('endless')?.error);
  await t.throwsAsync(screen([]), {
    message: 'Expected a pool that is not shut down, got one that is',
  });
});
