import {isDeepStrictEqual} from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import type {Kline, KlineInterval, MarketData} from '../../src/market/kline.js';
import {decodeDirectory} from '../../src/market/kline-layout.js';
import {KlineMirror} from '../../src/market/kline-mirror.js';
import {SharedKlines} from '../../src/screener/shared-klines.js';
import {candleAt} from '../support/candles.js';

type Klines = MarketData['klines'];

const SYMBOLS = ['A', 'B', 'C'];
const INTERVALS: readonly KlineInterval[] = ['5m', '1h'];

function unexpected(error: Error): never {
  throw error;
}

function rowsOf(count: number, from = 0): Kline[] {
  return Array.from({length: count}, (_, i) => candleAt(from + i, from + i + 1));
}

function klinesOf(rows: Kline[]): Klines {
  return new Map([['A', new Map([['5m' as const, rows]])]]);
}

/** What a reader sees of each series, every text as the number that it parses to. */
function seenBy(shared: SharedKlines, klines: Klines): unknown[] {
  return keysOf(klines).map(([symbol, interval]) =>
    shared.candles(symbol, interval)?.map(row => row.map(Number)),
  );
}

function toldBy(klines: Klines): unknown[] {
  return keysOf(klines).map(([symbol, interval]) =>
    klines
      .get(symbol)
      ?.get(interval)
      ?.map(row => row.map(Number)),
  );
}

function keysOf(klines: Klines): [string, KlineInterval][] {
  return [...klines].flatMap(([symbol, intervals]) =>
    [...intervals.keys()].map((interval): [string, KlineInterval] => [symbol, interval]),
  );
}

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

/** What a caller may do to a series between two screenings. */
type Edit = (rows: Kline[], at: number, close: number) => Kline[];

const EDITS: Record<string, Edit> = {
  push: (rows, _at, close) => [...rows, candleAt(nextOf(rows), close)],
  pushInPlace: (rows, _at, close) => {
    rows.push(candleAt(nextOf(rows), close));
    return rows;
  },
  roll: (rows, _at, close) => {
    rows.push(candleAt(nextOf(rows), close));
    rows.shift();
    return rows;
  },
  replaceLast: (rows, _at, close) => {
    if (rows.length > 0) rows[rows.length - 1] = candleAt(nextOf(rows) - 1, close);
    return rows;
  },
  writeInPlace: (rows, at, close) => {
    if (rows.length > 0) rows[at % rows.length]![4] = String(close);
    return rows;
  },
  writeLast: (rows, _at, close) => {
    if (rows.length > 0) rows[rows.length - 1]![4] = String(close);
    return rows;
  },
  insert: (rows, at, close) => rows.toSpliced(at % (rows.length + 1), 0, candleAt(at, close)),
  remove: (rows, at) => rows.toSpliced(at % (rows.length + 1), 1),
  shorten: (rows, at) => rows.slice(at % (rows.length + 1)),
  cutOff: (rows, at) => rows.slice(0, at % (rows.length + 1)),
  reverse: rows => rows.toReversed(),
  clone: rows => structuredClone(rows),
  makeOdd: (rows, at) => {
    if (rows.length > 0) rows[at % rows.length]![9] = 'odd';
    return rows;
  },
  makeEven: rows => rows.map(row => row.with(9, '1') as Kline),
  replace: (_rows, at, close) => rowsOf(at, close),
  empty: () => [],
};

function nextOf(rows: readonly Kline[]): number {
  const first = candleAt(0)[0];
  return rows.length === 0 ? 0 : (rows.at(-1)![0] - first) / 300_000 + 1;
}

const edit = fc.record({
  kind: fc.constantFrom(...Object.keys(EDITS), 'dropSeries', 'dropSymbol'),
  symbol: fc.constantFrom(...SYMBOLS),
  interval: fc.constantFrom(...INTERVALS),
  at: fc.nat({max: 40}),
  close: fc.integer({min: 1, max: 1_000}),
  reads: fc.integer({min: 0, max: 3}),
});

function apply(klines: Klines, {kind, symbol, interval, at, close}: Record<string, unknown>): void {
  const name = symbol as string;
  if (kind === 'dropSymbol') {
    klines.delete(name);
    return;
  }
  const intervals = klines.get(name) ?? new Map<KlineInterval, Kline[]>();
  klines.set(name, intervals);
  if (kind === 'dropSeries') intervals.delete(interval as KlineInterval);
  else {
    const rows = intervals.get(interval as KlineInterval) ?? rowsOf(5);
    intervals.set(
      interval as KlineInterval,
      EDITS[kind as string]!(rows, at as number, close as number),
    );
  }
}

/** Edits that write into rows; who has promised not to does these to the last of a series alone. */
const WRITING = ['writeInPlace', 'makeOdd'];

/** The same edits by rows that replace others, but of the last row. */
function replacing<E extends {kind: string}>(edits: readonly E[]): E[] {
  return edits.map(one => (WRITING.includes(one.kind) ? {...one, kind: 'writeLast'} : one));
}

for (const rowsAreReplaced of [false, true]) {
  const promise = rowsAreReplaced ? ' of a caller who replaces rows' : '';
  test(`update() shows exactly what the Maps hold after any edits${promise}`, t => {
    const property = fc.property(fc.array(edit, {maxLength: 60}), drawn => {
      const edits = rowsAreReplaced ? replacing(drawn) : drawn;
      const mirror = new KlineMirror({rowsAreReplaced, onRowWritten: unexpected});
      // Two workers, of which each looks only at some of the screenings.
      const readers = [new SharedKlines(), new SharedKlines()];
      const klines: Klines = new Map();
      for (const one of edits) {
        apply(klines, one);
        const snapshot = mirror.update(klines, unexpected);
        for (const [i, shared] of readers.entries()) {
          if ((one.reads & (i + 1)) === 0) continue;
          shared.open(snapshot);
          t.deepEqual(seenBy(shared, klines), toldBy(klines));
        }
      }
      readers[0]!.open(mirror.update(klines, unexpected));
      t.deepEqual(seenBy(readers[0]!, klines), toldBy(klines));
      for (const symbol of SYMBOLS) {
        for (const interval of INTERVALS) {
          if (klines.get(symbol)?.has(interval)) continue;
          t.is(readers[0]!.candles(symbol, interval), undefined);
        }
      }
    });
    t.notThrows(() => fc.assert(property, {numRuns: 500}));
  });
}

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
