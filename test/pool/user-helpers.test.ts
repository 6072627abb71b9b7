import test from 'ava';
import {MetricsHub} from '../../src/index.js';
import {ScreenerPool} from '../../src/pool/screener-pool.js';
import {fillStore, startMachine, traderOf} from '../support/machine.js';

function fixture(name: string): URL {
  return new URL(`../fixtures/user-helpers/${name}`, import.meta.url);
}

test('helpers: a module of the user stands in the place of the built-in ones', async t => {
  const {screen, store} = await startMachine(t, 2, {helpers: fixture('own.js')});
  fillStore(store, ['AUSDT']);
  const code = `return helpers.lastClose(timeframes['5m']) === 3 && helpers.doubled(4) === 8 && helpers.FACTOR === 2
    && helpers.getLatestRSI === undefined;`;
  const results = await screen(['a', 'b', 'c'].map(id => traderOf(id, code)));
  for (const {matches, throws} of results.values())
    t.deepEqual([matches.length, throws], [1, undefined]);
});

test('helpers: a module in CommonJS works as well', async t => {
  const {screen, store} = await startMachine(t, 1, {helpers: fixture('common-js.cjs')});
  fillStore(store, ['AUSDT']);
  const results = await screen([
    traderOf('t', "return helpers.lastClose(timeframes['5m']) === 3;"),
  ]);
  t.is(results.get('t')?.matches.length, 1);
});

test("helpers: a filter can't spoil the user's own for others", async t => {
  const {screen, store} = await startMachine(t, 1, {helpers: fixture('own.js')});
  fillStore(store, ['AUSDT']);
  const spoil = `helpers.doubled = () => 0; helpers.doubled.call = null; helpers.doubled.prototype.x = 1;
    return {match: true, conditions: [(() => { try { return helpers.doubled.constructor('return process')(); } catch (e) { return e; } })()]};`;
  const honest = 'return helpers.doubled.call(null, 4) === 8;';
  const results = await screen([traderOf('spoiler', spoil), traderOf('honest', honest)]);
  t.is(results.get('honest')?.matches.length, 1);
  t.regex(results.get('spoiler')?.matches[0]?.matchedConditions[0] ?? '', /^EvalError/);
});

const UNUSABLE: Readonly<Record<string, readonly [name: string, message: RegExp]>> = {
  'is missing': ['nowhere.js', /ENOENT/],
  throws: ['throwing.js', /no luck today/],
  'exports no function': ['numbers.js', /Expected it to export functions, got none/],
  "imports a module of Node's": ['reading.js', /to import no module of Node's, got `node:fs`/],
};
for (const [what, [name, message]] of Object.entries(UNUSABLE)) {
  test(`initialize() refuses a module of helpers that ${what}, and leaves no worker behind`, async t => {
    const hub = new MetricsHub();
    const pool = new ScreenerPool({hub, helpers: fixture(name)});
    t.teardown(() => pool.shutdown(0));
    await t.throwsAsync(pool.initialize(2), {
      name: 'HelpersError',
      code: 'helpers_invalid',
      message,
    });
    t.is(pool.getStats().totalWorkers, 0);
    t.is(hub.workerCount, 0);
  });
}
