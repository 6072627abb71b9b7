import {once} from 'node:events';
import {setImmediate as nextTurn} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {SimulatedExchange} from '../../../src/market/exchange/simulated-exchange.js';
import {SimulatedMarket} from '../../../src/market/simulated-market.js';
import {WebSocket} from '../../../src/web-socket.js';
import {startExchange} from '../../support/exchange.js';

/** The HTTP status that an upgrade is refused with. */
async function refusalOf(
  t: ExecutionContext,
  url: string,
): Promise<{status: number; retryAfter: string | undefined}> {
  const socket = new WebSocket(url);
  t.teardown(() => socket.terminate());
  socket.on('error', () => undefined);
  const [, response] = await once(socket, 'unexpected-response');
  return {status: response.statusCode, retryAfter: response.headers['retry-after']};
}

test('a connection may send 5 pings, pongs and texts a second', async t => {
  const {exchange, clock, connect} = await startExchange(t);
  const client = await connect('/ws');
  const list = {method: 'LIST_SUBSCRIPTIONS', id: 1};
  for (let second = 0; second < 3; second += 1) {
    client.socket.pong();
    client.socket.ping();
    for (let sent = 0; sent < 3; sent += 1) await client.request(list);
    clock.nowMs += 1_000;
  }
  t.is(exchange.counts().messageLimitBreaks, undefined);
  for (let sent = 0; sent < 6; sent += 1) client.socket.send(JSON.stringify(list));
  t.is(await client.closed(), 1008);
  t.is(client.texts.length, 9 + 5);
  while (exchange.connections.length > 0) await nextTurn();
  const {messageLimitBreaks, pingsReceived, pongsReceived, connectionsClosed} = exchange.counts();
  t.deepEqual([messageLimitBreaks, pingsReceived, pongsReceived, connectionsClosed], [1, 3, 3, 1]);
});

test('a connection has 1,024 streams', async t => {
  const {exchange, connect} = await startExchange(t);
  const names = Array.from({length: 1_025}, (_, index) => `sim${index}usdt@kline_1m`);
  const tooMany = await refusalOf(t, `${exchange.streamUrl}/stream?streams=${names.join('/')}`);
  t.is(tooMany.status, 400);
  const client = await connect(`/stream?streams=${names.slice(0, 1_023).join('/')}`);
  const subscribe = (params: string[]) => client.request({method: 'SUBSCRIBE', params, id: 1});
  t.like(await subscribe(names.slice(1_022)), {code: 2, id: 1});
  t.is(exchange.connections[0]!.streams.length, 1_023);
  t.deepEqual(await subscribe(names.slice(1_022, 1_024)), {result: null, id: 1});
  t.is(exchange.connections[0]!.streams.length, 1_024);
  t.is(exchange.counts().streamLimitBreaks, 2);
});

test('an address may try to connect 300 times in 5 minutes', async t => {
  const {exchange, clock} = await startExchange(t, {limits: {attemptsMax: 3}});
  const url = `${exchange.streamUrl}/nowhere`;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    t.is((await refusalOf(t, url)).status, 404);
    clock.nowMs += 1_000;
  }
  t.deepEqual(await refusalOf(t, `${exchange.streamUrl}/ws`), {status: 429, retryAfter: '297'});
  clock.nowMs += 297_000;
  t.is((await refusalOf(t, url)).status, 404);
  const {attemptLimitBreaks, connectionsRefused, connectionsOpened} = exchange.counts();
  t.deepEqual([attemptLimitBreaks, connectionsRefused, connectionsOpened], [1, 5, undefined]);
});

test('more connections than the limit are refused with 503', async t => {
  const {exchange, connect} = await startExchange(t, {limits: {connectionsMax: 1}});
  await connect('/ws');
  t.is((await refusalOf(t, `${exchange.streamUrl}/ws`)).status, 503);
  t.is(exchange.counts().connectionLimitBreaks, 1);
});

test('pings come every 20 seconds, and a connection without a pong for a minute ends', async t => {
  const {exchange, clock, connect} = await startExchange(t);
  const good = await connect('/ws');
  const mute = await connect('/ws');
  const lying = await connect('/ws');
  // ws answers pings by itself; these two are kept from it.
  const send = lying.socket.pong.bind(lying.socket);
  mute.socket.pong = () => undefined;
  lying.socket.pong = () => send('not the payload');
  const ends = [mute.closed(), lying.closed()];
  let pongs = 0;
  for (let seconds = 5; seconds <= 80; seconds += 5) {
    clock.nowMs += 5_000;
    exchange.tick();
    if (seconds % 20 === 0) pongs += seconds < 80 ? 2 : 1;
    while ((exchange.counts().pongsReceived ?? 0) < pongs) await nextTurn();
  }
  t.deepEqual(await Promise.all(ends), [1008, 1008]);
  while (exchange.connections.length > 1) await nextTurn();
  t.is(exchange.counts().pongTimeouts, 2);
  t.is(good.pings.length, 4);
  t.is(good.pings[0], String(1_000_000_040_000));
});

test('a connection ends after 24 hours', async t => {
  const {exchange, clock, connect} = await startExchange(t, {limits: {lifetimeMs: 600_000}});
  const first = await connect('/ws');
  clock.nowMs += 599_999;
  const second = await connect('/ws');
  exchange.tick();
  t.is(exchange.connections.length, 2);
  clock.nowMs += 1;
  exchange.tick();
  t.is(await first.closed(), 1001);
  t.is(exchange.counts().lifetimesEnded, 1);
  await second.flush();
});

test('a reader that is too slow is dropped', async t => {
  const {exchange, connect} = await startExchange(t, {limits: {bufferedBytesMax: 100_000}});
  const slow = await connect('/stream?streams=btcusdt@kline_1m/btcusdt@kline_5m/!miniTicker@arr');
  slow.socket.pause();
  while (exchange.connections.length > 0) await exchange.play(exchange.timeMs + 60_000);
  t.is(exchange.counts().slowReadersDropped, 1);
});

test('weight is told, and limited to 6,000 a minute', async t => {
  const {clock, get} = await startExchange(t, {
    limits: {weightPerMinuteMax: 125, requestsAfter429Max: 2},
  });
  const used = async (path: string) => (await get(path)).headers.get('x-mbx-used-weight-1m');
  t.is(await used('/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1000'), '2');
  t.is(await used('/api/v3/ticker/24hr?symbol=BTCUSDT'), '4');
  t.is(await used('/api/v3/ticker/24hr?symbols=["BTCUSDT","ETHUSDT"]'), '6');
  t.is(await used('/api/v3/exchangeInfo'), '26');
  t.is(await used('/api/v3/ticker/24hr'), '106');
  t.is(await used('/api/v3/time'), '107');
  t.is(await used('/api/v3/ping'), '108');
  clock.nowMs += 1_000;
  const refused = await get('/api/v3/exchangeInfo');
  t.is(refused.status, 429);
  t.like(refused.body, {code: -1003});
  const secondsLeft = 60 - Math.floor((clock.nowMs % 60_000) / 1_000);
  t.is(refused.headers.get('retry-after'), String(secondsLeft));
  clock.nowMs += secondsLeft * 1_000;
  t.is((await get('/api/v3/ping')).headers.get('x-mbx-used-weight-1m'), '1');
});

test('who goes on after 429 is banned, the second time for twice as long', async t => {
  const limits = {weightPerMinuteMax: 20, requestsAfter429Max: 2};
  const {exchange, clock, get} = await startExchange(t, {limits});
  for (const banSeconds of [120, 240]) {
    t.is((await get('/api/v3/exchangeInfo')).status, 200);
    t.is((await get('/api/v3/ping')).status, 429);
    t.is((await get('/api/v3/ping')).status, 429);
    const banned = await get('/api/v3/ping');
    t.is(banned.status, 418);
    t.is(banned.headers.get('retry-after'), String(banSeconds));
    t.like(banned.body, {code: -1003});
    clock.nowMs += banSeconds * 1_000 - 1;
    t.is((await get('/api/v3/ping')).headers.get('retry-after'), '1');
    clock.nowMs += 1;
  }
  const {rest200, rest429, rest418} = exchange.counts();
  t.deepEqual([rest200, rest429, rest418], [2, 4, 4]);
});

test('limits, speed and symbols out of range are refused', t => {
  const market = new SimulatedMarket({symbols: 1, historyCandles: 1});
  const create = (options: object) => () => new SimulatedExchange({market, ...options});
  t.throws(create({limits: {pingIntervalMs: 0}}), {
    instanceOf: TypeError,
    message: /pingIntervalMs/,
  });
  t.throws(create({speed: -1}), {instanceOf: TypeError, message: /speed/});
  const empty = {timeMs: 0, history: () => [], advance: () => []};
  t.throws(create({market: empty}), {instanceOf: TypeError, message: /symbols, got 0/});
});
