import test from 'ava';
import type {TraderResult} from '../src/screener/trader.js';
import {TraderTroubles} from '../src/trader-troubles.js';
import {traderOf} from './support/machine.js';

/** Tells of one trader, T, and keeps what was told. */
function startTelling() {
  const lines: string[] = [];
  const troubles = new TraderTroubles(line => lines.push(line));
  return (more: Partial<TraderResult>, code = 'return true;') => {
    const result = {traderId: 't', traderName: 'T', enabled: true, matches: [], executionTime: 0};
    const traders = new Map([['t', traderOf('t', code)]]);
    troubles.tell(new Map([['t', {...result, symbolCount: 3, ...more}]]), traders, true);
    return lines.splice(0);
  };
}

const thrown = (symbolCount: number, firstMessage: string) => ({
  throws: {symbolCount, firstMessage},
});

test('tell() says once that a filter fails on some symbols, though that comes and goes', t => {
  const tell = startTelling();
  t.deepEqual(tell(thrown(1, 'Error: a')), [
    'The filter of trader T fails on 1 of 3 symbols: Error: a [filter_throws]',
  ]);
  t.deepEqual(tell({}), []);
  t.deepEqual(tell(thrown(2, 'Error: b')), []);
  t.deepEqual(tell(thrown(2, 'Error: b'), 'return changed;'), [
    'The filter of trader T fails on 2 of 3 symbols: Error: b [filter_throws]',
  ]);
});

test('tell() says once that a filter returns no verdict, and what it returned', t => {
  const tell = startTelling();
  const badResults = {symbolCount: 3, firstResult: '"yes"'};
  t.deepEqual(tell({badResults}), [
    'The filter of trader T returned no verdict for 3 of 3 symbols: expected a boolean or {match: boolean}, got "yes" [filter_no_verdict]',
  ]);
  t.deepEqual(tell({badResults}), []);
});

test('tell() says anew what was over, and what became worse', t => {
  const tell = startTelling();
  t.is(tell(thrown(1, 'Error: a')).length, 1);
  t.deepEqual(tell(thrown(3, 'Error: a')), [
    'The filter of trader T fails on every symbol: Error: a [filter_throws]',
  ]);
  t.deepEqual(tell(thrown(3, 'Error: with another price')), []);
  t.deepEqual(tell({}), []);
  t.is(tell(thrown(3, 'Error: a')).length, 1);
});
