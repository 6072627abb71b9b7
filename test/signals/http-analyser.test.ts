import {once} from 'node:events';
import type {ServerResponse} from 'node:http';
import test, {type ExecutionContext} from 'ava';
import {KlineStore} from '../../src/market/kline-store.js';
import {decodeVerdict} from '../../src/schemas.js';
import {
  ANSWER_BYTES_MAX,
  httpAnalyser,
  parseRetryAfter,
  REQUEST_CANDLES_MAX,
} from '../../src/signals/http-analyser.js';
import {startEndpoint} from '../support/endpoint.js';
import {fillStore} from '../support/machine.js';
import {HurriedTimers, requestOf, startQueue, WAIT} from '../support/signals.js';

function json(response: ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
}

/** A queue before an endpoint, to which one signal is given. */
async function analyseOne(
  t: ExecutionContext,
  answer: (response: ServerResponse, nth: number, expire: () => void) => void,
) {
  let requestCount = 0;
  const timers = new HurriedTimers();
  const expire = () => timers.expire();
  const endpoint = await startEndpoint(t, response => answer(response, ++requestCount, expire));
  const analyse = httpAnalyser({url: endpoint.url, decode: decodeVerdict});
  const queue = startQueue({analyse, timers, random: () => 0.5});
  queue.queue.add(requestOf('a'));
  await queue.queue.idle();
  return {...queue, waitsMs: timers.waitsMs, received: endpoint.received};
}

test('httpAnalyser() posts the signal with its candles, and takes a verdict', async t => {
  const {url, received} = await startEndpoint(t, response => json(response, {...WAIT, more: 1}));
  const store = new KlineStore();
  fillStore(store, ['BTCUSDT', 'OTHER'], REQUEST_CANDLES_MAX + 20);
  const request = requestOf('a', store.snapshot());
  const analyse = httpAnalyser({url, decode: decodeVerdict});
  t.deepEqual(await analyse(request, new AbortController().signal), WAIT);
  t.is(received.length, 1);
  t.like(received[0], {method: 'POST', type: 'application/json'});
  const body = received[0]?.body as {signal: unknown; candles: Record<string, unknown[][]>};
  t.deepEqual(body.signal, request.signal);
  t.deepEqual(Object.keys(body.candles), ['5m']);
  const candles = body.candles['5m'] ?? [];
  t.is(candles.length, REQUEST_CANDLES_MAX);
  t.deepEqual(
    [candles[0]?.[4], candles.at(-1)?.[4], candles.at(-1)?.length],
    ['21', String(REQUEST_CANDLES_MAX + 20), 12],
  );
});

test('an endpoint that answers 500 is asked again, and its signal analysed or failed', async t => {
  const recovers = await analyseOne(t, (response, nth) =>
    nth < 3 ? response.writeHead(500).end('trouble') : json(response, WAIT),
  );
  t.like(recovers.counts(), {pending: 0, analysed: 1, failed: 0, retries: 2});
  const stays = await analyseOne(t, response => response.writeHead(500).end());
  t.is(stays.received.length, 4);
  t.like(stays.counts(), {analysed: 0, failed: 1, retries: 3, reasons: {error: 1}});
  t.is(stays.failures[0]?.detail, 'Expected status 200, got 500');
});

test('an endpoint that answers 429 is left alone for as long as its Retry-After says', async t => {
  const {counts, waitsMs} = await analyseOne(t, (response, nth) =>
    nth === 1 ? response.writeHead(429, {'retry-after': '7'}).end() : json(response, WAIT),
  );
  t.like(counts(), {analysed: 1, failed: 0, retries: 1});
  t.true((waitsMs[0] ?? 0) > 6_000 && (waitsMs[0] ?? 0) <= 7_000, String(waitsMs));
});

test('an endpoint that answers too slowly is given up, and asked again', async t => {
  const {counts, received, failures} = await analyseOne(t, (_response, _nth, expire) => expire());
  t.is(received.length, 4);
  t.like(counts(), {pending: 0, failed: 1, retries: 3, reasons: {timeout: 1}});
  t.is(failures[0]?.detail, 'No analysis within 30000 ms');
});

test('an endpoint that stops amid its answer is given up, and asked again', async t => {
  const {counts} = await analyseOne(t, (response, nth, expire) => {
    if (nth > 1) json(response, WAIT);
    else response.writeHead(200, {'content-length': '100'}).write('{"decision":', expire);
  });
  t.like(counts(), {analysed: 1, retries: 1});
});

test('an endpoint that cuts the connection amid its answer is asked again', async t => {
  const {counts} = await analyseOne(t, (response, nth) => {
    if (nth > 1) json(response, WAIT);
    else response.writeHead(200, {'content-length': '100'}).write('{', () => response.destroy());
  });
  t.like(counts(), {analysed: 1, retries: 1});
});

test('an endpoint that answers no JSON, or JSON of another shape, is asked again and refused', async t => {
  const garbled = await analyseOne(t, response => response.end('{"decision": "long"'));
  t.like(garbled.counts(), {failed: 1, retries: 3, reasons: {rejected: 1}});
  t.is(garbled.failures[0]?.detail, 'Expected JSON, got 19 characters that are none');
  const wrong = await analyseOne(t, response => json(response, {...WAIT, confidence: 1.5}));
  t.like(wrong.counts(), {failed: 1, retries: 3, reasons: {rejected: 1}});
  t.regex(wrong.failures[0]?.detail ?? '', /^confidence: .*1\.5/);
});

test('an answer beyond the bound is read no further', async t => {
  let hasEnded = false;
  const {counts, failures} = await analyseOne(t, response => {
    const piece = Buffer.alloc(ANSWER_BYTES_MAX, 0x20);
    const more = () => {
      if (!response.destroyed) response.write(piece, more);
    };
    response.on('finish', () => {
      hasEnded = true;
    });
    more();
  });
  t.false(hasEnded);
  t.like(counts(), {failed: 1, retries: 3, reasons: {rejected: 1}});
  t.is(failures[0]?.detail, `Expected at most ${ANSWER_BYTES_MAX} bytes, got more`);
});

test('a status that will not change, and a redirect, fail the signal at once', async t => {
  for (const status of [400, 401, 404, 410, 302]) {
    const {counts, received} = await analyseOne(t, response =>
      response.writeHead(status, {location: '/elsewhere', 'retry-after': '9'}).end(),
    );
    t.is(received.length, 1, String(status));
    t.like(counts(), {failed: 1, retries: 0, reasons: {rejected: 1}});
  }
});

test('an endpoint that is gone is asked again, and its signal failed', async t => {
  const {url, stop} = await startEndpoint(t, response => response.end());
  await stop();
  const timers = new HurriedTimers();
  const analyse = httpAnalyser({url, decode: decodeVerdict});
  const {queue, counts, failures} = startQueue({analyse, timers});
  queue.add(requestOf('a'));
  await queue.idle();
  t.like(counts(), {failed: 1, retries: 3, reasons: {error: 1}});
  t.is(failures[0]?.detail, 'Expected an answer, got ECONNREFUSED');
});

test('close() ends a request that hangs', async t => {
  const {url, server} = await startEndpoint(t, () => {});
  const {queue, counts} = startQueue({analyse: httpAnalyser({url, decode: decodeVerdict})});
  const asked = once(server, 'request');
  queue.add(requestOf('a'));
  const [request] = await asked;
  const cut = once(request.socket, 'close');
  await queue.close(0);
  await cut;
  t.deepEqual(counts(), {pending: 0, analysed: 0, failed: 1, retries: 0, reasons: {shutdown: 1}});
});

test('parseRetryAfter() takes seconds and dates, and nothing else', t => {
  const nowMs = Date.parse('Fri, 31 Dec 1999 23:59:00 GMT');
  t.is(parseRetryAfter('120', nowMs), 120_000);
  t.is(parseRetryAfter('Fri, 31 Dec 1999 23:59:59 GMT', nowMs), 59_000);
  t.is(parseRetryAfter('Fri, 31 Dec 1999 23:58:00 GMT', nowMs), 0);
  for (const none of [null, '', 'soon', '-', '1e']) t.is(parseRetryAfter(none, nowMs), 0);
});
