import test from 'ava';
import type {Kline} from '../../../src/market/kline.js';
import {startExchange} from '../../support/exchange.js';

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
