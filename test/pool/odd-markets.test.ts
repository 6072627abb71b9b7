import test from 'ava';
import type {Kline, MarketData, Ticker} from '../../src/market/kline.js';
import {ScreenerPool} from '../../src/pool/screener-pool.js';
import {candleAt} from '../support/candles.js';
import {traderOf} from '../support/machine.js';

const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD'];
const LENGTH = 20;

/** A market that moves on by a candle each time; the close of a candle is its position. */
function marketAt(offset: number): MarketData {
  const rows = Array.from({length: LENGTH}, (_, i) => candleAt(offset + i, offset + i));
  const ticker = (s: string): [string, Ticker] => [s, {s, c: '1', P: '0', q: '1'}];
  return {
    symbols: [...SYMBOLS],
    tickers: new Map(SYMBOLS.map(ticker)),
    klines: new Map(SYMBOLS.map(symbol => [symbol, new Map([['5m', structuredClone(rows)]])])),
    timestamp: offset,
  };
}

const LAST_CLOSE =
  "const k = timeframes['5m']; return {match: true, conditions: [k[k.length - 1][4]]};";

type Spoil = (market: MarketData) => void;

/** What a caller's Maps may hold against their types. */
const SPOILS: readonly (readonly [what: string, spoil: Spoil])[] = [
  ['no intervals', ({klines}) => klines.set('BBB', undefined as never)],
  ['an object of intervals', ({klines}) => klines.set('BBB', {'5m': []} as never)],
  ['no candles', ({klines}) => klines.get('BBB')!.set('5m', undefined as never)],
  ['a row that is none', ({klines}) => klines.get('BBB')!.set('5m', [undefined as never])],
  [
    'a row that can not be read',
    ({klines}) => {
      const row = new Proxy([] as unknown as Kline, {
        get() {
          throw new Error('unreadable');
        },
      });
      klines.get('BBB')!.get('5m')!.push(row);
    },
  ],
  [
    'a function in a row',
    ({klines}) => {
      klines.get('BBB')!.get('5m')![3]![3] = (() => 1) as never;
    },
  ],
  ['no ticker', ({tickers}) => tickers.set('BBB', undefined as never)],
  ['a null for a ticker', ({tickers}) => tickers.set('BBB', null as never)],
  [
    'a ticker that JSON can not hold',
    ({tickers}) => {
      tickers.get('BBB')!.count = 12n;
    },
  ],
];

for (const [what, spoil] of SPOILS) {
  test(`a market with ${what} costs its symbol at most, and spoils no later screening`, async t => {
    const pool = new ScreenerPool();
    t.teardown(() => pool.shutdown(0));
    // Whoever listens may throw: that call rejects, and no other.
    pool.on('error', error => {
      throw error;
    });
    await pool.initialize(2);
    for (let i = 0; i < 4; i++) {
      const market = marketAt(i);
      if (i === 1) spoil(market);
      const traders = [traderOf(`t${i}`, LAST_CLOSE)];
      const results = await pool.executeFilters(traders, market).catch(() => undefined);
      if (results === undefined) {
        t.is(i, 1);
        continue;
      }
      const {error, matches} = results.get(`t${i}`)!;
      t.is(error, undefined);
      const found = matches.map(({symbol, matchedConditions}) => [symbol, matchedConditions[0]]);
      const wanted = SYMBOLS.map(symbol => [symbol, String(i + LENGTH - 1)]);
      const isHonest = ([symbol]: (string | undefined)[]) => i !== 1 || symbol !== 'BBB';
      t.deepEqual(found.filter(isHonest), wanted.filter(isHonest));
    }
  });
}

test("a ticker is found by its Map's key", async t => {
  const pool = new ScreenerPool();
  t.teardown(() => pool.shutdown(0));
  await pool.initialize(1);
  const market = marketAt(0);
  market.tickers.get('AAA')!.s = 'aaa';
  delete (market.tickers.get('BBB') as {s?: string}).s;
  const results = await pool.executeFilters([traderOf('t', 'return true;')], market);
  const matched = results.get('t')?.matches.map(({symbol}) => symbol);
  t.deepEqual(matched, SYMBOLS);
});
