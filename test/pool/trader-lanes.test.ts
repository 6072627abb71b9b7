import test from 'ava';
import {LAST_RUN_WEIGHT, TraderLanes} from '../../src/pool/trader-lanes.js';
import {FoundMatches, type ScreeningReply} from '../../src/screener/packed-replies.js';
import type {CloudTrader} from '../../src/screener/trader.js';

function traders(ids: string): CloudTrader[] {
  return [...ids].map(id => ({id, name: id, enabled: true, filter: {code: `return '${id}'`}}));
}

function reply(tookMs: number, uses?: number[]): ScreeningReply {
  const matches = new FoundMatches({
    numbers: new Float64Array(),
    at: 0,
    length: 0,
    conditions: [],
    market: {symbols: [], timestamp: 0},
  });
  return {matches, symbolCount: 1, executionTimeMs: 0, tookMs, ...(uses && {uses})};
}

/** Ids by lane, such as `ab cd`. */
function arranged(lanes: TraderLanes, ids: string, laneCount = 1): string {
  const all = lanes.arrange(traders(ids), laneCount);
  return all.map(lane => lane.map(({id}) => id).join('')).join(' ');
}

function record(lanes: TraderLanes, id: string, ...told: Parameters<typeof reply>): void {
  lanes.record(traders(id)[0]!, reply(...told));
}

test('a lane begins with those that never ran, then the dearest', t => {
  const lanes = new TraderLanes();
  t.is(arranged(lanes, 'abcd'), 'abcd');
  record(lanes, 'a', 1);
  record(lanes, 'b', 50);
  record(lanes, 'd', 7);
  t.is(arranged(lanes, 'abcde'), 'cebda');
  lanes.forget('a');
  t.is(arranged(lanes, 'abd'), 'abd');
});

test('costs follow a trader that changes, and one odd run does not turn the order', t => {
  const lanes = new TraderLanes();
  for (let run = 0; run < 5; run++) record(lanes, 'a', 100);
  record(lanes, 'b', 90);
  record(lanes, 'a', 90);
  t.is(arranged(lanes, 'ba'), 'ab', `${1 - LAST_RUN_WEIGHT} of it is as before`);
  for (let run = 0; run < 20; run++) record(lanes, 'a', 1);
  t.is(arranged(lanes, 'abc'), 'cba');
});

test('traders that use the same share a lane as soon as workers have told', t => {
  const lanes = new TraderLanes();
  t.is(arranged(lanes, 'abcd', 2), 'ac bd');
  for (const id of 'abcd') record(lanes, id, 10, [1, 'ad'.includes(id) ? 2 : 3]);
  t.is(arranged(lanes, 'abcd', 2), 'ad bc');
  // Told again by another worker: no news.
  record(lanes, 'b', 10, [1, 3]);
  t.is(arranged(lanes, 'abcd', 2), 'ad bc');
});

test('lanes stay as they are while they are about even, and change once they are not', t => {
  const lanes = new TraderLanes();
  for (const id of 'abcd') record(lanes, id, 10);
  t.is(arranged(lanes, 'abcd', 2), 'ac bd');
  record(lanes, 'd', 12);
  t.is(arranged(lanes, 'abcd', 2), 'ac db', 'the same lanes, the dearest first');
  for (let run = 0; run < 20; run++) record(lanes, 'd', 30);
  t.is(arranged(lanes, 'abcd', 2), 'd abc');
  // No lanes of these would be more even.
  for (let run = 0; run < 20; run++) record(lanes, 'd', 90);
  for (let run = 0; run < 20; run++) record(lanes, 'c', 11);
  t.is(arranged(lanes, 'abcd', 2), 'd cab');
});

test('what a code uses is known of each who has it, told once, and forgotten with the last of them', t => {
  const lanes = new TraderLanes();
  const own = (id: string, code: string): CloudTrader => ({
    id,
    name: id,
    enabled: true,
    filter: {code},
  });
  const all = [own('a', 'one'), own('b', 'one'), own('c', 'two'), own('d', 'two')];
  const idsOf = (traders: readonly CloudTrader[]) =>
    lanes.arrange(traders, 2).map(lane => lane.map(({id}) => id).join(''));
  t.deepEqual(idsOf(all), ['ac', 'bd'], 'by turns, as nothing is known');
  lanes.record(all[0]!, reply(10, [1, 2]));
  lanes.record(all[2]!, reply(10, [1, 3]));
  for (const trader of [all[1]!, all[3]!]) lanes.record(trader, reply(10));
  t.deepEqual(idsOf(all), ['ab', 'cd']);
  // One that comes later has the code of another.
  lanes.forget('b');
  const later = [all[0]!, all[2]!, all[3]!, own('e', 'one')];
  lanes.record(later[3]!, reply(10));
  t.deepEqual(idsOf(later), ['ae', 'cd']);
  for (const id of 'acde') lanes.forget(id);
  t.deepEqual(idsOf(all), ['ac', 'bd'], 'by turns again');
});

test('another number of lanes, and other traders, make other lanes', t => {
  const lanes = new TraderLanes();
  for (const id of 'abcd') record(lanes, id, 10);
  t.is(arranged(lanes, 'abcd', 2), 'ac bd');
  t.is(arranged(lanes, 'abcd', 4), 'a b c d');
  t.is(arranged(lanes, 'abc', 2), 'ac b');
  t.is(arranged(lanes, '', 2), ' ');
});
