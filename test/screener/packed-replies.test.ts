import test from 'ava';
import * as fc from 'fast-check';
import {ReplyPacker, unpackReplies} from '../../src/screener/packed-replies.js';

const MARK = {channel: 'c', sequence: 1};
const MARKET = {symbols: ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT'], timestamp: 1_700_000_000_000};

const found = fc.record({
  matches: fc.array(
    fc.record({
      symbolIndex: fc.nat({max: MARKET.symbols.length - 1}),
      price: fc.double(),
      conditions: fc.array(fc.string({unit: 'grapheme'}), {maxLength: 3}),
    }),
  ),
  symbolCount: fc.nat(),
  executionTimeMs: fc.double({min: 0, noNaN: true}),
  throws: fc.option(fc.record({symbolCount: fc.nat(), firstMessage: fc.string()}), {
    nil: undefined,
  }),
  uses: fc.option(fc.array(fc.integer()), {nil: undefined}),
});
const refused = fc.record({error: fc.string()});

test('unpackReplies() gives what a ReplyPacker was given, across a thread boundary', t => {
  const property = fc.property(fc.array(fc.oneof(found, refused)), all => {
    const packer = new ReplyPacker();
    for (const [i, one] of all.entries())
      packer.add(7 * i, one as Parameters<typeof packer.add>[1], i + 0.5);
    const reply = structuredClone(packer.pack(MARK));
    t.deepEqual(reply.mark, MARK);
    const unpacked = [...unpackReplies(reply, MARKET)];
    t.is(unpacked.length, all.length);
    for (const [i, [place, {matches, ...rest}]] of unpacked.entries()) {
      const given = all[i]!;
      t.is(place, 7 * i);
      if ('error' in given) {
        t.deepEqual(rest, {
          symbolCount: 0,
          executionTimeMs: 0,
          tookMs: i + 0.5,
          error: given.error,
        });
        t.is(matches.length, 0);
        continue;
      }
      const {symbolCount, executionTimeMs, throws, uses} = given;
      const notes = {...(throws && {throws}), ...(uses && {uses})};
      t.deepEqual(rest, {symbolCount, executionTimeMs, tookMs: i + 0.5, ...notes});
      t.is(matches.length, given.matches.length);
      for (const [j, {symbolIndex, price, conditions}] of given.matches.entries()) {
        const symbol = MARKET.symbols[symbolIndex]!;
        t.is(matches.symbols[matches.symbolIndexAt(j)], symbol);
        const {timestamp} = MARKET;
        t.deepEqual(matches.at(j), {symbol, price, matchedConditions: conditions, timestamp});
      }
    }
  });
  fc.assert(property);
});

test('a match’s conditions are its own, though they were sent once', t => {
  const packer = new ReplyPacker();
  const match = (symbolIndex: number) => ({symbolIndex, price: 1, conditions: ['c']});
  packer.add(0, {matches: [match(0), match(1)], symbolCount: 2, executionTimeMs: 1}, 1);
  const {matches} = unpackReplies(packer.pack(MARK), MARKET).get(0)!;
  matches.at(0).matchedConditions.push('mine');
  t.deepEqual(matches.at(0).matchedConditions, ['c']);
  t.deepEqual(matches.at(1).matchedConditions, ['c']);
});

test('bytes tells how much a ReplyPacker holds, each list of conditions once', t => {
  const packer = new ReplyPacker();
  t.is(packer.bytes, 0);
  const add = (place: number, conditions: string[], count: number) => {
    const matches = Array.from({length: count}, (_, symbolIndex) => ({
      symbolIndex,
      price: 1,
      conditions,
    }));
    packer.add(place, {matches, symbolCount: count, executionTimeMs: 1}, 1);
    return packer.bytes;
  };
  const plain = add(0, [], 100);
  t.true(plain >= 100 * 24 && plain < 3_000, `${plain}`);
  const long = add(1, ['x'.repeat(10_000)], 100) - plain;
  t.true(long >= 20_000 && long < 50_000, `${long}`);
});
