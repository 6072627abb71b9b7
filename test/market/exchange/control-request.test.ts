import test from 'ava';
import {startExchange} from '../../support/exchange.js';

test('SUBSCRIBE, UNSUBSCRIBE and LIST_SUBSCRIPTIONS change and tell the streams', async t => {
  const {exchange, clock, connect} = await startExchange(t);
  const client = await connect('/stream');
  const streams = ['btcusdt@kline_1m', 'ethusdt@kline_1m'];
  const answer = await client.request({method: 'SUBSCRIBE', params: streams, id: 1});
  t.deepEqual(answer, {result: null, id: 1});
  exchange.advance(exchange.timeMs + 2_000);
  await client.until(3);
  const removed = {method: 'UNSUBSCRIBE', params: ['btcusdt@kline_1m', 'none@ticker'], id: 'two'};
  t.deepEqual(await client.request(removed), {result: null, id: 'two'});
  t.deepEqual(await client.request({method: 'LIST_SUBSCRIPTIONS', id: null}), {
    result: ['ethusdt@kline_1m'],
    id: null,
  });
  clock.nowMs += 1_000;
  exchange.advance(exchange.timeMs + 2_000);
  await client.flush();
  const told = client.texts.filter(text => text.includes('"kline"'));
  t.is(told.length, 3);
  t.true(told[2]!.startsWith('{"stream":"ethusdt@kline_1m","data":{"e":"kline"'));
});

test('the wrapper comes on /stream, not on /ws, and as `combined` is set', async t => {
  const {exchange, connect} = await startExchange(t);
  const bare = await connect('/ws/btcusdt@kline_1m');
  const combined = await connect('/stream?streams=btcusdt@kline_1m');
  const get = {method: 'GET_PROPERTY', params: ['combined'], id: 1};
  t.deepEqual(await bare.request(get), {result: false, id: 1});
  t.deepEqual(await combined.request(get), {result: true, id: 1});
  exchange.advance(exchange.timeMs + 2_000);
  await Promise.all([bare.until(2), combined.until(2)]);
  t.deepEqual(combined.frames[1], {stream: 'btcusdt@kline_1m', data: bare.frames[1]});
  const set = {method: 'SET_PROPERTY', params: ['combined', true], id: 2};
  t.deepEqual(await bare.request(set), {result: null, id: 2});
  exchange.advance(exchange.timeMs + 2_000);
  await Promise.all([bare.until(4), combined.until(3)]);
  t.is(bare.texts[3], combined.texts[2]);
});

const WRONG: [request: unknown, code: number, message: RegExp][] = [
  [{method: 'SET_PROPERTY', params: ['colour', true], id: 3}, 0, /^Unknown property$/],
  [
    {method: 'SET_PROPERTY', params: ['combined', 'yes'], id: 3},
    1,
    /^Invalid value type: expected Boolean$/,
  ],
  [{method: 'SHOUT', id: 3}, 2, /^Invalid request: unknown variant `SHOUT`/],
  [{params: [], id: 3}, 2, /^Invalid request: missing field `method`/],
  [{method: 'SUBSCRIBE', id: 3}, 2, /^Invalid request: missing field `params`/],
  [{method: 'SUBSCRIBE', params: [1], id: 3}, 2, /^Invalid request: stream name/],
  [{method: 'GET_PROPERTY', params: ['combined', 1], id: 3}, 2, /too many parameters/],
  [{method: 'GET_PROPERTY', params: [1], id: 3}, 2, /property name must be a string/],
  [{method: 'LIST_SUBSCRIPTIONS', id: 1.5}, 2, /request ID/],
  [{method: 'LIST_SUBSCRIPTIONS', id: 'x'.repeat(37)}, 2, /request ID/],
  [[], 2, /^Invalid request/],
  ['{"method": ', 3, /^Invalid JSON: expected value at line 1 column 11$/],
];

test('a wrong request gets Binance’s code, and the connection stays', async t => {
  const {exchange, clock, connect} = await startExchange(t);
  const client = await connect('/ws');
  for (const [request, code, message] of WRONG) {
    clock.nowMs += 1_000;
    const answer = (await client.request(request)) as {code: number; msg: string};
    t.is(answer.code, code);
    t.regex(answer.msg, message);
  }
  t.is(exchange.counts().requestErrors, WRONG.length);
  t.is(exchange.connections.length, 1);
});

test('any stream can be subscribed; there being none, it is silent', async t => {
  const {exchange, connect} = await startExchange(t);
  const client = await connect('/stream?streams=nosuch@kline_1m');
  const more = {method: 'SUBSCRIBE', params: ['btcusdt@depth', 'BTCUSDT@kline_1m'], id: 1};
  t.deepEqual(await client.request(more), {result: null, id: 1});
  exchange.advance(exchange.timeMs + 4_000);
  await client.flush();
  t.is(client.texts.length, 2);
  t.is(exchange.connections[0]!.streams.length, 3);
});
