import {isDeepStrictEqual} from 'node:util';
import test from 'ava';
import {KlineMirror} from '../../src/market/kline-mirror.js';
import {SharedKlines} from '../../src/screener/shared-klines.js';
import {candleAt} from '../support/candles.js';
import {
  type Klines,
  klinesOf,
  nextOf,
  rowsOf,
  seenBy,
  toldBy,
  unexpected,
} from '../support/kline-maps.js';

/** Three series of a caller who has promised to replace rows, and what was told of the promise. */
function createPromised(rowCount = 100) {
  const told: Error[] = [];
  const onRowWritten = (error: Error) => void told.push(error);
  const mirror = new KlineMirror({rowsAreReplaced: true, onRowWritten});
  const shared = new SharedKlines();
  const klines: Klines = new Map(
    ['A', 'B', 'C'].map(symbol => [symbol, new Map([['5m', rowsOf(rowCount)]])]),
  );
  const show = () => shared.open(mirror.update(klines, unexpected));
  const isTrue = () => isDeepStrictEqual(seenBy(shared, klines), toldBy(klines));
  show();
  return {told, klines, show, isTrue, rows: klines.get('C')!.get('5m')!, mirror};
}

/** One new candle a series, the oldest leaves. */
function roll(klines: Klines): void {
  for (const intervals of klines.values()) {
    for (const rows of intervals.values()) {
      rows.push(candleAt(nextOf(rows), 7));
      rows.shift();
    }
  }
}

test('update() sees at once what is written into the newest rows, whatever was promised', t => {
  const {told, klines, show, isTrue, rows} = createPromised();
  for (let round = 0; round < 40; round++) {
    for (const [back, field] of [
      [1, 4],
      [2, 2],
      [3, 5],
    ] as const) {
      rows[rows.length - back]![field] = `${round + back}.5`;
    }
    if (round % 3 === 0) roll(klines);
    show();
    t.true(isTrue(), `${round}`);
  }
  t.deepEqual(told, []);
});

for (const isRolling of [false, true]) {
  for (const position of [40, 41, 96]) {
    const how = isRolling ? 'while candles come' : 'in a standing market';
    test(`update() finds row ${position} of 100 written into despite of the promise, ${how}, and compares all from then on`, t => {
      const {told, klines, show, isTrue, rows} = createPromised();
      const row = rows[position]!;
      row[4] = '47.11';
      klines.get('A')!.get('5m')![position + 1 - (position % 2)]![1] = '8.15';
      let updateCount = 0;
      do {
        if (isRolling) roll(klines);
        show();
        updateCount++;
      } while (told.length === 0 && updateCount < 100);
      t.true(updateCount <= 32, `${updateCount}`);
      t.true(isTrue(), 'also what nobody had looked at yet');
      t.is(told[0]?.name, 'RowWrittenError');
      t.regex(
        told[0]?.message ?? '',
        /^Expected rows that are replaced, got one that was written into: [AC] 5m, open time \d+; from now on all fields of all rows are compared \(row_written\)$/,
      );
      for (let i = 0; i < 3; i++) {
        rows[i * 20]![9] = String(i + 0.5);
        show();
        t.true(isTrue());
      }
      t.is(told.length, 1);
    });
  }
}

test('update() sees a row that is written into while another one like it stands in its place', t => {
  const {told, show, isTrue, rows} = createPromised();
  const row = rows[10]!;
  rows[10] = [...row];
  show();
  row[4] = '31337';
  rows[10] = row;
  show();
  t.true(isTrue());
  t.deepEqual(told, []);
});

test('update() of a caller who replaces rows survives series that go, and rows that cannot be read', t => {
  const mirror = new KlineMirror({rowsAreReplaced: true, onRowWritten: unexpected});
  const shared = new SharedKlines();
  const klines: Klines = klinesOf(rowsOf(5));
  const show = () => shared.open(mirror.update(klines, () => {}));
  show();
  klines.get('A')!.set('5m', null as never);
  show();
  t.is(shared.candles('A', '5m'), undefined);
  klines.get('A')!.set('5m', rowsOf(5));
  show();
  const rows = klines.get('A')!.get('5m')! as unknown[];
  rows[1] = null;
  show();
  klines.clear();
  show();
  klines.set('A', new Map([['5m', rowsOf(5)]]));
  show();
  show();
  t.deepEqual(seenBy(shared, klines), toldBy(klines));
});
