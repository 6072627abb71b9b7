import test from 'ava';
import fc from 'fast-check';
import {MatchMemory} from '../../src/pool/match-memory.js';
import {MarketSharing, type MarketSharingOptions} from '../../src/pool/shared-market.js';
import {ReplyPacker, unpackReplies} from '../../src/screener/packed-replies.js';

const MARK = {channel: 'c', sequence: 1};

function sharing(): MarketSharing {
  const verbatim = {set() {}} as unknown as MarketSharingOptions['verbatim'];
  return new MarketSharing({
    verbatim,
    onUnsharable: () => {},
    onRowWritten: () => {},
    rowsAreReplaced: false,
  });
}

/** Matches at these positions, as a worker's answer tells them. */
function foundAt(indexes: readonly number[], symbols: readonly string[]) {
  const packer = new ReplyPacker();
  const matches = indexes.map(symbolIndex => ({symbolIndex, price: 1, conditions: ['c']}));
  packer.add(0, {matches, symbolCount: symbols.length, executionTimeMs: 1}, 1);
  return unpackReplies(packer.pack(MARK), {symbols, timestamp: 7}).get(0)!.matches;
}

/** A market's symbols and which of them match. Some name a symbol twice, many are as the one before. */
const SCREENING = fc.record({
  symbols: fc.oneof(
    {weight: 3, arbitrary: fc.constant(['A', 'B', 'C', 'D', 'E'])},
    {weight: 1, arbitrary: fc.constant(['E', 'B', 'A', 'C', 'D'])},
    {weight: 1, arbitrary: fc.array(fc.constantFrom('A', 'B', 'C', 'F'), {maxLength: 6})},
  ),
  matching: fc.array(fc.boolean(), {minLength: 6, maxLength: 6}),
});

test('sort() tells new matches from continuing ones by their names, however the market lists them', t => {
  const property = fc.property(fc.array(SCREENING, {maxLength: 8}), screenings => {
    const memory = new MatchMemory();
    const markets = sharing();
    let before = new Set<string>();
    for (const {symbols, matching} of screenings) {
      const market = {symbols, tickers: new Map(), klines: new Map(), timestamp: 7};
      const shared = markets.share(market).repliedMarket.symbols;
      t.deepEqual(shared, symbols);
      const indexes = [...symbols.keys()].filter(index => matching[index]);
      const names = indexes.map(index => symbols[index]!);
      const {newMatches, continuingCount} = memory.sort('t', foundAt(indexes, shared));
      const expected = names.filter(name => !before.has(name));
      t.deepEqual(
        newMatches.map(({symbol}) => symbol),
        expected,
      );
      t.is(continuingCount, names.length - expected.length);
      before = new Set(names);
      t.deepEqual(memory.symbols, new Map([['t', before]]));
    }
  });
  fc.assert(property, {numRuns: 300});
});

test('remember() and forget() say what the previous screening matched', t => {
  const memory = new MatchMemory();
  const symbols = ['A', 'B', 'C'];
  memory.remember('t', ['C', 'X']);
  t.deepEqual(memory.symbols.get('t'), new Set(['C', 'X']));
  const {newMatches, continuingCount} = memory.sort('t', foundAt([0, 2], symbols));
  t.deepEqual(newMatches, [{symbol: 'A', price: 1, matchedConditions: ['c'], timestamp: 7}]);
  t.is(continuingCount, 1);
  memory.forget('t');
  t.is(memory.symbols.size, 0);
  t.is(memory.sort('t', foundAt([0, 2], symbols)).newMatches.length, 2);
});

test('share() gives the very list of symbols again while it is the same, and a copy at that', t => {
  const markets = sharing();
  const symbols = ['A', 'B'];
  const share = () => {
    const {market, repliedMarket} = markets.share({
      symbols,
      tickers: new Map(),
      klines: new Map(),
      timestamp: 1,
    });
    return {text: market.symbols, list: repliedMarket.symbols};
  };
  const first = share();
  t.is(share().list, first.list);
  symbols.push('C');
  const second = share();
  t.deepEqual(
    [first.list, second.list],
    [
      ['A', 'B'],
      ['A', 'B', 'C'],
    ],
  );
  t.deepEqual([first.text, second.text], ['["A","B"]', '["A","B","C"]']);
  symbols[0] = 'C';
  t.deepEqual(share().list, ['C', 'B', 'C']);
  t.not(share().list, share().list, 'a position would not tell which');
});
