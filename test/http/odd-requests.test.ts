import {once} from 'node:events';
import {connect} from 'node:net';
import test from 'ava';
import {type Address, ask, open, readToEnd, request} from './raw-client.js';
import {ENGINES_HERE, serve, textSource} from './serve.js';

/** Large enough to be on its way when its client leaves, small enough for the system to take it whole. */
const PAGE = `${'# a comment line of some length\n'.repeat(4_000)}jobs_total 42\n`;
const SOURCE = textSource(PAGE);

/** Asks for the page and resets the connection: at once, when connected, or when the answer begins. */
async function leave({host, port}: Address, moment: number): Promise<void> {
  const socket = connect({host, port});
  socket.on('error', () => {});
  socket.write(request('GET', '/metrics'));
  if (moment > 0) await once(socket, moment === 1 ? 'connect' : 'data');
  socket.resetAndDestroy();
}

for (const engine of ENGINES_HERE) {
  test(`${engine}: listen() answers 404 to paths that only look like its own, and lives on`, async t => {
    const server = await serve(t, {engine, source: SOURCE});
    const targets = [
      '/metrics/',
      '//metrics',
      '/Metrics',
      '/%6detrics',
      '/metrics%00',
      '/./metrics',
      '/healthz/x',
      '/healthz;a',
    ];
    for (const target of targets) {
      const {statusLine, body} = await ask(t, server, ['GET', target]);
      t.is(statusLine, 'HTTP/1.1 404 Not Found', target);
      t.is(body.toString(), 'Not found: expected /metrics, /healthz or /readyz\n');
    }
  });

  test(`${engine}: listen() refuses a request whose head is too long, and lives on`, async t => {
    const server = await serve(t, {engine, source: SOURCE});
    const long = 'a'.repeat(100_000);
    for (const text of [
      request('GET', `/${long}`),
      request('GET', '/metrics', [`X-Long: ${long}`]),
      request('GET', '/metrics', Array(5_000).fill('X-Many: a')),
    ]) {
      const socket = await open(t, server);
      socket.write(text);
      // A connection that is reset with bytes unread may lose the answer: it has none of the page in any case.
      t.notRegex((await readToEnd(socket)).toString('latin1'), /^HTTP\/1\.1 [123]|jobs_total/);
    }
    t.is((await ask(t, server, ['GET', '/healthz'])).body.toString(), 'ok\n');
  });

  test(`${engine}: listen() serves a hundred scrapers at once, amid others that leave`, async t => {
    const server = await serve(t, {engine, source: SOURCE});
    const leavers = Array.from({length: 60}, (_, i) => leave(server, i % 3));
    const scrapes = Array.from({length: 100}, async () => {
      const {statusLine, body} = await ask(t, server, ['GET', '/metrics']);
      return statusLine === 'HTTP/1.1 200 OK' && body.toString() === PAGE;
    });
    await Promise.all(leavers);
    t.deepEqual(await Promise.all(scrapes), Array(100).fill(true));
  });
}
