import test from 'ava';
import fc from 'fast-check';
import {DayWindow} from '../../src/market/day-window.js';
import type {Kline} from '../../src/market/kline.js';
import {candleAt} from '../support/candles.js';

test('ticker() tells the change since 24 hours ago, the last close verbatim and the turnover', t => {
  const window = new DayWindow('BTCUSDT');
  for (let hour = 0; hour < 30; hour += 1) {
    window.record(candleAt(hour, 100, '1h').with(1, String(100 + hour)) as Kline);
  }
  window.record(candleAt(30, 100, '1h').with(4, '159.0000') as Kline);
  // 24 candles are left: hours 7 to 30, each with a turnover of 750.
  t.deepEqual(window.ticker(), {s: 'BTCUSDT', P: '48.598', c: '159.0000', q: '18000.0000'});
});

test('ticker() takes the first candle known before a day has passed', t => {
  const window = new DayWindow('BTCUSDT');
  window.record(candleAt(0, 110, '1h'));
  t.is(window.ticker().P, '10.000');
});

test('ticker() makes up a missing quote volume from close and volume', t => {
  const window = new DayWindow('BTCUSDT');
  window.record(candleAt(0, 110, '1h').with(7, '0') as Kline);
  t.is(window.ticker().q, '825.0000');
});

test('record() replaces a candle of the same open time', t => {
  const window = new DayWindow('BTCUSDT');
  window.record(candleAt(0, 110));
  window.record(candleAt(0, 120).with(7, '5') as Kline);
  t.deepEqual(window.ticker(), {s: 'BTCUSDT', P: '20.000', c: '120', q: '5.0000'});
});

test('record() forgets what a gap left behind by the clock, not by count', t => {
  const window = new DayWindow('BTCUSDT');
  window.record(candleAt(0, 110, '1h'));
  window.record(candleAt(40, 120, '1h'));
  t.is(window.ticker().q, '750.0000');
});

test('ticker() does not drift from the sum of the window', t => {
  const quotes = fc.array(fc.integer({min: 0, max: 10_000_000_000}), {
    minLength: 500,
    maxLength: 700,
  });
  const property = fc.property(quotes, amounts => {
    const window = new DayWindow('BTCUSDT');
    const candles = amounts.map((amount, hour) => {
      return candleAt(hour, 100, '1h')
        .with(5, '0')
        .with(7, String(amount / 10_000)) as Kline;
    });
    for (const candle of candles) window.record(candle);
    const sum = amounts.slice(-24).reduce((total, amount) => total + amount, 0) / 10_000;
    t.is(window.ticker().q, sum.toFixed(4));
  });
  t.notThrows(() => fc.assert(property, {numRuns: 20}));
});
