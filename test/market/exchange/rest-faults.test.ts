import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import type {RestFault} from '../../../src/market/exchange/rest-faults.js';
import {startExchange} from '../../support/exchange.js';

const KLINES = '/api/v3/klines?symbol=BTCUSDT&interval=1m';

test('a fault befalls as many matching requests as asked', async t => {
  const {exchange, get} = await startExchange(t);
  const fault: RestFault = {kind: 'status', status: 500};
  exchange.restFaults.add(fault, {path: '/api/v3/klines', interval: '1m', count: 2});
  t.is((await get('/api/v3/time')).status, 200);
  t.is((await get('/api/v3/klines?symbol=BTCUSDT&interval=5m')).status, 200);
  t.is((await get(KLINES)).status, 500);
  t.is((await get('/api/v3/klines?symbol=ETHUSDT&interval=1m')).status, 500);
  t.is((await get(KLINES)).status, 200);
  exchange.restFaults.add(fault, {symbol: 'ETHUSDT', count: Number.POSITIVE_INFINITY});
  t.is((await get(KLINES)).status, 200);
  t.is((await get('/api/v3/ticker/24hr?symbol=ETHUSDT')).status, 500);
  exchange.restFaults.clear();
  t.is((await get('/api/v3/ticker/24hr?symbol=ETHUSDT')).status, 200);
  t.deepEqual(exchange.faultCounts(), {status: 3});
  t.is(exchange.counts().rest500, 3);
});

const STATUSES: [status: number, code: number, retryAfter: string | null][] = [
  [429, -1003, '1'],
  [418, -1003, '1'],
  [500, -1000, null],
  [502, -1000, null],
  [503, -1008, null],
  [504, -1007, null],
];

test('a status comes with Binance’s code, and Retry-After where it belongs', async t => {
  const {exchange, get} = await startExchange(t);
  for (const [status, code, retryAfter] of STATUSES) {
    exchange.restFaults.add({kind: 'status', status});
    const answer = await get(KLINES);
    t.is(answer.status, status);
    t.like(answer.body, {code});
    t.is(answer.headers.get('retry-after'), retryAfter);
  }
  exchange.restFaults.add({kind: 'status', status: 418, retryAfterSeconds: 300});
  t.is((await get(KLINES)).headers.get('retry-after'), '300');
});

test('a slow answer comes when its time is over', async t => {
  const due: {callback: () => void; delayMs: number}[] = [];
  let calledOff = 0;
  const {exchange, get} = await startExchange(t, {
    delay: (callback, delayMs) => {
      due.push({callback, delayMs});
      return () => {
        calledOff += 1;
      };
    },
  });
  exchange.restFaults.add({kind: 'slow', delayMs: 9_000});
  let isDone = false;
  const answer = get(KLINES).finally(() => {
    isDone = true;
  });
  while (due.length === 0) await nextTurn();
  t.is((await get('/api/v3/ping')).status, 200);
  t.false(isDone);
  t.is(due[0]!.delayMs, 9_000);
  due[0]!.callback();
  const {status, body} = await answer;
  t.is(status, 200);
  t.deepEqual(body, exchange.klines('BTCUSDT', '1m'));
  while (calledOff === 0) await nextTurn();
  t.deepEqual(exchange.faultCounts(), {slow: 1});
});

test('a hanging request is never answered, and ends with the client’s patience', async t => {
  const {exchange, get} = await startExchange(t);
  exchange.restFaults.add({kind: 'hanging'});
  const patience = new AbortController();
  const answer = fetch(`${exchange.restUrl}${KLINES}`, {signal: patience.signal});
  while (exchange.faultCounts().hanging !== 1) await nextTurn();
  t.is((await get('/api/v3/ping')).status, 200);
  patience.abort();
  await t.throwsAsync(answer, {any: true, name: 'AbortError'});
  t.is(exchange.counts().rest200, 1);
});

test('truncated JSON comes whole by its length and can’t be parsed; a cut one breaks off', async t => {
  const {exchange} = await startExchange(t);
  const fetchOne = () => fetch(`${exchange.restUrl}${KLINES}`);
  const whole = await (await fetchOne()).text();
  exchange.restFaults.add({kind: 'truncated'});
  const truncated = await fetchOne();
  t.is(truncated.status, 200);
  t.is(await truncated.text(), whole.slice(0, whole.length >> 1));
  exchange.restFaults.add({kind: 'no_json'});
  t.regex(await (await fetchOne()).text(), /^<html>/);
  exchange.restFaults.add({kind: 'cut'});
  const cut = await fetchOne();
  t.is(cut.status, 200);
  t.is(cut.headers.get('content-length'), String(whole.length));
  await t.throwsAsync(cut.text());
  t.deepEqual(exchange.faultCounts(), {truncated: 1, no_json: 1, cut: 1});
});
