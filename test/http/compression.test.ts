import {gunzipSync, gzipSync} from 'node:zlib';
import test, {type ExecutionContext} from 'ava';
import {Backlog} from '../../src/http/backlog.js';
import {type Compress, GZIP_BYTES_MIN} from '../../src/http/compression.js';
import type {EngineName} from '../../src/http/engine.js';
import type {PageFormat, PageSource} from '../../src/http/routes.js';
import {ENGINES, type ListenOptions, listenWith, type ServerParts} from '../../src/http/server.js';
import {MetricsHub} from '../../src/index.js';
import {parsePage} from '../support/exposition.js';
import {parseOpenMetrics} from '../support/open-metrics.js';
import {ask, open, type RawAnswer, readAnswers, readToEnd, request} from './raw-client.js';
import {CONTENT_TYPE, ENGINES_HERE, StandingSource, serve, textSource} from './serve.js';

const PAGE_BYTES = 128 * 1024;
/** More than the system buffers for a connection whose client doesn't read. */
const LARGE_PAGE_BYTES = 12 * 1024 * 1024;
const GZIP = ['Accept-Encoding: gzip'];
const SCRAPE = ['GET', '/metrics'] as const;
const PROMETHEUS =
  'Accept: application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const VICTORIA = 'Accept: text/plain;version=0.0.4;q=1,*/*;q=0.1';

/** Far beyond what a test takes: where it is used, close() may not need its grace to end. */
const GRACE_MS_UNREACHED = 100_000;

/** Compresses nothing until it is told to. */
class HeldCompression {
  readonly #held: (() => void)[] = [];
  #waiters: (() => void)[] = [];

  readonly compress: Compress = body =>
    new Promise(resolve => {
      this.#held.push(() => resolve(gzipSync(body)));
      for (const started of this.#waiters.splice(0)) started();
    });

  /** Resolves at the next start. */
  started(): Promise<void> {
    return new Promise(resolve => this.#waiters.push(resolve));
  }

  release(): void {
    for (const finish of this.#held.splice(0)) finish();
  }
}

async function serveWith(
  t: ExecutionContext,
  parts: ServerParts,
  options: Partial<ListenOptions> & {readonly source: PageSource; readonly engine: EngineName},
) {
  const server = await listenWith(ENGINES, {port: 0, host: '127.0.0.1', ...options}, parts);
  t.teardown(() => server.close());
  return server;
}

/** A scrape whose answer is being compressed. */
async function scrapeHeld(t: ExecutionContext, engine: EngineName, closeGraceMs = 1) {
  const source = new StandingSource(PAGE_BYTES);
  const held = new HeldCompression();
  const backlog = new Backlog(PAGE_BYTES);
  const parts = {backlog, compress: held.compress};
  const server = await serveWith(t, parts, {source, engine, closeGraceMs});
  const socket = await open(t, server);
  const started = held.started();
  socket.write(request(...SCRAPE, GZIP));
  await started;
  return {source, held, backlog, server, socket};
}

/** What is said of the content, without Date and the connection's own. */
function contentHeaders({headers}: RawAnswer) {
  return [...headers].filter(([name]) => /^(content-|vary)/.test(name)).toSorted();
}

for (const engine of ENGINES_HERE) {
  test(`${engine}: listen() compresses for clients that accept gzip, to the same page`, async t => {
    const source = new StandingSource(PAGE_BYTES);
    const server = await serve(t, {engine, source});
    const answer = await ask(t, server, SCRAPE, GZIP);
    t.is(answer.statusLine, 'HTTP/1.1 200 OK');
    t.deepEqual(contentHeaders(answer), [
      ['content-encoding', 'gzip'],
      ['content-length', String(answer.body.length)],
      ['content-type', CONTENT_TYPE],
      ['vary', 'Accept, Accept-Encoding'],
    ]);
    t.is(gunzipSync(answer.body).compare(source.pageOf(1)), 0);
  });

  test(`${engine}: listen() compresses neither for others nor a small page, and varies all the same`, async t => {
    const large = textSource('#'.repeat(GZIP_BYTES_MIN));
    const small = textSource('#'.repeat(GZIP_BYTES_MIN - 1));
    const asked = [
      [large, []],
      [large, ['Accept-Encoding: gzip;q=0, *']],
      [large, ['Accept-Encoding: identity, deflate, br']],
      [small, GZIP],
    ] as const;
    for (const [source, headers] of asked) {
      const server = await serve(t, {engine, source});
      const answer = await ask(t, server, SCRAPE, headers);
      t.is(answer.headers.get('content-encoding'), undefined);
      t.is(answer.headers.get('vary'), 'Accept, Accept-Encoding');
      t.deepEqual(answer.body, Buffer.from(source.renderPage('text').body));
    }
    const server = await serve(t, {engine, source: large});
    t.is((await ask(t, server, SCRAPE, GZIP)).headers.get('content-encoding'), 'gzip');
  });

  test(`${engine}: listen() gives HEAD the headers of GET, compressed or not`, async t => {
    const server = await serve(t, {engine, source: textSource('a'.repeat(PAGE_BYTES))});
    for (const headers of [GZIP, []]) {
      const get = await ask(t, server, SCRAPE, headers);
      const head = await ask(t, server, ['HEAD', '/metrics'], headers);
      t.deepEqual(contentHeaders(head), contentHeaders(get));
      t.is(head.headers.get('content-length'), String(get.body.length));
    }
  });

  test(`${engine}: listen() asks the source for what is negotiated, over several header lines too`, async t => {
    const asked: (PageFormat | undefined)[] = [];
    const source: PageSource = {
      renderPage(format) {
        asked.push(format);
        return textSource('').renderPage(format);
      },
    };
    const server = await serve(t, {engine, source});
    const lines = ['Accept: text/plain;q=0.1', 'ACCEPT: application/openmetrics-text;q=0.2'];
    for (const headers of [[PROMETHEUS], [VICTORIA], ['Accept: */*'], [], lines]) {
      await ask(t, server, SCRAPE, headers);
    }
    t.deepEqual(asked, ['openmetrics', 'text', 'text', 'text', 'openmetrics']);
  });

  test(`${engine}: a hub is scraped alike in both formats, compressed or not`, async t => {
    const hub = new MetricsHub();
    const jobs = hub.recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
    for (let i = 0; i < 500; i++) jobs.inc({kind: `"${i}" ü`}, i);
    const server = await serve(t, {engine, source: hub});
    const jobsIn = (samples: ReadonlyMap<string, number>) =>
      [...samples].filter(([key]) => key.startsWith('jobs_total{'));
    const expected = jobsIn(parsePage(hub.renderPage().body));
    t.is(expected.length, 500);
    for (const encoding of [[], GZIP]) {
      const unpack = encoding === GZIP ? gunzipSync : (body: Buffer) => body;
      const text = await ask(t, server, SCRAPE, [VICTORIA, ...encoding]);
      t.is(text.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
      t.deepEqual(jobsIn(parsePage(unpack(text.body))), expected);
      const openMetrics = await ask(t, server, SCRAPE, [PROMETHEUS, ...encoding]);
      t.is(
        openMetrics.headers.get('content-type'),
        'application/openmetrics-text; version=1.0.0; charset=utf-8',
      );
      t.deepEqual(jobsIn(parseOpenMetrics(unpack(openMetrics.body).toString()).samples), expected);
    }
  });

  test(`${engine}: listen() compresses the page of its moment, rewritten meanwhile`, async t => {
    const {source, held, server, socket} = await scrapeHeld(t, engine);
    t.is((await ask(t, server, ['GET', '/healthz'])).body.toString(), 'ok\n');
    source.renderPage();
    held.release();
    const [answer] = await readAnswers(socket, ['GET']);
    t.is(gunzipSync(answer!.body).compare(source.pageOf(1)), 0);
    const started = held.started();
    socket.write(request('HEAD', '/metrics', GZIP));
    await started;
    held.release();
    const [head] = await readAnswers(socket, ['HEAD']);
    t.is(head!.headers.get('content-encoding'), 'gzip', 'the connection serves on');
  });

  test(`${engine}: listen() counts what is compressed into the backlog`, async t => {
    const {held, server, socket, backlog} = await scrapeHeld(t, engine);
    t.true(backlog.isFull);
    const refused = await ask(t, server, SCRAPE, GZIP);
    t.is(refused.statusLine, 'HTTP/1.1 503 Service Unavailable');
    t.is(refused.headers.get('content-encoding'), undefined);
    held.release();
    await readAnswers(socket, ['GET']);
    await backlog.drained();
    t.false(backlog.isFull);
  });

  test(`${engine}: listen() stands a client that leaves while its answer is compressed`, async t => {
    const {source, held, backlog, server, socket} = await scrapeHeld(t, engine);
    socket.resetAndDestroy();
    await backlog.drained();
    held.release();
    const {body} = await ask(t, server, SCRAPE);
    t.is(body.compare(source.pageOf(2)), 0);
    await backlog.drained();
    t.false(backlog.isFull);
  });

  test(`${engine}: close() lets an answer that is compressed finish`, async t => {
    const {source, held, server, socket} = await scrapeHeld(t, engine, GRACE_MS_UNREACHED);
    const closing = server.close();
    held.release();
    const [answer] = await readAnswers(socket, ['GET']);
    t.is(gunzipSync(answer!.body).compare(source.pageOf(1)), 0);
    await closing;
  });

  test(`${engine}: close() cuts an answer that isn't compressed within the grace`, async t => {
    const {held, server, socket} = await scrapeHeld(t, engine);
    await server.close();
    t.is((await readToEnd(socket)).length, 0);
    t.notThrows(() => held.release());
  });

  test(`${engine}: listen() sends the page as it is where compressing fails, and warns`, async t => {
    const source = new StandingSource(PAGE_BYTES);
    const warnings: string[] = [];
    const compress = async () => {
      throw new Error('no memory');
    };
    const onWarning = (line: string) => warnings.push(line);
    const server = await serveWith(t, {compress}, {source, engine, onWarning});
    const answer = await ask(t, server, SCRAPE, GZIP);
    t.is(answer.headers.get('content-encoding'), undefined);
    t.is(answer.body.compare(source.pageOf(1)), 0);
    t.deepEqual(warnings, ['Expected the page to compress, got no memory: it is sent as it is']);
  });

  test(`${engine}: listen() sends a slow client a compressed page whole`, async t => {
    const source = new StandingSource(LARGE_PAGE_BYTES);
    // As many bytes as before.
    const compress: Compress = async body => gzipSync(body, {level: 0});
    const server = await serveWith(t, {compress}, {source, engine});
    const socket = await open(t, server);
    const rendered = source.rendered();
    socket.pause();
    socket.write(request(...SCRAPE, GZIP));
    await rendered;
    source.renderPage();
    const [answer] = await readAnswers(socket, ['GET']);
    t.is(gunzipSync(answer!.body).compare(source.pageOf(1)), 0);
  });
}
