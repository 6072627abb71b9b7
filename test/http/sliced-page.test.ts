import {once} from 'node:events';
import {gunzipSync, gzipSync} from 'node:zlib';
import test, {type ExecutionContext} from 'ava';
import {Backlog} from '../../src/http/backlog.js';
import type {EngineName} from '../../src/http/engine.js';
import type {Page, PageSource} from '../../src/http/routes.js';
import {ENGINES, listenWith} from '../../src/http/server.js';
import {ask, open, readAnswers, request} from './raw-client.js';
import {CONTENT_TYPE, ENGINES_HERE} from './serve.js';

const GZIP = ['Accept-Encoding: gzip'];
const SCRAPE = ['GET', '/metrics'] as const;
/** More than the system buffers for a connection whose client doesn't read. */
const LARGE_PAGE_BYTES = 12 * 1024 * 1024;

/** A source of long pages, each made when the test says so. */
class SlowSource implements PageSource {
  readonly #made: ((page: Page | Error) => void)[] = [];
  #asked = () => {};

  renderPage(): Page {
    throw new Error('expected renderInSlices()');
  }

  renderInSlices(): Promise<Page> {
    this.#asked();
    return new Promise((resolve, reject) => {
      this.#made.push(page => (page instanceof Error ? reject(page) : resolve(page)));
    });
  }

  /** Resolves when a page is asked for. */
  asked(): Promise<void> {
    return new Promise(resolve => {
      this.#asked = resolve;
    });
  }

  /** Ends the making of all that were asked for. */
  end(what: Uint8Array | Error): void {
    const page = what instanceof Error ? what : {body: what, contentType: CONTENT_TYPE};
    for (const made of this.#made.splice(0)) made(page);
  }
}

async function serveSlow(t: ExecutionContext, engine: EngineName, backlog = new Backlog()) {
  const source = new SlowSource();
  const warnings: string[] = [];
  const onWarning = (line: string) => warnings.push(line);
  const options = {port: 0, host: '127.0.0.1', source, engine, onWarning};
  const compress = async (body: Uint8Array) => gzipSync(body, {level: 1});
  const server = await listenWith(ENGINES, options, {backlog, compress});
  t.teardown(() => server.close());
  return {source, server, warnings, backlog};
}

/** Bytes that tell their place. */
function numbered(bytes: number): Uint8Array {
  return new Uint8Array(Uint32Array.from({length: bytes / 4}, (_, i) => i).buffer);
}

for (const engine of ENGINES_HERE) {
  test(`${engine}: listen() sends all who wait the page that is made, compressed or not`, async t => {
    const {source, server} = await serveSlow(t, engine);
    const page = numbered(64 * 1024);
    const answers = [];
    for (const headers of [[], GZIP, []]) {
      const asked = source.asked();
      answers.push(ask(t, server, SCRAPE, headers));
      await asked;
    }
    t.is((await ask(t, server, ['GET', '/healthz'])).body.toString(), 'ok\n');
    source.end(page);
    const [plain, packed, other] = await Promise.all(answers);
    t.is(plain!.body.compare(page), 0);
    t.is(plain!.headers.get('content-type'), CONTENT_TYPE);
    t.is(gunzipSync(packed!.body).compare(page), 0);
    t.is(other!.body.compare(page), 0);
  });

  test(`${engine}: listen() sends slow clients a long page whole, and counts it until they have it`, async t => {
    const {source, server, backlog} = await serveSlow(t, engine, new Backlog(1));
    const page = numbered(LARGE_PAGE_BYTES);
    const socket = await open(t, server);
    const asked = source.asked();
    socket.pause();
    socket.write(request(...SCRAPE));
    await asked;
    source.end(page);
    while (!backlog.isFull) await ask(t, server, ['GET', '/healthz']);
    const refused = await ask(t, server, SCRAPE);
    t.is(refused.statusLine, 'HTTP/1.1 503 Service Unavailable');
    const [answer] = await readAnswers(socket, ['GET']);
    t.is(answer!.body.compare(page), 0);
    await backlog.drained();
    t.false(backlog.isFull);
  });

  test(`${engine}: listen() answers 500 where a long page fails, and says so`, async t => {
    const {source, server, warnings} = await serveSlow(t, engine);
    const asked = source.asked();
    const answer = ask(t, server, SCRAPE);
    await asked;
    source.end(new Error('no memory'));
    t.is((await answer).statusLine, 'HTTP/1.1 500 Internal Server Error');
    t.deepEqual(warnings, ['Expected the page to render, got no memory']);
  });

  test(`${engine}: listen() survives a client that leaves while its page is made`, async t => {
    const {source, server, backlog} = await serveSlow(t, engine);
    const socket = await open(t, server);
    const asked = source.asked();
    socket.write(request(...SCRAPE));
    await asked;
    const closed = once(socket, 'close');
    socket.resetAndDestroy();
    await closed;
    source.end(numbered(LARGE_PAGE_BYTES));
    t.is((await ask(t, server, ['GET', '/healthz'])).body.toString(), 'ok\n');
    await backlog.drained();
    t.false(backlog.isFull);
  });
}
