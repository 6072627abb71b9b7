import test from 'ava';
import {MALFORMED_KINDS} from '../../../src/market/exchange/malformed-frame.js';
import {startExchange} from '../../support/exchange.js';

interface Frame {
  stream: string;
  data: {E: number; k: {t: number; x: boolean; i: string}};
}

const TICK_MS = 2_000;
const PATH = '/stream?streams=btcusdt@kline_1m/ethusdt@kline_1m/btcusdt@kline_5m';

test('lose() keeps as many closing frames of a series back, and no other', async t => {
  const {exchange, connect} = await startExchange(t);
  const client = await connect(PATH);
  exchange.frameFaults.lose({closed: true, symbol: 'BTCUSDT', interval: '1m', count: 2});
  const fromMs = exchange.timeMs;
  await exchange.play(fromMs + 180_000);
  await client.flush();
  const closed = (client.frames.slice(0, -1) as Frame[]).filter(({data}) => data.k.x);
  const timesOf = (stream: string) =>
    closed.filter(frame => frame.stream === stream).map(({data}) => data.k.t - fromMs);
  t.deepEqual(timesOf('btcusdt@kline_1m'), [120_000]);
  t.deepEqual(timesOf('ethusdt@kline_1m'), [0, 60_000, 120_000]);
  t.deepEqual(exchange.faultCounts(), {lost: 2});
  t.is(client.texts.length - 1, 3 * 90 - 2);
  t.is(exchange.counts().klinesSent, 3 * 90 - 2);
  t.is(exchange.klines('BTCUSDT', '1m', {startTime: fromMs}).length, 3, 'the truth has all');
});

test('duplicate() sends frames twice', async t => {
  const {exchange, connect} = await startExchange(t);
  const client = await connect(PATH);
  exchange.frameFaults.duplicate({symbol: 'ETHUSDT', count: 3});
  await exchange.play(exchange.timeMs + 4 * TICK_MS);
  await client.flush();
  const ofEth = client.texts.slice(0, -1).filter(text => text.includes('ethusdt'));
  t.deepEqual(
    ofEth.map(text => ofEth.indexOf(text)),
    [0, 0, 2, 2, 4, 4, 6],
  );
  t.deepEqual(exchange.faultCounts(), {duplicated: 3});
  t.is(exchange.counts().klinesSent, 4 * 3 + 3);
});

test('reorder() sends a group of frames in reverse', async t => {
  const {exchange, connect} = await startExchange(t);
  const client = await connect('/stream?streams=btcusdt@kline_1m');
  exchange.frameFaults.reorder({count: 3});
  const fromMs = exchange.timeMs;
  await exchange.play(fromMs + 4 * TICK_MS);
  await client.flush();
  t.deepEqual(
    (client.frames.slice(0, -1) as Frame[]).map(({data}) => (data.E - fromMs) / TICK_MS),
    [3, 2, 1, 4],
  );
  t.deepEqual(exchange.faultCounts(), {reordered: 3});
  t.throws(() => exchange.frameFaults.reorder({count: 1}), {instanceOf: TypeError});
});

test('malform() breaks frames in every kind, each its own way', async t => {
  const {exchange, connect} = await startExchange(t);
  const client = await connect('/stream?streams=btcusdt@kline_1m');
  const whole = await connect('/stream?streams=ethusdt@kline_1m');
  for (const kind of MALFORMED_KINDS) exchange.frameFaults.malform(kind, {symbol: 'BTCUSDT'});
  await exchange.play(exchange.timeMs + (MALFORMED_KINDS.length + 1) * TICK_MS);
  await Promise.all([client.flush(), whole.flush()]);
  t.deepEqual(exchange.faultCounts(), {malformed: MALFORMED_KINDS.length});
  t.is(client.texts.length, MALFORMED_KINDS.length + 2);
  t.is(new Set(client.texts).size, client.texts.length);
  const isWhole = (text: string) => {
    try {
      const {stream, data} = JSON.parse(text);
      const {t: openTime, i, o, h, l, c, x} = data.k;
      const prices = [o, h, l, c];
      return (
        data.s === 'BTCUSDT' &&
        stream === 'btcusdt@kline_1m' &&
        openTime % 60_000 === 0 &&
        typeof openTime === 'number' &&
        i === '1m' &&
        typeof x === 'boolean' &&
        prices.every(price => typeof price === 'string' && Number(price) > 0) &&
        prices.every(price => Number.isFinite(Number(price))) &&
        Number(h) >= Number(l)
      );
    } catch {
      return false;
    }
  };
  const broken = client.texts.slice(0, MALFORMED_KINDS.length);
  t.deepEqual(
    MALFORMED_KINDS.filter((_, index) => isWhole(broken[index]!)),
    [],
  );
  t.true(isWhole(client.texts.at(-2)!));
});

test('skewMs moves event times and the server’s time, not the candles', async t => {
  const {exchange, connect, get} = await startExchange(t);
  const client = await connect('/stream?streams=btcusdt@kline_1m');
  for (const skewMs of [90_000, -90_000, 0]) {
    exchange.frameFaults.skewMs = skewMs;
    exchange.advance(exchange.timeMs + TICK_MS);
    t.deepEqual((await get('/api/v3/time')).body, {serverTime: exchange.timeMs + skewMs});
  }
  await client.flush();
  const [ahead, behind, right] = client.frames as [Frame, Frame, Frame];
  t.is(right.data.E, exchange.timeMs);
  t.is(ahead.data.E, exchange.timeMs - 2 * TICK_MS + 90_000);
  t.is(behind.data.E, exchange.timeMs - TICK_MS - 90_000);
  t.is(ahead.data.k.t, right.data.k.t);
  t.deepEqual(exchange.faultCounts(), {skewed: 2});
});

test('clear() ends all that was asked for', async t => {
  const {exchange, connect} = await startExchange(t);
  const client = await connect(PATH);
  exchange.frameFaults.lose({count: Number.POSITIVE_INFINITY});
  exchange.advance(exchange.timeMs + TICK_MS);
  exchange.frameFaults.clear();
  exchange.advance(exchange.timeMs + TICK_MS);
  await client.flush();
  t.is(client.texts.length - 1, 3);
  t.deepEqual(exchange.faultCounts(), {lost: 3});
  t.throws(() => exchange.frameFaults.lose({count: 0}), {instanceOf: TypeError});
});
