import test from 'ava';
import type {Kline} from '../../src/market/kline.js';
import * as helpers from '../../src/screener/indicators/index.js';
import {candle, candlesAt, closesOf, FLAT, RISING} from '../support/indicator-candles.js';

test('calculateMA() is the mean of the newest closes, and null where there are too few', t => {
  t.is(helpers.calculateMA(candlesAt(1, 2, 3, 5), 2), 4);
  t.is(helpers.calculateMA(candlesAt(1, 2), 3), null);
  t.is(helpers.calculateMA([], 1), null);
});

test('calculateMA() is null for a period that is no whole number from 1 up', t => {
  for (const period of [0, -1, 1.5, Number.NaN]) t.is(helpers.calculateMA(RISING, period), null);
});

test('calculateMASeries() is null until its window is full', t => {
  t.deepEqual(helpers.calculateMASeries(candlesAt(1, 2, 3, 5), 3), [null, null, 2, 10 / 3]);
  t.deepEqual(helpers.calculateMASeries(candlesAt(1, 2), 3), [null, null]);
  t.deepEqual(helpers.calculateMASeries([], 3), []);
});

test('calculateEMASeries() starts from the mean, calculateEMA() from the first value', t => {
  t.deepEqual(helpers.calculateEMASeries(candlesAt(1, 2, 6), 2), [null, 1.5, 4.5]);
  t.is(helpers.getLatestEMA(candlesAt(1, 2, 6), 2), 4.5);
  t.is(helpers.calculateEMA([1, 2, 6], 3), 3.75);
});

test('calculateSMA() and calculateEMA() are 0 where there are too few values', t => {
  t.is(helpers.calculateSMA([1, 2], 3), 0);
  t.is(helpers.calculateEMA([1, 2], 3), 0);
  t.is(helpers.calculateSMA([], 1), 0);
  t.is(helpers.calculateEMA([], 1), 0);
});

test('getLatestRSI() is 100 when nothing fell, 0 when nothing rose, 50 when nothing moved', t => {
  t.is(helpers.getLatestRSI(RISING), 100);
  t.is(helpers.getLatestRSI(RISING.toReversed()), 0);
  t.is(helpers.getLatestRSI(FLAT), 50);
});

test('calculateRSI() needs one candle more than its period', t => {
  t.is(helpers.calculateRSI(RISING.slice(0, 14)), null);
  t.is(helpers.getLatestRSI(RISING.slice(0, 14)), null);
  t.deepEqual(helpers.calculateRSI(RISING.slice(0, 15)), [...new Array(14).fill(null), 100]);
  t.is(helpers.calculateRSI([]), null);
});

test('calculateStochRSI() is null until its first %D, and zeros before it', t => {
  t.is(helpers.calculateStochRSI(RISING.slice(0, 31)), null);
  t.is(helpers.getLatestStochRSI(RISING.slice(0, 31)), null);
  const points = helpers.calculateStochRSI(RISING.slice(0, 32))!;
  t.is(points.length, 32);
  t.deepEqual(points[30], {k: 0, d: 0});
  t.deepEqual(points[31], {k: 50, d: 50});
});

test('getLatestMACD() is null line by line where candles are too few', t => {
  const none = {macd: null, signal: null, histogram: null};
  t.deepEqual(helpers.getLatestMACD([]), none);
  t.deepEqual(helpers.getLatestMACD(FLAT.slice(0, 25)), none);
  t.deepEqual(helpers.getLatestMACD(FLAT.slice(0, 33)), {...none, macd: 0});
  t.deepEqual(helpers.getLatestMACD(FLAT.slice(0, 34)), {macd: 0, signal: 0, histogram: 0});
});

test('calculateMACD() is 0 line by line where closes are too few', t => {
  const closes = closesOf(RISING);
  t.deepEqual(helpers.calculateMACD([]), {MACD: 0, signal: 0, histogram: 0});
  t.deepEqual(helpers.calculateMACD(closes.slice(0, 25)), {MACD: 0, signal: 0, histogram: 0});
  const young = helpers.calculateMACD(closes.slice(0, 33));
  t.true(young.MACD > 0);
  t.deepEqual([young.signal, young.histogram], [0, 0]);
  t.true(helpers.calculateMACD(closes.slice(0, 34)).signal > 0);
});

test('calculateADX() is 0 below two periods of candles, and for flat ones', t => {
  t.is(helpers.calculateADX(RISING.slice(0, 27)), 0);
  t.true(helpers.calculateADX(RISING.slice(0, 28)) > 0);
  t.is(helpers.calculateADX(FLAT), 0);
  t.is(helpers.calculateADX([]), 0);
});

test('calculateADX() is at most 100', t => {
  t.is(helpers.calculateADX(candlesAt(...new Array(30).fill(0).map((_, i) => 1 + (i % 2)))), 100);
});

test('calculateStochastic() is 100 at the high, 50 without a range, 0 where candles are too few', t => {
  t.is(helpers.calculateStochastic(RISING).k, 100);
  t.is(helpers.calculateStochastic(FLAT).k, 50);
  t.deepEqual(helpers.calculateStochastic(RISING.slice(0, 13)), {k: 0, d: 0});
  t.deepEqual(helpers.calculateStochastic([]), {k: 0, d: 0});
});

test('getHighestHigh() and getLowestLow() read wicks of the last candles only', t => {
  const klines = [
    candle(5, 5, 1, {below: 9, above: 9}),
    candle(3, 4, 1, {below: 1, above: 2}),
    candle(4, 4),
  ];
  t.is(helpers.getHighestHigh(klines, 2), 6);
  t.is(helpers.getLowestLow(klines, 2), 2);
  t.is(helpers.getHighestHigh(klines, 4), null);
  t.is(helpers.getLowestLow([], 1), null);
});

test('detectEngulfingPattern() sees a body of the other colour beyond both ends of the last', t => {
  t.is(helpers.detectEngulfingPattern([candle(10, 9), candle(8, 11)]), 'bullish');
  t.is(helpers.detectEngulfingPattern([candle(9, 10), candle(11, 8)]), 'bearish');
});

test('detectEngulfingPattern() is null for one colour, a shared end, flat or too few candles', t => {
  t.is(helpers.detectEngulfingPattern([candle(9, 10), candle(8, 11)]), null);
  t.is(helpers.detectEngulfingPattern([candle(10, 9), candle(9, 11)]), null);
  t.is(helpers.detectEngulfingPattern([candle(9, 10), candle(11, 9)]), null);
  t.is(helpers.detectEngulfingPattern(FLAT), null);
  t.is(helpers.detectEngulfingPattern([candle(10, 9)]), null);
  t.is(helpers.detectEngulfingPattern([]), null);
});

test('detectGenericDivergence() compares pivots of the first series with the second there', t => {
  const prices = [1, 5, 1, 1, 1, 1, 6, 1];
  const readings = [0, 9, 0, 0, 0, 0, 8, 0];
  const mirrored = (values: number[]) => values.map(value => -value);
  t.is(helpers.detectGenericDivergence(prices, readings), 'bearish_regular');
  t.is(helpers.detectGenericDivergence(mirrored(prices), mirrored(readings)), 'bullish_regular');
  t.is(helpers.detectGenericDivergence(prices, prices), null);
});

test('detectGenericDivergence() regards neither close pivots, older values nor nulls', t => {
  const prices = [1, 5, 1, 1, 1, 1, 6, 1];
  const readings = [0, 9, 0, 0, 0, 0, 8, 0];
  t.is(helpers.detectGenericDivergence(prices, readings, 30, 6), null);
  t.is(helpers.detectGenericDivergence(prices, readings, 7), null);
  t.is(helpers.detectGenericDivergence(prices, [null, null, 0, 0, 0, 0, 8, 0]), null);
  t.is(helpers.detectGenericDivergence([], []), null);
});

test('detectGenericDivergence() gives the later of a bullish and a bearish divergence', t => {
  const prices = [3, 5, 3, 2, 3, 6, 3, 1, 3];
  const readings = [0, 9, 0, 4, 0, 8, 0, 5, 0];
  t.is(helpers.detectGenericDivergence(prices, readings, 30, 4), 'bullish_regular');
  t.is(
    helpers.detectGenericDivergence(prices.slice(0, 7), readings.slice(0, 7), 30, 4),
    'bearish_regular',
  );
});

test('detectRSIDivergence() is null for flat candles and where there are too few', t => {
  t.is(helpers.detectRSIDivergence(FLAT), null);
  t.is(helpers.detectRSIDivergence(RISING.slice(0, 14)), null);
  t.is(helpers.detectRSIDivergence([]), null);
});

test('calculateAvgVolume() is null where there are too few candles', t => {
  t.is(helpers.calculateAvgVolume([candle(1, 1, 2), candle(1, 1, 4)], 2), 3);
  t.is(helpers.calculateAvgVolume([candle(1, 1, 2)], 2), null);
  t.is(helpers.calculateAvgVolume([], 1), null);
});

test('calculatePVISeries() moves only where the volume rose', t => {
  const klines = [candle(10, 10, 5), candle(10, 11, 6), candle(11, 22, 6), candle(22, 11, 7)];
  t.deepEqual(helpers.calculatePVISeries(klines, 100), [100, 110, 110, 55]);
  t.is(helpers.getLatestPVI(klines, 100), 55);
});

test('calculatePVISeries() stays finite over a close of 0, and is empty without candles', t => {
  t.deepEqual(helpers.calculatePVISeries([candle(0, 0, 1), candle(0, 5, 2)]), [1000, 1000]);
  t.deepEqual(helpers.calculatePVISeries([]), []);
  t.is(helpers.getLatestPVI([]), null);
});

test('calculateHighVolumeNodes() finds the slice that most candles crossed', t => {
  const klines = [...RISING, ...new Array<Kline>(20).fill(candle(120, 120, 10))];
  const nodes = helpers.calculateHighVolumeNodes(klines);
  t.is(nodes.length, 1);
  t.is(nodes[0]!.strength, 100);
  t.true(nodes[0]!.priceRange[0] <= 120 && nodes[0]!.priceRange[1] >= 120);
});

test('calculateHighVolumeNodes() is empty for flat, no or untraded candles', t => {
  t.deepEqual(helpers.calculateHighVolumeNodes([]), []);
  t.deepEqual(helpers.calculateHighVolumeNodes(FLAT), []);
  t.deepEqual(helpers.calculateHighVolumeNodes([candle(1, 2, 0), candle(2, 3, 0)]), []);
  t.deepEqual(helpers.calculateHighVolumeNodes(RISING, {lookback: 0}), []);
});

test('getClosestHVN(), isNearHVN() and countHVNInRange() go by the middle of the nodes', t => {
  const rest = {volume: 1, buyVolume: 0, sellVolume: 1, strength: 100};
  const [low, high] = [90, 110].map(price => ({...rest, price, priceRange: [price, price]})) as [
    helpers.VolumeNode,
    helpers.VolumeNode,
  ];
  t.is(helpers.getClosestHVN(100, [high, low]), high);
  t.is(helpers.getClosestHVN(100, [high, low], 'below'), low);
  t.is(helpers.getClosestHVN(110, [high, low], 'above'), null);
  t.true(helpers.isNearHVN(110.5, [low, high]));
  t.false(helpers.isNearHVN(111, [low, high]));
  t.is(helpers.countHVNInRange(90, 110, [low, high]), 2);
  t.is(helpers.countHVNInRange(91, 109, [low, high]), 0);
});

test('getClosestHVN(), isNearHVN() and countHVNInRange() take no nodes at all', t => {
  t.is(helpers.getClosestHVN(1, []), null);
  t.false(helpers.isNearHVN(1, []));
  t.is(helpers.countHVNInRange(0, 9, []), 0);
  t.notThrows(() => helpers.clearHVNCache('BTCUSDT'));
});

test('calculateBollingerBands() meet at the price when nothing moved', t => {
  t.deepEqual(helpers.getLatestBollingerBands(FLAT), {upper: 100, middle: 100, lower: 100});
});

test('getLatestBollingerBands() equals the end of calculateBollingerBands()', t => {
  const {upper, middle, lower} = helpers.calculateBollingerBands(RISING);
  t.is(upper.length, 60);
  t.deepEqual(helpers.getLatestBollingerBands(RISING), {
    upper: upper.at(-1)!,
    middle: middle.at(-1)!,
    lower: lower.at(-1)!,
  });
});

test('calculateBollingerBands() is null where there are too few candles', t => {
  const none = {upper: null, middle: null, lower: null};
  t.deepEqual(helpers.getLatestBollingerBands(RISING.slice(0, 19)), none);
  t.deepEqual(helpers.getLatestBollingerBands([]), none);
  t.deepEqual(helpers.calculateBollingerBands([]), {upper: [], middle: [], lower: []});
});

test('calculateVWAPSeries() is null before its anchor and until something was traded', t => {
  const klines = [candle(1, 1, 5), candle(2, 2, 0), candle(4, 4, 1), candle(6, 6, 3)];
  t.deepEqual(helpers.calculateVWAPSeries(klines, 3), [null, null, 4, 5.5]);
  t.deepEqual(helpers.calculateVWAPSeries(klines, 9), helpers.calculateVWAPSeries(klines));
});

test('calculateVWAP() is 0 where nothing was traded, getLatestVWAP() null', t => {
  t.is(helpers.calculateVWAP([]), 0);
  t.is(helpers.calculateVWAP([candle(1, 1, 0)]), 0);
  t.is(helpers.getLatestVWAP([]), null);
  t.is(helpers.getLatestVWAP([candle(1, 1, 0)]), null);
});

test('calculateVWAPBands() lie as far from the average as the prices do', t => {
  const klines = [candle(2, 2), candle(4, 4)];
  t.deepEqual(helpers.getLatestVWAPBands(klines), {vwap: 3, upperBand: 4, lowerBand: 2});
  t.deepEqual(helpers.getLatestVWAPBands(FLAT), {vwap: 100, upperBand: 100, lowerBand: 100});
});

test('calculateVWAPBands() are null where nothing was traded', t => {
  const none = {vwap: null, upperBand: null, lowerBand: null};
  t.deepEqual(helpers.getLatestVWAPBands([]), none);
  t.deepEqual(helpers.getLatestVWAPBands([candle(1, 1, 0)]), none);
});
