import {once} from 'node:events';
import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import {WebSocket} from '../../../src/web-socket.js';
import {startExchange} from '../../support/exchange.js';

const TICK_MS = 2_000;
const PATH = '/stream?streams=btcusdt@kline_1m';

test('drop() breaks TCP, or closes with a code', async t => {
  const {exchange, connect} = await startExchange(t);
  const [first, second, third] = [await connect(PATH), await connect(PATH), await connect(PATH)];
  const ends = [first.closed(), second.closed()];
  exchange.linkFaults.drop({ids: [1]});
  exchange.linkFaults.drop({ids: [2], code: 1012});
  t.deepEqual(await Promise.all(ends), [1006, 1012]);
  while (exchange.connections.length > 1) await nextTurn();
  t.deepEqual(exchange.faultCounts(), {dropped: 2});
  await third.flush();
});

test('stall() silences connections until resume(); what was missed stays missed', async t => {
  const {exchange, clock, connect} = await startExchange(t);
  const client = await connect(PATH);
  const other = await connect(PATH);
  exchange.advance(exchange.timeMs + TICK_MS);
  exchange.linkFaults.stall([1]);
  exchange.linkFaults.stall([1]);
  exchange.advance(exchange.timeMs + 3 * TICK_MS);
  client.socket.ping();
  client.socket.send('{"method":"LIST_SUBSCRIPTIONS","id":"unheard"}');
  while (exchange.counts().requestsReceived !== 1) await nextTurn();
  for (let minute = 0; minute < 3; minute += 1) {
    clock.nowMs += 60_000;
    exchange.tick();
    while (exchange.counts().pongsReceived !== minute + 1) await nextTurn();
  }
  t.is(exchange.connections[0]!.link, 'stalled');
  exchange.linkFaults.resume();
  exchange.advance(exchange.timeMs + TICK_MS);
  await Promise.all([client.flush(), other.flush()]);
  t.is(client.texts.length, 2 + 1);
  t.is(client.pings.length, 0);
  t.is(other.texts.length, 5 + 1);
  t.deepEqual(exchange.faultCounts(), {stalled: 1, swallowed: 3});
  t.is(exchange.counts().pongTimeouts, undefined);
});

test('stallNext() accepts connections and says nothing on them', async t => {
  const {exchange, connect} = await startExchange(t);
  exchange.linkFaults.stallNext(1);
  const silent = await connect(PATH);
  const lively = await connect(PATH);
  exchange.advance(exchange.timeMs + TICK_MS);
  await lively.flush();
  t.deepEqual([silent.texts.length, lively.texts.length], [0, 2]);
  t.deepEqual(exchange.faultCounts(), {stalled: 1, swallowed: 1});
});

test('halfOpen() neither reads nor sends any more, and TCP stands', async t => {
  const {exchange, clock, connect} = await startExchange(t);
  const client = await connect(PATH);
  const other = await connect('/ws');
  exchange.linkFaults.halfOpen([1]);
  exchange.linkFaults.resume();
  exchange.advance(exchange.timeMs + TICK_MS);
  client.socket.ping();
  client.socket.send('{"method":"LIST_SUBSCRIPTIONS","id":1}');
  clock.nowMs += 90_000_000;
  exchange.tick();
  t.is(await other.closed(), 1001);
  t.is(client.socket.readyState, WebSocket.OPEN);
  t.is(exchange.counts().requestsReceived, undefined);
  t.is(exchange.counts().pingsReceived, undefined);
  t.is(client.texts.length + client.pings.length, 0);
  t.deepEqual(exchange.faultCounts(), {half_opened: 1, swallowed: 1});
  const closed = client.closed();
  await exchange.close();
  t.is(await closed, 1006);
});

test('refuseUpgrades() answers with a status as often as asked', async t => {
  const {exchange, connect} = await startExchange(t);
  exchange.linkFaults.refuseUpgrades(2);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const socket = new WebSocket(`${exchange.streamUrl}/ws`);
    socket.on('error', () => undefined);
    const [, response] = await once(socket, 'unexpected-response');
    t.is(response.statusCode, 503);
    socket.terminate();
  }
  await connect('/ws');
  t.deepEqual(exchange.faultCounts(), {upgrades_refused: 2});
});

test('refuseTcp() refuses new connections until acceptTcp(), and leaves the open ones', async t => {
  const {exchange, connect, get} = await startExchange(t);
  const client = await connect(PATH);
  const {port} = new URL(exchange.restUrl);
  exchange.refuseTcp();
  const socket = new WebSocket(`${exchange.streamUrl}/ws`);
  const [error] = await once(socket, 'error');
  t.is((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  await t.throwsAsync(get('/api/v3/ping'));
  exchange.advance(exchange.timeMs + TICK_MS);
  await client.flush();
  t.is(client.texts.length, 2);
  await exchange.acceptTcp();
  t.is(new URL(exchange.restUrl).port, port);
  t.is((await get('/api/v3/ping')).status, 200);
  await connect('/ws');
});

test('announceShutdown() tells every connection, in its own wrapper', async t => {
  const {exchange, connect} = await startExchange(t);
  const combined = await connect('/stream');
  const bare = await connect('/ws');
  exchange.announceShutdown();
  await Promise.all([combined.until(1), bare.until(1)]);
  const data = {e: 'serverShutdown', E: exchange.timeMs};
  t.deepEqual(combined.frames, [{stream: '!serverShutdown', data}]);
  t.deepEqual(bare.frames, [data]);
  t.is(exchange.counts().shutdownsSent, 2);
});
