import test from 'ava';
import type {Kline} from '../../src/market/kline.js';
import {decodeDirectory} from '../../src/market/kline-layout.js';
import {KlineMirror} from '../../src/market/kline-mirror.js';
import {SharedKlines} from '../../src/screener/shared-klines.js';
import {candleAt} from '../support/candles.js';
import {type Klines, klinesOf, rowsOf, seenBy, toldBy, unexpected} from '../support/kline-maps.js';

/** A mirror, and a reader that has opened what it has shown last. */
function createMirror() {
  const mirror = new KlineMirror();
  const shared = new SharedKlines();
  const show = (klines: Klines) => {
    const snapshot = mirror.update(klines, unexpected);
    shared.open(snapshot);
    return snapshot;
  };
  return {mirror, shared, show};
}

test('update() shows each candle’s 12 fields, so that texts parse to the same numbers', t => {
  const {shared, show} = createMirror();
  const row: Kline = [1, '0.40060000', '1e-7', '-3', '+4', '5', 6, '7', 8, '9', '10', '17928.25'];
  show(klinesOf([row, candleAt(1)]));
  t.deepEqual(shared.candles('A', '5m')?.[0], [
    1,
    '0.4006',
    '1e-7',
    '-3',
    '4',
    '5',
    6,
    '7',
    8,
    '9',
    '10',
    '17928.25',
  ]);
});

test('update() writes what has changed and nothing else', t => {
  const {shared, show} = createMirror();
  const rows = rowsOf(10);
  show(klinesOf(rows));
  const before = shared.candles('A', '5m')!;
  rows[9] = candleAt(9, 99);
  rows.push(candleAt(10, 11));
  rows.shift();
  show(klinesOf(rows));
  const after = shared.candles('A', '5m')!;
  t.deepEqual(
    after.map(row => before.indexOf(row)),
    [1, 2, 3, 4, 5, 6, 7, 8, -1, -1],
  );
  t.deepEqual(
    after.map(row => Number(row[4])),
    [2, 3, 4, 5, 6, 7, 8, 9, 99, 11],
  );
});

for (const position of [0, 5, 98, 99]) {
  for (let field = 0; field < 12; field++) {
    test(`update() sees field ${field} of candle ${position} of 100 written in place`, t => {
      const {shared, show} = createMirror();
      const rows = rowsOf(100);
      show(klinesOf(rows));
      const row = rows[position]! as unknown[];
      row[field] = typeof row[field] === 'number' ? 4_711 : '47.11';
      show(klinesOf(rows));
      t.deepEqual(seenBy(shared, klinesOf(rows)), toldBy(klinesOf(rows)));
    });
  }
}

test('update() gives the memory of removed series back to later ones', t => {
  const {mirror, show} = createMirror();
  for (let round = 0; round < 50; round++) {
    show(new Map([[`S${round}`, new Map([['5m' as const, rowsOf(2_000, round)]])]]));
  }
  t.is(mirror.bytes, 16 * 1024 * 1024);
});

test('update() gives a series that grows a larger ring now and then', t => {
  const {shared, show} = createMirror();
  const rows: Kline[] = [];
  const versions = new Set<number>();
  for (let i = 0; i < 400; i++) {
    rows.push(candleAt(i, i + 1));
    versions.add(show(klinesOf(rows)).directoryVersion);
    t.is(shared.candles('A', '5m')?.length, rows.length);
  }
  t.true(versions.size < 40);
  t.deepEqual(seenBy(shared, klinesOf(rows)), toldBy(klinesOf(rows)));
});

const ODD: [what: string, row: unknown][] = [
  ['an empty text', candleAt(3).with(9, '')],
  ['a blank text', candleAt(3).with(9, ' ')],
  ['a text that is no number', candleAt(3).with(9, 'n/a')],
  ['a text with a tail', candleAt(3).with(9, '1.5 USDT')],
  ['a hexadecimal text', candleAt(3).with(9, '0x10')],
  ['an infinite text', candleAt(3).with(9, 'Infinity')],
  ['a negative zero', candleAt(3).with(9, '-0')],
  ['a number for a text', candleAt(3).with(4, 100)],
  ['a text for a number', candleAt(3).with(8, '12')],
  ['NaN for a number', candleAt(3).with(8, Number.NaN)],
  ['a missing field', candleAt(3).with(9, undefined as never)],
  ['11 fields', candleAt(3).slice(0, 11)],
  ['13 fields', [...candleAt(3), 'more']],
  ['no row at all', null],
];

for (const [what, row] of ODD) {
  test(`update() copies a series with ${what} as it is, and mirrors it again later`, t => {
    const {shared, show} = createMirror();
    for (const position of [2, 3]) {
      const rows = rowsOf(4);
      show(klinesOf(rows));
      const odd = rows.with(position, row as Kline);
      const other = rowsOf(3, 7);
      const snapshot = show(klinesOf(odd).set('B', new Map([['5m', other]])));
      t.is(snapshot.verbatim.length, 1);
      t.deepEqual(shared.candles('A', '5m'), odd);
      t.deepEqual(shared.candles('B', '5m')?.length, 3);
      t.is(show(klinesOf(rows)).verbatim.length, 0);
      t.deepEqual(seenBy(shared, klinesOf(rows)), toldBy(klinesOf(rows)));
    }
  });
}

test('update() leaves a series that can’t be copied out, and tells why', t => {
  const mirror = new KlineMirror();
  const klines = klinesOf([candleAt(0).with(4, (() => {}) as never) as Kline]);
  klines.set('B', new Map([['5m', rowsOf(2)]]));
  const errors: Error[] = [];
  const {directory} = mirror.update(klines, error => errors.push(error));
  t.deepEqual(
    errors.map(error => [(error as Error & {code: string}).code, error.message.slice(0, 54)]),
    [['klines_unsharable', 'Expected candles of A 5m that can be copied, got TypeE']],
  );
  t.deepEqual(
    decodeDirectory(directory).map(({symbol}) => symbol),
    ['B'],
  );
});
