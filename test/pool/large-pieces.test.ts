import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {fillStore, startMachine, traderOf} from '../support/machine.js';

/** Far beyond what a test takes. */
const TIMEOUT_MS_UNREACHED = 60_000;

test('a filter that asks for a text in one large piece is refused it, and the process goes on', async t => {
  const program = fileURLToPath(new URL('../fixtures/large-pieces-program.js', import.meta.url));
  // Rejects where the process ends with another exit code than 0.
  const {stdout} = await promisify(execFile)(process.execPath, [program]);
  t.deepEqual(stdout.trim().split('\n').sort(), [
    'condition: RangeError: Invalid string length',
    'honest: six',
    'padded: RangeError: Invalid string length',
    'ropeReturned: Screening took more than 64 MiB of memory (out_of_memory)',
    'ropeThrown: Screening took more than 64 MiB of memory (out_of_memory)',
    'ropes: Screening took more than 64 MiB of memory (out_of_memory)',
    'split: RangeError: Invalid string length',
    'thrown: RangeError: Invalid string length',
  ]);
});

test('repeat(), padStart() and padEnd() of a filter are those of the language, up to 1,000,000 characters', async t => {
  const {screen, store} = await startMachine(t, 1);
  fillStore(store, ['AUSDT']);
  const code = `const said = [];
    const say = f => { try { said.push(String(f())); } catch (e) { said.push(String(e.name)); } };
    say(() => 'ab'.repeat(2) + 'ab'.repeat(0) + 'ab'.repeat('1') + ''.repeat(1e9));
    say(() => 'x'.repeat(1e6).length);
    say(() => 'x'.repeat(1e6 + 1));
    say(() => 'x'.repeat(-1));
    say(() => 'x'.repeat(Infinity));
    say(() => 'a'.padStart(3) + 'a'.padStart(3, 'xy') + 'abc'.padStart(1) + 'a'.padStart());
    say(() => 'a'.padEnd(3, 'xy') + 'a'.padEnd(3, undefined) + '|' + 'a'.padEnd(3, ''));
    say(() => 'x'.padEnd(1e6).length);
    say(() => 'x'.padEnd(1e6 + 1));
    say(() => 'x'.padStart(1e6 + 1));
    say(() => String.prototype.repeat.call(null, 1));
    say(() => String.prototype.padEnd.call(Symbol(), 1));
    return {match: true, conditions: said};`;
  const [match] = (await screen([traderOf('t', code)])).get('t')?.matches ?? [];
  t.deepEqual(match?.matchedConditions, [
    'ababab',
    '1000000',
    'RangeError',
    'RangeError',
    'RangeError',
    '  axyaabca',
    'axya  |a',
    '1000000',
    'RangeError',
    'RangeError',
    'TypeError',
    'TypeError',
  ]);
});

test('a trader has the memory that the texts of the trader before it were cut from', async t => {
  const options = {workerHeapMb: 128, taskTimeoutMs: TIMEOUT_MS_UNREACHED};
  const {screen, store} = await startMachine(t, 1, options);
  const symbols = Array.from({length: 100}, (_, i) => `S${i}USDT`);
  fillStore(store, symbols);
  const thrift = `return {match: true,
    conditions: Array.from({length: 32}, (_, i) => (i + ticker.s).padEnd(27000, 'y'))};`;
  const honest = `if (ticker.s !== 'S50USDT') return true;
    const list = []; for (let i = 0; i < 1200000; i++) list.push({i}); return true;`;
  for (let round = 0; round < 3; round++) {
    const results = await screen([traderOf('thrift', thrift), traderOf('honest', honest)]);
    for (const id of ['thrift', 'honest']) {
      const {error, matches = [], continuingMatches = 0} = results.get(id) ?? {};
      t.is(error, undefined);
      t.is(matches.length + continuingMatches, symbols.length);
    }
  }
});
