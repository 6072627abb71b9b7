import test, {type ExecutionContext} from 'ava';
import type {ScreenerPoolOptions} from '../../src/pool/pool-options.js';
import type {TraderResult} from '../../src/screener/trader.js';
import {sampleKey, watchMonotony} from '../support/exposition.js';
import {fillStore, startMachine, traderOf} from '../support/machine.js';

const SYMBOLS = ['AUSDT', 'BUSDT'];

/** Far beyond what a test takes: where it is used, no filter is ended by its time limit. */
const TIMEOUT_MS_UNREACHED = 60_000;

/** Waited for; yet the honest trader's new worker must start within it on a busy machine. */
const TIMEOUT_MS = 5_000;

/** Screened behind the hostile one in the same worker; adds up the closes, so it sees a market that is spoilt. */
const HONEST = traderOf(
  'honest',
  `const closes = timeframes['5m'].map(k => parseFloat(k[4]));
   return {match: closes.reduce((a, b) => a + b, 0) === 6, conditions: ['six']};`,
);

/** Takes all the memory that there is. */
const HOARD = 'const hoard = []; for (;;) hoard.push(new Array(1e5).fill(0));';

/** Screens both in a pool of one worker, checks what the honest trader gets, and returns what the hostile one does. */
async function screenBehind(
  t: ExecutionContext,
  code: string,
  {rounds = 1, ...options}: Partial<ScreenerPoolOptions> & {rounds?: number},
): Promise<TraderResult[]> {
  const {screen, store, hub, samples} = await startMachine(t, 1, options);
  fillStore(store, SYMBOLS);
  const watch = watchMonotony(t, () => hub.renderPage().body);
  const hostile: TraderResult[] = [];
  for (let round = 1; round <= rounds; round++) {
    const results = await screen([traderOf('hostile', code), HONEST]);
    watch.look();
    const honest = results.get('honest')!;
    t.is(honest.error, undefined, `round ${round}`);
    t.is(honest.matches.length, round === 1 ? 2 : 0);
    t.is(honest.continuingMatches, round === 1 ? 0 : 2);
    for (const {price, matchedConditions} of honest.matches) {
      t.deepEqual([price, matchedConditions], [100, ['six']]);
    }
    const labels = {trader_id: 'honest', trader_name: 'HONEST'};
    t.is(samples().get(sampleKey('trader_screenings_total', labels)), round);
    hostile.push(results.get('hostile')!);
  }
  t.is(samples().get(sampleKey('hub_messages_dropped_total', {reason: 'undecodable'})), 0);
  return hostile;
}

/** By what the filter does: none of it is a match. */
const NO_MATCH: Readonly<Record<string, string>> = {
  'rejects a promise': 'return Promise.reject(new Error("later"));',
  'is async and throws': 'return (async () => { await 1; throw new Error("later"); })();',
  'recurses for ever': 'return (function f() { return f() + 1; })();',
  'throws null': 'throw null;',
  'throws what has no text': 'throw Object.create(null);',
  'throws what throws when it is read': 'throw {toString() { throw this; }};',
  'returns a Proxy that throws': 'return new Proxy({}, {get() { throw 1; }});',
  'returns a revoked Proxy':
    'const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); return proxy;',
  'returns a getter that throws': 'return {get match() { throw 1; }};',
  'ends the process': 'process.exit(0);',
  'asks for a module': "require('node:fs'); return true;",
  'asks Node for its port':
    "process.getBuiltinModule('node:worker_threads').parentPort.close(); return true;",
  fetches: "fetch('http://127.0.0.1/'); return true;",
  'sets a timer': 'setTimeout(() => {}); return true;',
  'waits on shared memory':
    'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); return true;',
  'makes a text too long': "return 'x'.repeat(2 ** 30) === '';",
  'returns a bigint': 'return 1n;',
  'returns a symbol': 'return Symbol("x");',
  'returns a function': 'return () => true;',
  'names a condition without a text': 'return {match: true, conditions: [Object.create(null)]};',
};
for (const [what, code] of Object.entries(NO_MATCH)) {
  test.serial(`executeFilters() takes a filter that ${what} for no match, and goes on`, async t => {
    const options = {rounds: 2, taskTimeoutMs: TIMEOUT_MS_UNREACHED};
    for (const result of await screenBehind(t, code, options)) {
      t.is(result.error, undefined);
      t.is(result.symbolCount, SYMBOLS.length);
      t.deepEqual([result.matches, result.continuingMatches], [[], 0]);
    }
  });
}

/** By what a matching filter names: the conditions that its matches hold. */
const CONDITIONS: Readonly<Record<string, readonly [list: string, conditions: string[]]>> = {
  'a million conditions': ['new Array(1e6).fill("x")', Array(32).fill('x')],
  'a list of length 2^32-1': [
    '(a => { a.length = 2 ** 32 - 1; return a; })([])',
    Array(32).fill('undefined'),
  ],
  'a condition of a million characters': ['["x".repeat(1e6)]', ['x'.repeat(256)]],
  'conditions that are no texts': [
    '[1, null, Symbol("s"), {}, Math.max]',
    ['1', 'null', 'Symbol(s)', '[object Object]', 'function max() { [native code] }'],
  ],
  'a list that cuts itself to functions': [
    'Object.defineProperty(["a"], "slice", {value: () => ({map: () => [() => 1]})})',
    ['a'],
  ],
  'a list that cuts itself to a number': [
    'Object.defineProperty(["a"], "slice", {value: () => ({map: () => 5})})',
    ['a'],
  ],
  'a list of a class of its own': [
    'new (class extends Array { static get [Symbol.species]() { return class { map() { return 5; } }; } })("a", "b")',
    ['a', 'b'],
  ],
};
for (const [what, [list, conditions]] of Object.entries(CONDITIONS)) {
  test.serial(`executeFilters() makes a bounded list of texts of ${what}`, async t => {
    const code = `return {match: true, conditions: ${list}};`;
    const [result] = await screenBehind(t, code, {taskTimeoutMs: TIMEOUT_MS_UNREACHED});
    t.is(result?.error, undefined);
    t.deepEqual(
      result?.matches.map(({matchedConditions}) => matchedConditions),
      [conditions, conditions],
    );
  });
}

test.serial(
  'executeFilters() answers for a filter that needs more heap than workerHeapMb',
  async t => {
    const code = 'const hoard = []; for (;;) hoard.push(new Array(1e5).fill(0));';
    const options = {workerHeapMb: 64, taskTimeoutMs: TIMEOUT_MS_UNREACHED};
    for (const result of await screenBehind(t, code, options)) {
      t.regex(result.error ?? '', /memory/);
      t.deepEqual(result.matches, []);
    }
  },
);

test.serial(
  'executeFilters() starves no trader behind an endless filter in the only worker',
  async t => {
    for (const result of await screenBehind(t, 'for (;;);', {taskTimeoutMs: TIMEOUT_MS})) {
      t.is(result.error, `Screening took longer than ${TIMEOUT_MS} ms`);
    }
  },
);

test.serial(
  'executeFilters() quarantines a trader that ended three workers in a row, tells it once, and tries it again',
  async t => {
    const clock = {ms: 0};
    const lines: string[] = [];
    const quarantines: string[] = [];
    const {screen, store, samples} = await startMachine(t, 1, {
      taskTimeoutMs: TIMEOUT_MS,
      workerHeapMb: 32,
      now: () => clock.ms,
      onWarning: line => lines.push(line),
      onQuarantine: ({id, name}, reason) => quarantines.push(`Trader ${name} (${id}): ${reason}`),
    });
    fillStore(store, SYMBOLS);
    const labels = {trader_id: 'hoarder', trader_name: 'HOARDER'};
    const quarantined = () => samples().get(sampleKey('trader_quarantined', labels));
    const ends = () =>
      samples().get(sampleKey('trader_runaways_total', {...labels, reason: 'out_of_memory'}));
    const hoarder = traderOf('hoarder', HOARD);
    t.deepEqual([quarantined(), ends()], [undefined, undefined]);
    for (let round = 1; round <= 3; round++) {
      t.regex((await screen([hoarder, HONEST])).get('hoarder')?.error ?? '', /memory/);
      t.deepEqual([quarantined(), ends()], [round === 3 ? 1 : 0, round]);
    }
    const told =
      /^Quarantined for 60 s after 3 ends of its worker in a row, the last by out_of_memory$/;
    const during = await screen([hoarder, HONEST]);
    t.regex(during.get('hoarder')?.error ?? '', told);
    t.is(during.get('honest')?.continuingMatches, 2);
    t.deepEqual([lines.length, ends()], [1, 3]);
    clock.ms = 60_000;
    t.regex((await screen([hoarder])).get('hoarder')?.error ?? '', /memory/);
    t.deepEqual([lines.length, ends()], [2, 4]);
    t.deepEqual(quarantines, lines);
    t.is((await screen([traderOf('hoarder', 'return true;')])).get('hoarder')?.matches.length, 2);
    t.is(quarantined(), 0);
  },
);

/** How a filter may fail, and what its result shows of that. */
const FAILURES: readonly (readonly [code: string, error: RegExp | undefined, matches: number])[] = [
  ["throw new Error('x');", undefined, 0],
  ['return (;', /does not parse/, 0],
  ["for (const row of timeframes['5m']) row[4] = '0'; return true;", undefined, 2],
  ['Array.prototype.map = null; leak = 1; return true;', undefined, 2],
  ['return (function f() { return f() + 1; })();', undefined, 0],
  ["return Promise.reject(new Error('later'));", undefined, 0],
];

test.serial('executeFilters() screens 500 filters of which some fail in each way', async t => {
  const {screen, store, pool} = await startMachine(t, 2, {
    taskTimeoutMs: TIMEOUT_MS,
    workerHeapMb: 64,
  });
  fillStore(store, SYMBOLS);
  const traders = Array.from({length: 498}, (_, i) => {
    const [code] = FAILURES[i % 12] ?? [HONEST.filter.code];
    return traderOf(`t${i}`, code);
  });
  traders.splice(100, 0, traderOf('spinner', 'for (;;);'), traderOf('hoarder', HOARD));
  const results = await screen(traders);
  t.deepEqual(
    [...results.keys()],
    traders.map(({id}) => id),
  );
  t.is(results.get('spinner')?.error, `Screening took longer than ${TIMEOUT_MS} ms`);
  t.regex(results.get('hoarder')?.error ?? '', /memory/);
  for (let i = 0; i < 498; i++) {
    const [, error, matches] = FAILURES[i % 12] ?? ['', undefined, 2];
    const result = results.get(`t${i}`)!;
    if (error === undefined) t.is(result.error, undefined);
    else t.regex(result.error ?? '', error);
    t.is(result.matches.length, matches, `t${i}`);
  }
  t.like(pool.getStats(), {pendingTasks: 0, tasksProcessed: 500});
});
