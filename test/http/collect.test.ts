import {once} from 'node:events';
import test from 'ava';
import client from 'prom-client';
import type {PageSource} from '../../src/http/routes.js';
import {MetricsHub} from '../../src/index.js';
import {parsePage} from '../support/exposition.js';
import {ask, open, readAnswers, request} from './raw-client.js';
import {CONTENT_TYPE, ENGINES_HERE, serve} from './serve.js';

const LARGE_BYTES = 8 * 1024 * 1024;

/** A source whose page is the number of collections that have ended, and that ends them when the test says so. */
function slowSource(bytes = 0) {
  const waiting: (() => void)[] = [];
  let asked = () => {};
  let collected = 0;
  const source: PageSource = {
    async collect() {
      asked();
      await new Promise<void>(resolve => waiting.push(resolve));
      collected++;
    },
    renderPage: () => ({
      body: new TextEncoder().encode(`${collected}\n${'x'.repeat(bytes)}`),
      contentType: CONTENT_TYPE,
    }),
  };
  const scraped = () =>
    new Promise<void>(resolve => {
      asked = resolve;
    });
  const end = () => waiting.splice(0).map(resolve => resolve()).length;
  return {source, scraped, end};
}

for (const engine of ENGINES_HERE) {
  test(`${engine}: listen() waits for the source to collect, and other paths don't`, async t => {
    const {source, scraped, end} = slowSource();
    const server = await serve(t, {engine, source});
    const asked = scraped();
    const answer = ask(t, server, ['GET', '/metrics']);
    await asked;
    t.is((await ask(t, server, ['GET', '/healthz'])).body.toString(), 'ok\n');
    t.is(
      (await ask(t, server, ['POST', '/metrics'])).statusLine,
      'HTTP/1.1 405 Method Not Allowed',
    );
    t.is(end(), 1);
    const {statusLine, body} = await answer;
    t.deepEqual([statusLine, body.toString()], ['HTTP/1.1 200 OK', '1\n']);
  });

  test(`${engine}: listen() answers HEAD and large pages after collecting as without`, async t => {
    const {source, scraped, end} = slowSource(LARGE_BYTES);
    const server = await serve(t, {engine, source});
    for (const method of ['HEAD', 'GET']) {
      const asked = scraped();
      const answer = ask(t, server, [method, '/metrics']);
      await asked;
      end();
      const {headers, body} = await answer;
      t.is(headers.get('content-length'), String(LARGE_BYTES + 2));
      t.is(body.length, method === 'HEAD' ? 0 : LARGE_BYTES + 2);
    }
  });

  test(`${engine}: listen() survives a client that leaves while the source collects`, async t => {
    const {source, scraped, end} = slowSource();
    const server = await serve(t, {engine, source});
    const asked = scraped();
    const socket = await open(t, server);
    socket.write(request('GET', '/metrics'));
    await asked;
    socket.resetAndDestroy();
    // What is answered later was heard later.
    for (let i = 0; i < 3; i++) await ask(t, server, ['GET', '/healthz']);
    t.is(end(), 1);
    t.is((await ask(t, server, ['GET', '/healthz'])).body.toString(), 'ok\n');
  });

  test(`${engine}: close() lets a scrape finish that still collects`, async t => {
    const {source, scraped, end} = slowSource();
    const server = await serve(t, {engine, source});
    const asked = scraped();
    const socket = await open(t, server);
    const closed = once(socket, 'close');
    socket.write(request('GET', '/metrics'));
    await asked;
    const closing = server.close();
    end();
    const [answer] = await readAnswers(socket, ['GET']);
    t.is(answer?.body.toString(), '1\n');
    await closing;
    await closed;
  });

  test(`${engine}: listen() serves the page where collecting fails, and says so`, async t => {
    const warnings: string[] = [];
    let isSync = false;
    const source: PageSource = {
      collect() {
        if (isSync) throw new Error('at once');
        return Promise.reject(new Error('later'));
      },
      renderPage: () => ({body: new TextEncoder().encode('up 1\n'), contentType: CONTENT_TYPE}),
    };
    const server = await serve(t, {engine, source, onWarning: line => warnings.push(line)});
    for (isSync of [false, true]) {
      t.is((await ask(t, server, ['GET', '/metrics'])).body.toString(), 'up 1\n');
    }
    t.deepEqual(warnings, [
      'Expected the source to collect, got later',
      'Expected the source to collect, got at once',
    ]);
  });

  test(`${engine}: concurrent scrapes of a hub share a collect that hangs, and show the rest`, async t => {
    const hub = new MetricsHub({collectWaitMsMax: 20});
    const registers = [hub.registry];
    let callCount = 0;
    new client.Gauge({
      name: 'hanging',
      help: 'H',
      registers,
      collect: () => {
        callCount++;
        return new Promise(() => {});
      },
    });
    const jobs = new client.Counter({name: 'jobs_total', help: 'J', registers});
    jobs.inc(3);
    const server = await serve(t, {engine, source: hub});
    const scrapes = Array.from({length: 8}, () => ask(t, server, ['GET', '/metrics']));
    for (const {body} of await Promise.all(scrapes)) {
      t.is(parsePage(body).get('jobs_total{}'), 3);
    }
    t.is(callCount, 1);
  });
}
