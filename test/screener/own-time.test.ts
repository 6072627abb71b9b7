import test from 'ava';
import {fillStore, startMachine, traderOf} from '../support/machine.js';

test('a filter that throws TypeErrors of its own runs twice on the first symbol, and once on all that follow', async t => {
  const {screen, store} = await startMachine(t, 1);
  fillStore(store, ['AUSDT', 'BUSDT', 'CUSDT']);
  // A name that was never declared lasts for one trader's screening.
  const code = `runs = (typeof runs === 'undefined' ? 0 : runs) + 1;
    if (ticker.s === 'CUSDT') return {match: true, conditions: [String(runs)]};
    return null.x;`;
  for (const runs of ['4', '3']) {
    const result = (await screen([traderOf('t', code)])).get('t');
    t.is(result?.throws?.symbolCount, 2);
    t.deepEqual(result?.matches[0]?.matchedConditions, [runs]);
    // A trader that is gone is forgotten, so that its next match is new.
    await screen([]);
  }
});

test('what a filter leaves behind runs in its own time, also where its screening fails amid the symbols', async t => {
  const {pool, store} = await startMachine(
    t,
    1,
    {taskTimeoutMs: 4_000},
    {slackCandles: 0, candlesMax: 2},
  );
  fillStore(store, ['AUSDT', 'BUSDT'], 2);
  const market = {
    symbols: ['AUSDT', 'BUSDT'],
    tickers: store.tickers,
    klines: store.snapshot(),
    timestamp: 0,
  };
  const at = 2 * 300_000;
  store.record(
    'BUSDT',
    '5m',
    [at, '1', '1', '1', '1', '1', at + 299_999, '0', 1, '0', '0', '0'],
    true,
  );
  const code = 'const again = () => { Promise.resolve().then(again); }; again(); return true;';
  const results = await pool.executeFilters(
    [traderOf('later', code), traderOf('honest', 'return true;')],
    market,
  );
  t.is(results.get('later')?.error, 'Screening took longer than 4000 ms');
  t.regex(results.get('honest')?.error ?? '', /overrun/);
});
