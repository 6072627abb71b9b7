import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import type {Kline} from '../../src/market/kline.js';
import {KlineStore} from '../../src/market/kline-store.js';
import {type Column, parseColumn} from '../../src/screener/indicators/candle-columns.js';
import {parsedField} from '../../src/screener/row-origin.js';
import {SharedKlines} from '../../src/screener/shared-klines.js';
import {candleAt} from '../support/candles.js';

const SYMBOL = 'BTCUSDT';

function storeOf(candleCount: number, options: {candlesMax: number; slackCandles: number}) {
  const store = new KlineStore(options);
  for (let position = 0; position < candleCount; position += 1) {
    store.record(SYMBOL, '5m', candleAt(position, position + 1), true);
  }
  return store;
}

function read(shared: SharedKlines, store: KlineStore): Kline[] | undefined {
  shared.open(store.snapshot());
  return shared.candles(SYMBOL, '5m');
}

function closes(candles: Kline[] | undefined): number[] | undefined {
  return candles?.map(candle => Number(candle[4]));
}

test('candles() gives 12 fields whose strings parse to the recorded numbers', t => {
  const store = new KlineStore();
  const kline: Kline = candleAt(0).with(1, '0.40060000').with(4, '0.0000001') as Kline;
  store.record(SYMBOL, '5m', kline, true);
  t.deepEqual(read(new SharedKlines(), store), [
    [kline[0], '0.4006', '100', '1', '1e-7', '7.5', kline[6], '750', 12, '3.25', '325', '0'],
  ]);
});

test('candles() ends with the open candle', t => {
  const store = storeOf(2, {candlesMax: 10, slackCandles: 1});
  store.record(SYMBOL, '5m', candleAt(2, 3), false);
  t.deepEqual(closes(read(new SharedKlines(), store)), [1, 2, 3]);
});

test('candles() is undefined for a series that the snapshot lacks', t => {
  const shared = new SharedKlines();
  t.is(shared.candles(SYMBOL, '5m'), undefined);
  t.truthy(read(shared, storeOf(1, {candlesMax: 3, slackCandles: 1})));
  t.is(shared.candles(SYMBOL, '1h'), undefined);
  t.is(shared.candles('ETHUSDT', '5m'), undefined);
});

test('candles() gives an array of the caller’s own, with rows that nobody can change', t => {
  const store = storeOf(2, {candlesMax: 10, slackCandles: 1});
  store.record(SYMBOL, '5m', candleAt(2, 3), false);
  const shared = new SharedKlines();
  const spoilt = read(shared, store)!;
  for (const candle of spoilt) {
    t.false(Reflect.set(candle, 4, 'spoilt'));
    t.false(Reflect.set(candle, 'extra', 1));
    t.throws(() => candle.push('13th' as never), {instanceOf: TypeError});
  }
  spoilt.reverse();
  spoilt.length = 1;
  t.deepEqual(closes(shared.candles(SYMBOL, '5m')), [1, 2, 3]);
});

test('candles() gives rows of the caller’s own where it is asked to', t => {
  const store = storeOf(2, {candlesMax: 10, slackCandles: 1});
  const shared = new SharedKlines();
  shared.open(store.snapshot());
  const own = shared.candles(SYMBOL, '5m', {ownRows: true})!;
  for (const candle of own) candle[4] = 'spoilt';
  t.deepEqual(closes(shared.candles(SYMBOL, '5m')), [1, 2]);
  t.deepEqual(closes(shared.candles(SYMBOL, '5m', {ownRows: true})), [1, 2]);
});

test('candles() builds no unchanged row again', t => {
  const store = storeOf(3, {candlesMax: 3, slackCandles: 1});
  const shared = new SharedKlines();
  const before = read(shared, store)!;
  t.deepEqual(
    read(shared, store)?.map((row, i) => row === before[i]),
    [true, true, true],
  );
  store.record(SYMBOL, '5m', candleAt(3, 4), true);
  store.record(SYMBOL, '5m', candleAt(4, 5), false);
  const after = read(shared, store)!;
  t.deepEqual(closes(after), [3, 4, 5]);
  t.is(after[0], before[2]);
});

test('candles() keeps the rows of at most rowsCachedMax candles, those that snapshots asked for last', t => {
  const store = new KlineStore();
  for (const symbol of ['A', 'B', 'C']) {
    for (let i = 0; i < 4; i++) store.record(symbol, '5m', candleAt(i, i + 1), true);
  }
  let dropped = 0;
  const shared = new SharedKlines({
    rowsCachedMax: 8,
    onRowsDropped: rowCount => {
      dropped += rowCount;
    },
  });
  const rowOf = (symbol: string) => {
    shared.beginSymbol();
    return shared.candles(symbol, '5m')?.[0];
  };
  shared.open(store.snapshot());
  const [a, b] = [rowOf('A'), rowOf('B')];
  shared.open(store.snapshot());
  t.is(rowOf('A'), a);
  rowOf('C');
  t.is(dropped, 4);
  t.is(rowOf('A'), a, 'the snapshot before asked for B, this one for A');
  t.not(rowOf('B'), b);
  t.deepEqual(rowOf('B'), b);
  t.is(dropped, 8);
  // Round and round, three series where two have room: each is built anew, and dropped again.
  for (const symbol of ['A', 'B', 'C', 'A', 'B', 'C']) t.is(rowOf(symbol)?.[4], '1');
  t.is(dropped, 20);
});

test('open() tells the writers of snapshots apart', t => {
  const [one, other] = [storeOf(2, {candlesMax: 3, slackCandles: 1}), new KlineStore()];
  for (const close of [7, 8]) other.record(SYMBOL, '5m', candleAt(close, close), true);
  const shared = new SharedKlines();
  t.deepEqual(closes(read(shared, one)), [1, 2]);
  t.deepEqual(closes(read(shared, other)), [7, 8]);
  t.deepEqual(closes(read(shared, one)), [1, 2]);
});

test('candles() throws snapshot_overrun where another series has the memory', t => {
  const store = storeOf(2, {candlesMax: 3, slackCandles: 1});
  const snapshot = store.snapshot();
  store.removeSymbol(SYMBOL);
  store.snapshot();
  store.snapshot();
  store.record('ETHUSDT', '5m', candleAt(0), true);
  const shared = new SharedKlines();
  shared.open(snapshot);
  t.throws(() => shared.candles(SYMBOL, '5m'), {
    code: 'snapshot_overrun',
    message:
      'Expected BTCUSDT 5m candles from 0 on, got overrun: the series was removed, and another has its memory',
  });
});

test('open() shows the moment of the snapshot whatever is recorded later', t => {
  const store = storeOf(2, {candlesMax: 3, slackCandles: 2});
  store.record(SYMBOL, '5m', candleAt(2, 3), false);
  const snapshot = store.snapshot();
  store.record(SYMBOL, '5m', candleAt(2, 33), true);
  store.record(SYMBOL, '5m', candleAt(3, 4), true);
  const later = store.snapshot();
  const shared = new SharedKlines();
  shared.open(snapshot);
  t.deepEqual(closes(shared.candles(SYMBOL, '5m')), [1, 2, 3]);
  shared.open(later);
  t.deepEqual(closes(shared.candles(SYMBOL, '5m')), [2, 33, 4]);
  shared.open(snapshot);
  t.deepEqual(closes(shared.candles(SYMBOL, '5m')), [1, 2, 3]);
});

test('candles() throws snapshot_overrun after slackCandles further candles, and not before', t => {
  const options = {candlesMax: 3, slackCandles: 4};
  const store = storeOf(10, options);
  const snapshot = store.snapshot();
  for (let position = 10; position < 14; position += 1) {
    store.record(SYMBOL, '5m', candleAt(position, position + 1), true);
  }
  const inTime = new SharedKlines();
  inTime.open(snapshot);
  t.deepEqual(closes(inTime.candles(SYMBOL, '5m')), [8, 9, 10]);
  store.record(SYMBOL, '5m', candleAt(14, 15), true);
  const tooLate = new SharedKlines();
  tooLate.open(snapshot);
  t.throws(() => tooLate.candles(SYMBOL, '5m'), {
    code: 'snapshot_overrun',
    message:
      'Expected BTCUSDT 5m candles from 7 on, got overrun: 5 closed since the snapshot, the oldest left is 8',
  });
  t.deepEqual(closes(inTime.candles(SYMBOL, '5m')), [8, 9, 10], 'rows read in time stay good');
  t.deepEqual(closes(read(tooLate, store)), [13, 14, 15], 'the next snapshot is readable');
});

test('candles() reads a snapshot of a symbol that was removed since, and of its successor', t => {
  const store = storeOf(2, {candlesMax: 3, slackCandles: 1});
  const shared = new SharedKlines();
  const before = store.snapshot();
  t.deepEqual(closes(read(shared, store)), [1, 2]);
  store.removeSymbol(SYMBOL);
  t.is(read(shared, store), undefined);
  store.record(SYMBOL, '5m', candleAt(7, 70), true);
  t.deepEqual(closes(read(shared, store)), [70]);
  shared.open(before);
  t.deepEqual(closes(shared.candles(SYMBOL, '5m')), [1, 2]);
});

test('open() keeps the series apart when one appears in front of none', t => {
  const store = storeOf(2, {candlesMax: 3, slackCandles: 1});
  const shared = new SharedKlines();
  read(shared, store);
  store.record('ETHUSDT', '5m', candleAt(0, 50), true);
  store.record(SYMBOL, '5m', candleAt(2, 3), true);
  t.deepEqual(closes(read(shared, store)), [1, 2, 3]);
  t.deepEqual(closes(shared.candles('ETHUSDT', '5m')), [50]);
});

test('open() refuses a snapshot whose parts do not fit together', t => {
  const snapshot = storeOf(1, {candlesMax: 3, slackCandles: 1}).snapshot();
  const shared = new SharedKlines();
  shared.open(snapshot);
  t.throws(() => shared.open({...snapshot, segments: []}), {
    message: 'Expected `segments` to hold 1 segments, got `0`',
  });
  t.throws(() => shared.open({...snapshot, moment: new SharedArrayBuffer(8)}), {
    message: 'Expected `moment` to hold 112 bytes, got `8`',
  });
  for (const json of ['null', '{}', '[{"id":1}]']) {
    t.throws(() => new SharedKlines().open({...snapshot, directory: json}), {
      message: `Expected a directory of klines, got \`${json}\``,
    });
  }
  t.deepEqual(closes(shared.candles(SYMBOL, '5m')), [1], 'stays with the one before');
});

test('open() forgets rows that are visible no more, though nobody asks for the series', t => {
  const store = storeOf(3, {candlesMax: 3, slackCandles: 0});
  const shared = new SharedKlines();
  const before = store.snapshot();
  t.deepEqual(closes(read(shared, store)), [1, 2, 3]);
  store.record(SYMBOL, '5m', candleAt(3, 4), true);
  shared.open(store.snapshot());
  shared.open(before);
  // Candle 1 is left neither in the ring nor in the cache.
  t.throws(() => shared.candles(SYMBOL, '5m'), {code: 'snapshot_overrun'});
});

const READER = `
  const {parentPort, workerData} = require('node:worker_threads');
  const loaded = import(workerData);
  parentPort.on('message', async snapshot => {
    const {SharedKlines} = await loaded;
    const shared = new SharedKlines();
    shared.open(snapshot);
    try {
      parentPort.postMessage(shared.candles('${SYMBOL}', '5m'));
    } catch (error) {
      parentPort.postMessage(error.code);
    }
  });`;

/** A thread that answers each snapshot with its candles, or the code of the error. */
function createReaderThread(t: ExecutionContext) {
  const workerData = new URL('../../src/screener/shared-klines.js', import.meta.url).href;
  const worker = new Worker(READER, {eval: true, workerData});
  t.teardown(() => worker.terminate());
  return (store: KlineStore) => {
    const answer = once(worker, 'message') as Promise<[Kline[] | string]>;
    worker.postMessage(store.snapshot());
    return answer;
  };
}

test('open() reads in another thread what the store wrote in this one', async t => {
  const store = storeOf(5, {candlesMax: 4, slackCandles: 2});
  store.record(SYMBOL, '5m', candleAt(5, 6), false);
  const [candles] = await createReaderThread(t)(store);
  t.deepEqual(closes(candles as Kline[]), [3, 4, 5, 6]);
});

test('candles() gives the snapshot or snapshot_overrun, nothing between, while the store writes', async t => {
  const options = {candlesMax: 200, slackCandles: 2};
  const store = storeOf(200, options);
  const readInThread = createReaderThread(t);
  let position = 200;
  for (let round = 0; round < 300; round += 1) {
    const newest = position;
    const answer = readInThread(store);
    // About as long as the message takes, so that reading and writing meet.
    for (let written = 0; written < round * 2; written += 1) {
      store.record(SYMBOL, '5m', candleAt(position, position + 1), true);
      position += 1;
    }
    const [candles] = await answer;
    if (candles === 'snapshot_overrun') continue;
    const expected = Array.from({length: 200}, (_, index) => newest - 199 + index);
    t.deepEqual(closes(candles as Kline[]), expected);
  }
  t.pass();
});

/** A store of plain arrays: what the rings must look like from outside. */
class Model {
  closed: Kline[] = [];
  open: Kline | undefined;
  missing = 0;
  /** Open times of which no closing frame came, though a later candle did. */
  readonly #wanted = new Set<number>();

  record(kline: Kline, closed: boolean): void {
    const newest = this.open?.[0] ?? this.closed.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY;
    const finishes = this.open?.[0] === kline[0];
    if (!finishes && kline[0] <= newest) {
      if (closed && this.#wanted.delete(kline[0])) this.#fill(kline);
      return;
    }
    if (!finishes && Number.isFinite(newest)) this.#miss(newest, kline[0]);
    if (this.open && !finishes) {
      this.closed.push(this.open);
      this.#wanted.add(this.open[0]);
    }
    this.open = closed ? undefined : kline;
    if (closed) this.closed.push(kline);
  }

  #fill(kline: Kline): void {
    const others = this.closed.filter(([openTime]) => openTime !== kline[0]);
    this.closed = [...others, kline].sort((a, b) => a[0] - b[0]);
  }

  #miss(newest: number, next: number): void {
    for (let openTime = newest + 300_000; openTime < next; openTime += 300_000) {
      this.missing += 1;
      this.#wanted.add(openTime);
    }
  }

  visible(candlesMax: number): Kline[] {
    return [...this.closed, ...(this.open ? [this.open] : [])].slice(-candlesMax);
  }
}

const operation = fc.record({
  advance: fc.integer({min: -2, max: 3}),
  close: fc.integer({min: 1, max: 1_000_000}),
  closed: fc.boolean(),
  reads: fc.boolean(),
  fields: fc.subarray([2, 4, 5] as const),
});

/** That rows, of now and of before, know their numbers, and that the columns of now tell these. */
function checkNumbers(
  t: ExecutionContext,
  shared: SharedKlines,
  fields: readonly Column[],
  rows: readonly Kline[],
): void {
  const series = shared.handedOut.at(-1)!.reader.rows();
  for (const field of fields) {
    const numbers = series.map(row => Number(row[field]));
    t.deepEqual([...parseColumn(series, field)], numbers);
    for (const row of rows) t.is(parsedField(parseFloat, row, field), Number(row[field]));
  }
}

test('candles() equals a plain array after any order of records, and its numbers are those of the texts', t => {
  const size = fc.integer({min: 1, max: 6});
  const slack = fc.integer({min: 0, max: 3});
  const property = fc.property(
    fc.array(operation, {maxLength: 60}),
    size,
    slack,
    (operations, candlesMax, slackCandles) => {
      const store = new KlineStore({candlesMax, slackCandles});
      const model = new Model();
      const shared = new SharedKlines();
      const seen: Kline[] = [];
      let position = 100;
      for (const {advance, close, closed, reads, fields} of operations) {
        position += advance;
        const kline = candleAt(position, close);
        store.record(SYMBOL, '5m', kline, closed);
        model.record(kline, closed);
        if (!reads) continue;
        const rows = read(shared, store)!;
        t.deepEqual(rows, model.visible(candlesMax));
        seen.push(...rows);
        checkNumbers(t, shared, fields, seen);
      }
      t.is([...store.series()][0]?.missingCandles ?? 0, model.missing);
    },
  );
  t.notThrows(() => fc.assert(property));
});

test('candles() round-trips every finite number that a candle can have', t => {
  const finite = fc.double({min: 0, noNaN: true, noDefaultInfinity: true});
  const property = fc.property(finite, finite, (price, volume) => {
    const store = new KlineStore();
    const text = String(price);
    const kline = candleAt(0)
      .with(1, text)
      .with(2, text)
      .with(3, text)
      .with(4, text)
      .with(5, String(volume)) as Kline;
    store.record(SYMBOL, '5m', kline, true);
    const [candle] = read(new SharedKlines(), store)!;
    return Number(candle?.[4]) === price && Number(candle?.[5]) === volume;
  });
  t.notThrows(() => fc.assert(property));
});
