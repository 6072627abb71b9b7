import type {Socket} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {Backlog} from '../../src/http/backlog.js';
import {ENGINES, listenWith, type MetricsServer} from '../../src/http/server.js';
import {ask, open, readAnswers, request} from './raw-client.js';
import {ENGINES_HERE, StandingSource, serve} from './serve.js';

/** More than the system buffers for a connection whose client doesn't read. */
const PAGE_BYTES = 32 * 1024 * 1024;

/** What is asked for while a client doesn't read: quick to send. */
const LATER_BYTES = 64 * 1024;

/** Ask for the page and read nothing of it. Resolves once it is rendered. */
async function scrapeUnread(
  t: ExecutionContext,
  {server, source, times = 1}: {server: MetricsServer; source: StandingSource; times?: number},
): Promise<Socket> {
  const socket = await open(t, server);
  const rendered = source.rendered();
  socket.pause();
  socket.write(request('GET', '/metrics').repeat(times));
  await rendered;
  return socket;
}

// Serial, and little to do while a client doesn't read: both engines cut a connection on which nothing moves for 10 s,
// and on a busy machine six tests that copy large pages in turns took that long.
for (const engine of ENGINES_HERE) {
  test.serial(
    `${engine}: listen() sends a slow client the page of its moment, rewritten meanwhile`,
    async t => {
      const source = new StandingSource(PAGE_BYTES, LATER_BYTES);
      const server = await serve(t, {engine, source});
      const slow = await scrapeUnread(t, {server, source});
      const fast = await ask(t, server, ['GET', '/metrics']);
      t.is(fast.body.compare(source.pageOf(2)), 0);
      const [answer] = await readAnswers(slow, ['GET']);
      t.is(answer!.body.compare(source.pageOf(1)), 0);
      slow.write(request('GET', '/metrics'));
      const [next] = await readAnswers(slow, ['GET']);
      t.is(next!.body.compare(source.pageOf(3)), 0, 'the connection serves on');
    },
  );

  test.serial(
    `${engine}: listen() refuses scrapes with 503 while clients leave too much untaken`,
    async t => {
      const source = new StandingSource(PAGE_BYTES, LATER_BYTES);
      const warnings: string[] = [];
      const server = await listenWith(
        ENGINES,
        {source, engine, port: 0, host: '127.0.0.1', onWarning: line => warnings.push(line)},
        {backlog: new Backlog(PAGE_BYTES / 4)},
      );
      t.teardown(() => server.close());
      const slow = await scrapeUnread(t, {server, source});
      const refused = await ask(t, server, ['GET', '/metrics']);
      t.is(refused.statusLine, 'HTTP/1.1 503 Service Unavailable');
      t.is(warnings.length, 1);
      t.is((await ask(t, server, ['GET', '/healthz'])).statusLine, 'HTTP/1.1 200 OK');
      await readAnswers(slow, ['GET']);
      t.is((await ask(t, server, ['GET', '/metrics'])).body.compare(source.pageOf(2)), 0);
    },
  );

  test.serial(
    `${engine}: listen() forgets what it owed a client that left, pipelined answers too`,
    async t => {
      const source = new StandingSource(PAGE_BYTES, LATER_BYTES);
      const backlog = new Backlog(PAGE_BYTES * 4);
      const server = await listenWith(
        ENGINES,
        {source, engine, port: 0, host: '127.0.0.1'},
        {backlog},
      );
      t.teardown(() => server.close());
      const leaver = await scrapeUnread(t, {server, source, times: 3});
      leaver.resetAndDestroy();
      await t.notThrowsAsync(backlog.drained());
      t.is((await ask(t, server, ['GET', '/metrics'])).statusLine, 'HTTP/1.1 200 OK');
    },
  );
}
