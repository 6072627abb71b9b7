import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {connect} from 'node:net';
import {promisify} from 'node:util';
import test from 'ava';
import {type Address, ask, open, readAnswers, readToEnd, request} from './raw-client.js';
import {ENGINES_HERE, StandingSource, serve} from './serve.js';

/** More than the system buffers for a connection whose client doesn't read. */
const PAGE_BYTES = 32 * 1024 * 1024;

/** Far beyond what a test takes: where it is used, close() may not need its grace to end. */
const GRACE_MS_UNREACHED = 100_000;

async function connectError({host, port}: Address): Promise<unknown> {
  const [error] = await once(connect({host, port}), 'error');
  return error.code;
}

for (const engine of ENGINES_HERE) {
  // Serial: the client may not rest for the 10 s after which both engines cut it, whatever else runs here.
  test.serial(
    `${engine}: close() refuses connections at once and lets an answer under way finish`,
    async t => {
      const source = new StandingSource(PAGE_BYTES);
      const server = await serve(t, {engine, source, closeGraceMs: GRACE_MS_UNREACHED});
      const slow = await open(t, server);
      const rendered = source.rendered();
      slow.pause();
      slow.write(request('GET', '/metrics'));
      await rendered;
      const closing = server.close();
      t.is(await connectError(server), 'ECONNREFUSED');
      const [answer] = await readAnswers(slow, ['GET']);
      t.is(answer!.body.compare(source.pageOf(1)), 0);
      t.is((await readToEnd(slow)).length, 0);
      await closing;
    },
  );

  test.serial(`${engine}: close() cuts an answer that isn't taken within the grace`, async t => {
    const source = new StandingSource(PAGE_BYTES);
    const server = await serve(t, {engine, source, closeGraceMs: 1});
    const slow = await open(t, server);
    const rendered = source.rendered();
    slow.pause();
    slow.write(request('GET', '/metrics'));
    await rendered;
    await server.close();
    t.true((await readToEnd(slow)).length < PAGE_BYTES);
  });

  test(`${engine}: close() ends idle connections and half-sent requests without its grace`, async t => {
    const server = await serve(t, {engine, closeGraceMs: GRACE_MS_UNREACHED});
    const idle = await open(t, server);
    idle.write(request('GET', '/healthz'));
    await readAnswers(idle, ['GET']);
    const halfSent = await open(t, server);
    halfSent.write('GET /metr');
    await ask(t, server, ['GET', '/healthz']);
    await server.close();
    t.deepEqual([await readToEnd(idle), await readToEnd(halfSent)], [Buffer.of(), Buffer.of()]);
  });

  test(`${engine}: close() frees the port, and may be called again`, async t => {
    const server = await serve(t, {engine});
    await ask(t, server, ['GET', '/metrics']);
    t.is(server.close(), server.close());
    await server.close();
    const next = await serve(t, {engine, port: server.port});
    t.is(next.port, server.port);
  });

  test(`${engine}: close() leaves nothing behind that keeps the process`, async t => {
    const script = `
      const {listen} = await import(${JSON.stringify(new URL('../../src/http/server.js', import.meta.url))});
      const source = {renderPage: () => ({body: Buffer.from('up 1\\n'), contentType: 'text/plain'})};
      const server = await listen({source, engine: '${engine}', port: 0, host: '127.0.0.1'});
      const answer = await fetch(server.url);
      process.stdout.write(await answer.text());
      await server.close();
    `;
    const {stdout} = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '--eval',
      script,
    ]);
    t.is(stdout, 'up 1\n');
  });
}
