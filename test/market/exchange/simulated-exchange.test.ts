import test from 'ava';
import {
  CATCH_UP_MS_MAX,
  SimulatedExchange,
} from '../../../src/market/exchange/simulated-exchange.js';
import type {Kline} from '../../../src/market/kline.js';
import {SimulatedMarket} from '../../../src/market/simulated-market.js';
import {RawClient, startExchange} from '../../support/exchange.js';

interface KlineFrame {
  stream: string;
  data: {e: string; E: number; s: string; k: Record<string, string | number | boolean>};
}

const MINUTE_MS = 60_000;

/** The row that a frame tells. */
function rowOf({data: {k}}: KlineFrame): unknown[] {
  return [k.t, k.o, k.h, k.l, k.c, k.v, k.T, k.q, k.n, k.V, k.Q, '0'];
}

test('REST tells the candles that the truth has', async t => {
  const {exchange, get} = await startExchange(t);
  await exchange.play(exchange.timeMs + 90_000);
  for (const {symbol, interval} of exchange.series) {
    const {status, body} = await get(`/api/v3/klines?symbol=${symbol}&interval=${interval}`);
    t.is(status, 200);
    t.deepEqual(body as Kline[], exchange.klines(symbol, interval));
    t.true((body as Kline[]).length >= 50);
  }
});

test('streams tell each candle until its end, and what REST then tells', async t => {
  const {exchange, connect} = await startExchange(t);
  const client = await connect('/stream?streams=btcusdt@kline_1m/ethusdt@kline_1m');
  const fromMs = exchange.timeMs;
  await exchange.play(fromMs + 3 * MINUTE_MS);
  await client.flush();
  const frames = client.frames.slice(0, -1) as KlineFrame[];
  t.is(frames.length, 2 * 90);
  t.is(exchange.counts().klinesSent, 180);
  t.is(exchange.counts().closedKlinesSent, 6);
  const closed = frames.filter(({stream, data}) => stream === 'btcusdt@kline_1m' && data.k.x);
  t.deepEqual(closed.map(rowOf), exchange.klines('BTCUSDT', '1m', {startTime: fromMs}));
});

test('tick() lets the market go by the clock times the speed, and catches up in bounded portions', async t => {
  const {exchange, clock} = await startExchange(t, {speed: 10});
  const fromMs = exchange.timeMs;
  exchange.tick();
  t.is(exchange.timeMs, fromMs);
  clock.nowMs += 3_000;
  exchange.tick();
  t.is(exchange.timeMs, fromMs + 30_000);
  clock.nowMs += CATCH_UP_MS_MAX + 6_000;
  exchange.tick();
  t.is(exchange.timeMs, fromMs + 30_000 + 10 * CATCH_UP_MS_MAX);
  exchange.tick();
  t.is(exchange.timeMs, fromMs + 30_000 + 10 * CATCH_UP_MS_MAX + 60_000);
});

test('listen() runs on real timers, and close() ends everything', async t => {
  const market = new SimulatedMarket({symbols: 1, intervals: ['1m'], historyCandles: 5});
  const exchange = new SimulatedExchange({market, speed: 600});
  t.throws(() => exchange.streamUrl, {message: /listens/});
  const {streamUrl, restUrl} = await exchange.listen();
  t.teardown(() => exchange.close());
  const client = await RawClient.open(t, `${streamUrl}/ws/btcusdt@kline_1m`);
  await client.until(60);
  t.true(client.texts.some(text => text.includes('"x":true')));
  const closed = client.closed();
  await exchange.close();
  await exchange.close();
  t.is(await closed, 1006);
  await t.throwsAsync(fetch(`${restUrl}/api/v3/ping`));
  const {timeMs} = exchange;
  await t.throwsAsync(exchange.listen(), {message: /does not listen yet/});
  t.is(exchange.timeMs, timeMs);
});

test('klines() and setStatus() refuse what there isn’t', async t => {
  const {exchange} = await startExchange(t);
  t.throws(() => exchange.klines('NOSUCH', '1m'), {instanceOf: TypeError});
  t.throws(() => exchange.klines('BTCUSDT', '1d'), {instanceOf: TypeError});
  t.throws(() => exchange.setStatus('NOSUCH', 'HALT'), {instanceOf: TypeError});
});

test('tick() goes by the moment at which the market began, however late the exchange was made', async t => {
  const market = new SimulatedMarket({symbols: 1, intervals: ['1m'], historyCandles: 50});
  const anchorMs = 5_000;
  const {exchange, clock} = await startExchange(t, {market, speed: 2, anchorMs});
  const fromMs = exchange.timeMs;
  clock.nowMs = anchorMs + 4_000;
  exchange.tick();
  t.is(exchange.timeMs, fromMs + 8_000);
});
