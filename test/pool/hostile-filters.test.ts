import test, {type ExecutionContext} from 'ava';
import type {ScreenerPoolOptions} from '../../src/pool/screener-pool.js';
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
    '[1, null, Symbol("s"), {}, () => 1]',
    ['1', 'null', 'Symbol(s)', '[object Object]', '() => 1'],
  ],
  'a list that cuts itself to functions': [
    'Object.assign(["a"], {slice: () => ({map: () => [() => 1]})})',
    ['a'],
  ],
  'a list that cuts itself to a number': [
    'Object.assign(["a"], {slice: () => ({map: () => 5})})',
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
  'executeFilters() answers for a filter that ends its worker, and takes a new one',
  async t => {
    const options = {rounds: 3, taskTimeoutMs: TIMEOUT_MS_UNREACHED};
    for (const result of await screenBehind(t, 'process.exit(0);', options)) {
      t.truthy(result.error);
      t.deepEqual(result.matches, []);
    }
  },
);

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

test.serial('executeFilters() goes on behind a filter that closes its parentPort', async t => {
  const code = "process.getBuiltinModule('node:worker_threads').parentPort.close(); return true;";
  await screenBehind(t, code, {rounds: 2, taskTimeoutMs: TIMEOUT_MS_UNREACHED});
});

test.serial(
  'executeFilters() goes on behind a filter that lets its worker post nothing',
  async t => {
    const code = `const {MessagePort} = process.getBuiltinModule('node:worker_threads');
    MessagePort.prototype.postMessage = () => {}; return true;`;
    const [result] = await screenBehind(t, code, {taskTimeoutMs: TIMEOUT_MS});
    t.is(result?.error, `Screening took longer than ${TIMEOUT_MS} ms`);
  },
);

test.serial(
  'executeFilters() answers for a filter that keeps back what its worker counts',
  async t => {
    const {screen, store} = await startMachine(t, 1, {taskTimeoutMs: 1_000});
    fillStore(store, SYMBOLS);
    const code = `const {MessagePort} = process.getBuiltinModule('node:worker_threads');
    const {postMessage} = MessagePort.prototype;
    MessagePort.prototype.postMessage = function (message, ...rest) {
      if (!(message instanceof ArrayBuffer)) return postMessage.call(this, message, ...rest);
    };
    return true;`;
    const results = await screen([traderOf('t', code)]);
    t.is(results.get('t')?.error, 'Screening took longer than 1000 ms');
  },
);

test.serial(
  'executeFilters() goes on behind a filter that imitates a hello, and counts nothing twice',
  async t => {
    const code = `const {parentPort, MessageChannel} = process.getBuiltinModule('node:worker_threads');
    for (const control of [undefined, 5, new SharedArrayBuffer(9), new SharedArrayBuffer(24)]) {
      const {port1, port2} = new MessageChannel();
      parentPort.postMessage({threadtally: 1, channel: 'forged', threadId: 1, port: port2, control}, [port2]);
      port1.postMessage({kind: 'retire', cell: 0});
    }
    return true;`;
    const {screen, store, pool, samples} = await startMachine(t, 1);
    fillStore(store, SYMBOLS);
    for (let round = 1; round <= 2; round++) {
      const results = await screen([traderOf('hostile', code), HONEST]);
      for (const {error} of results.values()) t.is(error, undefined);
      for (const id of ['hostile', 'honest']) {
        const labels = {trader_id: id, trader_name: id.toUpperCase()};
        t.is(samples().get(sampleKey('trader_screenings_total', labels)), round);
        t.is(samples().get(sampleKey('trader_matches_total', labels)), 2 * round);
      }
    }
    const refused = ['protocol_version', 'bad_hello'].map(
      reason => samples().get(sampleKey('hub_messages_dropped_total', {reason})) ?? 0,
    );
    t.true(refused.some(count => count > 0));
    await pool.shutdown(0);
    t.is(samples().get(sampleKey('hub_workers')), 0);
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
