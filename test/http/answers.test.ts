import test from 'ava';
import type {PageSource} from '../../src/http/routes.js';
import {ask, open, type RawAnswer, readAnswers, readToEnd, request} from './raw-client.js';
import {CONTENT_TYPE, ENGINES_HERE, serve, textSource} from './serve.js';

/** What every engine has to say alike: neither Date nor what is said of the connection. */
const CONTENT_HEADERS = ['content-type', 'content-length', 'content-encoding', 'vary', 'allow'];
const REQUEST_BODY_BYTES = 1024 * 1024;
const SOURCE = textSource('# HELP jobs_total Jödone\njobs_total 42\n');

const REQUESTS = [
  ['GET', '/metrics'],
  ['HEAD', '/metrics'],
  ['GET', '/metrics?name=a'],
  ['GET', '/healthz'],
  ['HEAD', '/healthz'],
  ['POST', '/metrics'],
  ['OPTIONS', '/healthz'],
  ['PROPFIND', '/metrics'],
  ['GET', '/'],
  ['HEAD', '/nothing'],
  ['DELETE', '/nothing'],
  ['GET', `/${'long'.repeat(500)}`],
] as const;

function said({statusLine, headers, body}: RawAnswer) {
  return {
    statusLine,
    headers: CONTENT_HEADERS.map(name => [name, headers.get(name)]),
    body: body.toString(),
  };
}

for (const engine of ENGINES_HERE) {
  test(`${engine}: listen() serves the page, its length in bytes and its type`, async t => {
    const server = await serve(t, {engine, source: SOURCE});
    const answer = await ask(t, server, ['GET', '/metrics']);
    t.is(server.engine, engine);
    t.is(answer.statusLine, 'HTTP/1.1 200 OK');
    t.is(answer.headers.get('content-type'), CONTENT_TYPE);
    t.is(answer.headers.get('content-length'), '40');
    t.deepEqual(answer.body, Buffer.from(SOURCE.renderPage('text').body));
  });

  test(`${engine}: listen() gives HEAD the headers of GET`, async t => {
    const server = await serve(t, {engine});
    for (const path of ['/metrics', '/healthz', '/nothing']) {
      const get = said(await ask(t, server, ['GET', path]));
      t.deepEqual(said(await ask(t, server, ['HEAD', path])), {...get, body: ''});
    }
  });

  test(`${engine}: listen() refuses other methods with 405 and Allow`, async t => {
    const server = await serve(t, {engine});
    for (const path of ['/metrics', '/healthz']) {
      const {statusLine, headers} = await ask(t, server, ['DELETE', path]);
      t.is(statusLine, 'HTTP/1.1 405 Method Not Allowed');
      t.is(headers.get('allow'), 'GET, HEAD');
    }
  });

  test(`${engine}: listen() serves an empty page`, async t => {
    const server = await serve(t, {engine, source: textSource('')});
    const {statusLine, headers} = await ask(t, server, ['GET', '/metrics']);
    t.deepEqual([statusLine, headers.get('content-length')], ['HTTP/1.1 200 OK', '0']);
  });

  test(`${engine}: listen() renders once a scrape, and never for another path`, async t => {
    let renderCount = 0;
    const source: PageSource = {
      renderPage(format) {
        renderCount += 1;
        return SOURCE.renderPage(format);
      },
    };
    const server = await serve(t, {engine, source});
    for (const asked of REQUESTS) await ask(t, server, asked);
    t.is(renderCount, 3);
  });

  test(`${engine}: listen() answers 500 where the source throws, warns in one line, and lives on`, async t => {
    const warnings: string[] = [];
    let isBroken = true;
    const source: PageSource = {
      renderPage() {
        if (isBroken) throw new Error('secret\nof two lines');
        return SOURCE.renderPage('text');
      },
    };
    const server = await serve(t, {engine, source, onWarning: line => warnings.push(line)});
    const failed = await ask(t, server, ['GET', '/metrics']);
    t.is(failed.statusLine, 'HTTP/1.1 500 Internal Server Error');
    t.is(failed.body.toString(), 'Expected the page to render, got an error: see the log\n');
    t.deepEqual(warnings, ['Expected the page to render, got secret of two lines']);
    isBroken = false;
    t.is((await ask(t, server, ['GET', '/metrics'])).statusLine, 'HTTP/1.1 200 OK');
  });

  test(`${engine}: listen() keeps the connection and answers pipelined requests in order`, async t => {
    const server = await serve(t, {engine});
    const socket = await open(t, server);
    for (const round of [1, 2]) {
      socket.write(REQUESTS.map(([method, target]) => request(method, target)).join(''));
      const answers = await readAnswers(
        socket,
        REQUESTS.map(([method]) => method),
      );
      const expected = [];
      for (const asked of REQUESTS) expected.push(said(await ask(t, server, asked)));
      t.deepEqual(answers.map(said), expected, `round ${round}`);
    }
  });

  test(`${engine}: listen() swallows request bodies, of a length or chunked, on any method`, async t => {
    const server = await serve(t, {engine});
    const body = 'x'.repeat(REQUEST_BODY_BYTES);
    const socket = await open(t, server);
    for (const method of ['GET', 'POST', 'PUT']) {
      const path = method === 'GET' ? '/healthz' : '/metrics';
      socket.write(`${request(method, path, [`Content-Length: ${body.length}`])}${body}`);
      socket.write(`${request(method, path, ['Transfer-Encoding: chunked'])}`);
      socket.write(
        `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n${request('GET', '/healthz')}`,
      );
      const answers = await readAnswers(socket, [method, method, 'GET']);
      const status = method === 'GET' ? 'HTTP/1.1 200 OK' : 'HTTP/1.1 405 Method Not Allowed';
      t.deepEqual(
        answers.map(({statusLine}) => statusLine),
        [status, status, 'HTTP/1.1 200 OK'],
      );
    }
  });

  test(`${engine}: listen() closes the connection of a client that asks for it`, async t => {
    const server = await serve(t, {engine});
    const socket = await open(t, server);
    socket.write(request('GET', '/healthz', ['Connection: close']));
    t.regex((await readToEnd(socket)).toString(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok\n$/);
  });

  test(`${engine}: listen() survives clients that leave in the middle, and garbage`, async t => {
    const server = await serve(t, {engine});
    for (const text of ['GET /metr', request('GET', '/metrics'), 'POST / HTTP/1.1\r\nContent-Le']) {
      const socket = await open(t, server);
      socket.write(text, () => socket.resetAndDestroy());
    }
    const garbage = await open(t, server);
    garbage.write('\0\x01 garbage\r\n\r\n');
    await readToEnd(garbage);
    t.is((await ask(t, server, ['GET', '/healthz'])).body.toString(), 'ok\n');
  });

  test(`${engine}: listen() answers HTTP/1.0 as its engine does`, async t => {
    const server = await serve(t, {engine});
    const socket = await open(t, server);
    socket.write('GET /healthz HTTP/1.0\r\nHost: test\r\n\r\n');
    const text = (await readToEnd(socket)).toString();
    // uWebSockets.js speaks HTTP/1.1 only. No scraper that is known asks in HTTP/1.0.
    const expected =
      engine === 'uws' ? /^HTTP\/1\.1 505 / : /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nok\n$/;
    t.regex(text, expected);
  });
}

// Where no build of uWebSockets.js loads there is nothing to compare with.
const testOfTwo = ENGINES_HERE.length === 2 ? test : test.skip;
testOfTwo('listen() answers alike on both engines, to the byte', async t => {
  const uws = await serve(t, {engine: 'uws', source: SOURCE});
  const node = await serve(t, {engine: 'node', source: SOURCE});
  for (const asked of REQUESTS) {
    t.deepEqual(said(await ask(t, uws, asked)), said(await ask(t, node, asked)), asked.join(' '));
  }
});
