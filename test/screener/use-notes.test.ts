import test from 'ava';
import {KlineStore} from '../../src/market/kline-store.js';
import {type FilterFunction, FilterRunner} from '../../src/screener/realm/filter-runner.js';
import {shareIndicators} from '../../src/screener/shared-indicators.js';
import {SharedKlines} from '../../src/screener/shared-klines.js';
import {USES_MAX, UseNotes} from '../../src/screener/use-notes.js';
import {candleAt} from '../support/candles.js';

const SYMBOLS = ['A', 'B', 'C'];

type Helpers = Record<string, (...args: unknown[]) => unknown>;

/** Runs filters over three symbols with two intervals of 30 candles each; returns what each uses. */
function createRunner() {
  const store = new KlineStore();
  for (const s of SYMBOLS) {
    for (let i = 0; i < 30; i++) store.record(s, '5m', candleAt(i, 100 + i), true);
    for (let i = 0; i < 30; i++) {
      const row = candleAt(i, 100 + i)
        .with(0, i * 900_000)
        .with(6, i * 900_000 + 899_999);
      store.record(s, '15m', row as ReturnType<typeof candleAt>, true);
    }
    store.recordTicker({s, P: '1', c: '1', q: '1'});
  }
  const klines = new SharedKlines();
  const uses = new UseNotes();
  const helpers = shareIndicators({handedOut: () => klines.handedOut, uses});
  const runner = new FilterRunner({helpers, klines, uses, now: () => 0});
  const usesOf = (filter: FilterFunction, intervals: ('5m' | '15m')[] = ['5m'], screening = 1) => {
    const compiled = {
      filter,
      needsOwnRows: false,
      mayChangeLists: true,
      hasReturn: true,
      usesTold: new Set<number>(),
    };
    const market = {
      screening,
      symbols: JSON.stringify(SYMBOLS),
      tickers: JSON.stringify([...store.tickers]),
      klines: store.snapshot(),
    };
    return runner.run({compiled, intervals, market, excuse: () => {}}).uses ?? [];
  };
  return usesOf;
}

/** A filter that asks one helper. */
function asking(name: string, ...args: number[]): FilterFunction {
  return (_ticker, timeframes, helpers) => {
    for (const klines of Object.values(timeframes)) (helpers as Helpers)[name]!(klines, ...args);
    return true;
  };
}

test('filters that ask for the same indicators of the same intervals have the same uses, and others other ones', t => {
  const usesOf = createRunner();
  const rsi = usesOf(asking('getLatestRSI', 14));
  t.is(rsi.length, 2);
  t.deepEqual(usesOf(asking('getLatestRSI', 14)), rsi);
  const other = usesOf(asking('getLatestRSI', 9));
  t.deepEqual(
    other.map(use => rsi.includes(use)),
    [true, false],
  );
  t.deepEqual(
    usesOf(() => true),
    [rsi[0]!],
  );
  const both = usesOf(asking('getLatestRSI', 14), ['5m', '15m']);
  t.is(both.length, 4);
  t.deepEqual(
    rsi.filter(use => !both.includes(use)),
    [],
  );
});

test('a filter is noted at one symbol of each screening, another one each time', t => {
  const usesOf = createRunner();
  const seen = [0, 1, 2, 3].map(screening =>
    usesOf(
      (ticker, timeframes, helpers) => {
        const period = {A: 2, B: 3, C: 4}[ticker.s] ?? 0;
        (helpers as Helpers).calculateMA!(timeframes['5m'], period);
        return true;
      },
      ['5m'],
      screening,
    ),
  );
  t.deepEqual(
    seen.map(({length}) => length),
    [2, 2, 2, 2],
  );
  const calls = seen.map(uses => uses[1]);
  t.is(new Set(calls).size, 3);
  t.is(calls[3], calls[0]);
});

test('what a filter does not share is not noted, nor more than USES_MAX', t => {
  const usesOf = createRunner();
  t.is(usesOf(asking('calculateSMA', 5)).length, 1, 'over values');
  t.is(usesOf(asking('calculateMA', ...Array<number>(200).fill(1))).length, 1, 'too long to note');
  const many = usesOf((_ticker, timeframes, helpers) => {
    for (let i = 1; i < 2 * USES_MAX; i++) (helpers as Helpers).calculateMA!(timeframes['5m'], i);
    return true;
  });
  t.is(many.length, USES_MAX);
  t.is(usesOf(() => true).length, 1);
});

test('a filter that throws is noted as far as it came, and those after it are not noted on', t => {
  const usesOf = createRunner();
  const uses = usesOf((ticker, timeframes, helpers) => {
    (helpers as Helpers).getLatestRSI!(timeframes['5m'], ticker.s.charCodeAt(0));
    throw new Error('no');
  });
  t.is(uses.length, 2);
});
