import test from 'ava';
import {reachOf} from '../../src/screener/indicator-reach.js';
import * as indicators from '../../src/screener/indicators/index.js';
import {candleAt} from '../support/candles.js';

const CANDLES = Array.from({length: 60}, (_, i) => candleAt(i, 100 + ((i * 37) % 23)));

/** What each is asked with, defaults among them. */
const ARGS: readonly (readonly (number | undefined)[])[] = [
  [],
  [undefined],
  [1],
  [14],
  [20, 2],
  [2.5],
  [59],
  [60],
  [500],
  [0],
  [-3],
  [Number.NaN],
];

test('reachOf() leaves out only candles that don’t matter, whatever stands in their place', t => {
  let boundedCount = 0;
  for (const [name, shown] of Object.entries(indicators)) {
    const indicator = shown as (...args: unknown[]) => unknown;
    for (const args of ARGS) {
      const reach = reachOf(name, args);
      if (!(reach < CANDLES.length)) continue;
      boundedCount++;
      const others = CANDLES.map((candle, i) =>
        i < CANDLES.length - reach ? candleAt(i, 9_999 - i) : candle,
      );
      t.deepEqual(indicator(others, ...args), indicator(CANDLES, ...args), `${name}(${args})`);
    }
  }
  t.true(boundedCount > 40);
});
