import test from 'ava';
import {RecordedMarket} from '../../../src/market/exchange/recorded-market.js';
import type {Kline} from '../../../src/market/kline.js';
import {candleAt} from '../../support/candles.js';
import {startExchange} from '../../support/exchange.js';
import {readCandles, testWithRecordings} from '../../support/recordings.js';

const OUTAGE = 'spot-ohlcv-freqtrade-2021';
/** The last candle before it and the first behind it open then. */
const OUTAGE_MS = {from: Date.UTC(2021, 3, 25, 4), to: Date.UTC(2021, 3, 25, 8, 45)};

interface Frame {
  data: {k: {t: number; x: boolean; c: string; h: string; l: string; v: string}};
}

testWithRecordings(
  'a recorded outage is served as it was: silence, then the next candle',
  async t => {
    const symbols = ['BTCUSDT', 'ETHUSDT'] as const;
    const series = symbols.map(symbol => ({
      symbol,
      interval: '5m' as const,
      klines: readCandles(OUTAGE, symbol, '5m'),
    }));
    const startMs = OUTAGE_MS.from - 3_600_000;
    const market = new RecordedMarket(series, {startMs});
    const {exchange, connect, get} = await startExchange(t, {market});
    const client = await connect('/stream?streams=btcusdt@kline_5m/ethusdt@kline_5m');
    t.true(exchange.klines('BTCUSDT', '5m').every(kline => kline[6] < startMs));
    await exchange.play(OUTAGE_MS.to + 3_600_000);
    await client.flush();
    const frames = (client.frames.slice(0, -1) as (Frame & {stream: string})[]).filter(
      ({stream}) => stream === 'btcusdt@kline_5m',
    );
    const closedTimes = frames.filter(({data}) => data.k.x).map(({data}) => data.k.t);
    const recorded = series[0]!.klines.filter(
      kline => kline[0] >= startMs && kline[6] < exchange.timeMs,
    );
    t.deepEqual(
      closedTimes,
      recorded.map(kline => kline[0]),
    );
    const gaps = closedTimes.map((timeMs, index) => timeMs - (closedTimes[index - 1] ?? timeMs));
    t.is(Math.max(...gaps), OUTAGE_MS.to - OUTAGE_MS.from);
    const query = `startTime=${OUTAGE_MS.from - 600_000}&endTime=${OUTAGE_MS.to}`;
    const {body} = await get(`/api/v3/klines?symbol=BTCUSDT&interval=5m&${query}`);
    t.deepEqual(
      body,
      recorded.filter(kline => kline[0] >= OUTAGE_MS.from - 600_000 && kline[0] <= OUTAGE_MS.to),
    );
  },
);

testWithRecordings('the recorded crash comes out to the digit', async t => {
  const klines = readCandles('spot-12field-static-klines-oct2025-crash', 'DOTUSDT', '15m');
  const market = new RecordedMarket([{symbol: 'DOTUSDT', interval: '15m', klines}]);
  const {endMs} = market;
  const {exchange} = await startExchange(t, {market});
  exchange.advance(endMs);
  t.deepEqual(exchange.klines('DOTUSDT', '15m'), klines);
});

test('an open candle goes over its extremes to its close, within its high and low', t => {
  const rising: Kline = [
    0,
    '10',
    '14',
    '9',
    '12',
    '100.0',
    59_999,
    '1100.00',
    8,
    '40.0',
    '440.00',
    '0',
  ];
  const falling: Kline = [60_000, '12', '13', '8', '9', '6', 119_999, '60', 2, '1', '9', '0'];
  const market = new RecordedMarket([
    {symbol: 'BTCUSDT', interval: '1m', klines: [rising, falling]},
  ]);
  const events = market.advance(119_999);
  const told = events.map(event => {
    if (event.kind !== 'kline') throw new Error('Expected klines only');
    const [, open, high, low, close, volume, , , n] = event.kline;
    return [event.timeMs, open, high, low, close, volume, n, event.closed];
  });
  t.deepEqual(told, [
    [15_000, '10', '10', '10', '10', '25.0', 2, false],
    [30_000, '10', '10', '9', '9', '50.0', 4, false],
    [45_000, '10', '14', '9', '14', '75.0', 6, false],
    [60_000, '10', '14', '9', '12', '100.0', 8, true],
    [75_000, '12', '12', '12', '12', '2', 0, false],
    [90_000, '12', '13', '12', '13', '3', 1, false],
    [105_000, '12', '13', '8', '8', '5', 1, false],
  ]);
  t.deepEqual(market.advance(120_000).length, 1);
  t.is(market.endMs, 120_000);
  t.deepEqual(market.advance(10_000_000), []);
});

test('new RecordedMarket() refuses no candles and no updates', t => {
  t.throws(() => new RecordedMarket([]), {instanceOf: TypeError});
  const series = [{symbol: 'BTCUSDT', interval: '5m' as const, klines: [candleAt(0)]}];
  t.throws(() => new RecordedMarket(series, {updatesPerCandle: 0}), {instanceOf: TypeError});
});
