import test from 'ava';
import fc from 'fast-check';
import type {Kline, KlineInterval} from '../../src/market/kline.js';
import {KlineMirror} from '../../src/market/kline-mirror.js';
import {SharedKlines} from '../../src/screener/shared-klines.js';
import {candleAt} from '../support/candles.js';
import {type Klines, nextOf, rowsOf, seenBy, toldBy, unexpected} from '../support/kline-maps.js';

const SYMBOLS = ['A', 'B', 'C'];
const INTERVALS: readonly KlineInterval[] = ['5m', '1h'];

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
