import test from 'ava';
import type {Kline} from '../../src/market/kline.js';
import type {KlineSnapshot} from '../../src/market/kline-layout.js';
import {KlineStore} from '../../src/market/kline-store.js';
import {SharedKlines} from '../../src/screener/shared-klines.js';
import {MATCH_CANDLES_MAX, SnapshotCutter} from '../../src/signals/snapshot-cutter.js';
import {fillStore} from '../support/machine.js';

test('cut() keeps the candles of the series asked for, the open one too, and no others', t => {
  const store = new KlineStore();
  const cutter = new SnapshotCutter();
  fillStore(store, ['AUSDT', 'BUSDT'], 3);
  store.record('BUSDT', '15m', [0, '1', '1', '1', '1', '1', 899_999, '0', 1, '0', '0', '0'], false);
  const check = () => {
    const whole = new SharedKlines();
    const snapshot = store.snapshot();
    whole.open(snapshot);
    const part = new SharedKlines();
    part.open(cutter.cut(snapshot, {symbol: 'BUSDT', intervals: ['15m', '5m', '15m', '1d']}));
    t.deepEqual(part.candles('BUSDT', '5m'), whole.candles('BUSDT', '5m'));
    t.deepEqual(part.candles('BUSDT', '15m'), whole.candles('BUSDT', '15m'));
    t.is(part.candles('BUSDT', '15m')?.length, 1);
    t.is(part.candles('BUSDT', '1d'), undefined);
    t.is(part.candles('AUSDT', '5m'), undefined);
  };
  check();
  // A series that leaves moves those behind it.
  store.removeSymbol('AUSDT');
  check();
  const none = cutter.cut(store.snapshot(), {symbol: 'AUSDT', intervals: ['5m']});
  t.deepEqual([none.segments.length, none.moment.byteLength], [0, 0]);
});

const MINUTE_MS = 60_000;

/** A closed 1m candle whose close is its index. */
function closeCandle(store: KlineStore, index: number): void {
  const openTime = index * MINUTE_MS;
  const price = String(index + 1);
  const closeTime = openTime + MINUTE_MS - 1;
  const rest = ['0', 1, '0', '0', '0'] as const;
  const kline: Kline = [openTime, price, price, price, price, '7', closeTime, ...rest];
  store.record('AUSDT', '1m', kline, true);
}

/** The open times that a cut of series AUSDT 1m shows, in minutes. */
function minutesOf(cut: KlineSnapshot): number[] {
  const shared = new SharedKlines();
  shared.open(cut);
  return (shared.candles('AUSDT', '1m') ?? []).map(([openTime]) => openTime / MINUTE_MS);
}

const range = (from: number, to: number) => Array.from({length: to - from}, (_, i) => from + i);

const ASKED = {symbol: 'AUSDT', intervals: ['1m']} as const;

test('cut() keeps the candles of its moment, however many close later and whatever leaves', t => {
  const store = new KlineStore({candlesMax: 10, slackCandles: 2});
  const cutter = new SnapshotCutter();
  // Up to 40 the ring goes round thrice: its places begin anywhere in it.
  for (let closed = 1; closed <= 40; closed++) {
    closeCandle(store, closed - 1);
    const cut = cutter.cut(store.snapshot(), ASKED);
    const before = minutesOf(cut);
    t.deepEqual(before, range(Math.max(0, closed - 10), closed));
    if (closed !== 20) continue;
    for (let more = 20; more < 35; more++) closeCandle(store, more);
    t.deepEqual(minutesOf(cut), before);
    closed = 35;
  }
  const cut = cutter.cut(store.snapshot(), ASKED);
  store.removeSymbol('AUSDT');
  t.deepEqual(minutesOf(cut), range(30, 40));
});

test('cut() takes the newest MATCH_CANDLES_MAX of those that had closed in time', t => {
  const store = new KlineStore({candlesMax: 400});
  const cutter = new SnapshotCutter();
  for (let i = 0; i < 400; i++) closeCandle(store, i);
  const all = minutesOf(cutter.cut(store.snapshot(), ASKED));
  t.deepEqual(all, range(400 - MATCH_CANDLES_MAX, 400));
  const closedByMs = 300 * MINUTE_MS - 1;
  const early = minutesOf(cutter.cut(store.snapshot(), {...ASKED, closedByMs}));
  t.deepEqual(early, range(300 - MATCH_CANDLES_MAX, 300));
  const none = minutesOf(cutter.cut(store.snapshot(), {...ASKED, closedByMs: 0}));
  t.deepEqual(none, []);
});

test('cut() leaves a series shared whose candles are overwritten already, for its reader to find out', t => {
  const store = new KlineStore({candlesMax: 10, slackCandles: 2});
  for (let i = 0; i < 10; i++) closeCandle(store, i);
  const snapshot = store.snapshot();
  for (let i = 10; i < 13; i++) closeCandle(store, i);
  const cut = new SnapshotCutter().cut(snapshot, ASKED);
  t.throws(() => minutesOf(cut), {code: 'snapshot_overrun'});
});
