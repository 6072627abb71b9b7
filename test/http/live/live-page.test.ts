import {once} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import type {EngineName} from '../../../src/http/engine.js';
import {CONNECTIONS_MAX} from '../../../src/http/live/live-feed.js';
import {
  FEED_PATH,
  FEED_PROTOCOL,
  type FeedMessage,
  type FrameMessage,
  type HistoryMessage,
  TOKEN_PROTOCOL_PREFIX,
  type TracksMessage,
} from '../../../src/http/live/protocol.js';
import type {ListenOptions, MetricsServer} from '../../../src/http/server.js';
import {MetricsHub} from '../../../src/index.js';
import {WebSocket} from '../../../src/web-socket.js';
import {parsePage, sampleKey} from '../../support/exposition.js';
import {open, readAnswers, request} from '../raw-client.js';
import {ENGINES_HERE, serve, textSource} from '../serve.js';

const TOKEN = 'a-secret/token==';

/** What a feed has sent, to be taken in its order. */
class FeedClient {
  readonly socket: WebSocket;
  readonly #came: (FeedMessage | Buffer)[] = [];
  #waiter: (() => void) | undefined;

  constructor(
    t: ExecutionContext,
    {port}: MetricsServer,
    {protocols = [FEED_PROTOCOL], origin}: {protocols?: string[]; origin?: string} = {},
  ) {
    const options = origin === undefined ? {} : {origin};
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${FEED_PATH}`, protocols, options);
    t.teardown(() => this.socket.terminate());
    this.socket.on('error', () => {});
    this.socket.on('message', (data: Buffer, isBinary) => {
      this.#came.push(isBinary ? data : JSON.parse(data.toString()));
      this.#waiter?.();
    });
  }

  async next<M extends FeedMessage | Buffer>(): Promise<M> {
    while (this.#came.length === 0) {
      await new Promise<void>(resolve => {
        this.#waiter = resolve;
      });
    }
    return this.#came.shift() as M;
  }

  /** The status that refuses the handshake; 101 where none does. */
  async status(): Promise<number> {
    return Promise.race([
      once(this.socket, 'open').then(() => 101),
      once(this.socket, 'unexpected-response').then(([, answer]) => answer.statusCode as number),
    ]);
  }
}

function started(t: ExecutionContext, engine: EngineName, options: Partial<ListenOptions> = {}) {
  const hub = new MetricsHub();
  const jobs = hub.recorder.counter({name: 'jobs_total', help: 'Jobs.', labelNames: ['kind']});
  jobs.inc({kind: 'a'}, 2.5);
  return serve(t, {engine, source: hub, ...options}).then(server => ({hub, jobs, server}));
}

async function status(server: MetricsServer, path: string, init: RequestInit = {}) {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
  await response.arrayBuffer();
  return response.status;
}

async function sample(server: MetricsServer, name: string, labels: Record<string, string> = {}) {
  const page = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).arrayBuffer();
  return parsePage(new Uint8Array(page)).get(sampleKey(name, labels));
}

for (const engine of ENGINES_HERE) {
  test(`${engine}: the feed sends lines, their history, and then what changed`, async t => {
    const {jobs, server} = await started(t, engine);
    const feed = new FeedClient(t, server);
    const tracks = await feed.next<TracksMessage>();
    const history = await feed.next<HistoryMessage>();
    const floats = await feed.next<Buffer>();
    t.is(feed.socket.protocol, FEED_PROTOCOL);
    t.is(tracks.type, 'tracks');
    t.is(history.type, 'history');
    t.deepEqual(
      history.ids,
      tracks.tracks.map(({id}) => id),
    );
    t.is(floats.length, 4 * history.ids.length * history.pointCount);
    const line = tracks.tracks.find(({name}) => name === 'jobs_total')!;
    t.like(line, {panel: 'families', type: 'counter', help: 'Jobs.', kind: 'total', value: 2.5});
    jobs.inc({kind: 'b'}, 4);
    let value: number | null | undefined;
    while (value === undefined) {
      const frame = await feed.next<FrameMessage>();
      const {set} = frame;
      for (let i = 0; i < set.length; i += 2) if (set[i] === line.id) value = set[i + 1];
      // Only what changed: the hub has some 20 families.
      t.true(set.length < 2 * tracks.tracks.length);
    }
    t.is(value, 6.5);
  });

  test(`${engine}: the page and its files load nothing from elsewhere and say what they are`, async t => {
    const {server} = await started(t, engine);
    const origin = `http://127.0.0.1:${server.port}`;
    const page = await fetch(origin);
    const policy = page.headers.get('content-security-policy') ?? '';
    t.true(policy.startsWith("default-src 'none'; script-src 'self'; style-src 'self';"));
    t.false(policy.includes('unsafe'));
    t.is(page.headers.get('x-content-type-options'), 'nosniff');
    t.is(page.headers.get('referrer-policy'), 'no-referrer');
    const html = await page.text();
    const paths = [...html.matchAll(/ (?:src|href)="(\/[^"]*)"/g)].map(([, path]) => path!);
    t.true(paths.length > 3);
    t.notRegex(html, /(?:src|href)="(?!\/|#)/);
    const seen = new Set<string>();
    while (paths.length > 0) {
      const path = paths.pop()!;
      if (seen.has(path)) continue;
      seen.add(path);
      const file = await fetch(origin + path);
      t.is(file.status, 200, path);
      t.is(file.headers.get('content-encoding') ?? 'gzip', 'gzip');
      const text = await file.text();
      if (!path.endsWith('.js')) continue;
      for (const [, from] of text.matchAll(/^(?:import|export) .*?from "([^"]+)"/gms)) {
        paths.push(new URL(from!, origin + path).pathname);
      }
    }
    const modules = [...seen].filter(path => path.endsWith('.js'));
    t.deepEqual(modules.sort(), ['/live/page.js', '/live/uplot.js']);
  });

  test(`${engine}: the page takes GET and HEAD alone, and the feed is no page`, async t => {
    const {server} = await started(t, engine);
    t.is(await status(server, '/', {method: 'HEAD'}), 200);
    t.is(await status(server, '/', {method: 'POST'}), 405);
    t.is(await status(server, FEED_PATH), 426);
    t.is(await status(server, '/live/other.js'), 404);
    t.is(await status(server, '/live/../assets.js'), 404);
  });

  test(`${engine}: livePage false, and a source that is no hub, serve no page`, async t => {
    const {server} = await started(t, engine, {livePage: false});
    const plain = await serve(t, {engine, source: textSource('up 1\n')});
    for (const one of [server, plain]) {
      const root = await fetch(`http://127.0.0.1:${one.port}/`);
      t.is(root.status, 404);
      t.regex(await root.text(), /the live page is off here, expected \/metrics/);
      t.is(await status(one, '/live/page.css'), 404);
      t.is(await new FeedClient(t, one).status(), 404);
      t.is(await status(one, '/readyz'), 200);
    }
    t.is(await sample(server, 'hub_live_connections'), undefined);
  });

  test(`${engine}: a token guards metrics, page and feed, and leaves /healthz and /readyz open`, async t => {
    const {server} = await started(t, engine, {token: TOKEN, ready: () => 'no market yet'});
    const encoded = Buffer.from(TOKEN).toString('base64url');
    for (const path of ['/', '/metrics', FEED_PATH]) {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
      t.is(response.status, 401, path);
      t.is(response.headers.get('www-authenticate'), 'Bearer realm="threadtally"');
      for (const authorization of [`Bearer ${TOKEN}x`, 'Bearer ', `Basic ${encoded}`, TOKEN]) {
        t.is(await status(server, path, {headers: {authorization}}), 401, authorization);
      }
    }
    const headers = {authorization: `bearer ${TOKEN}`};
    t.is(await status(server, '/', {headers}), 200);
    t.is(await status(server, '/metrics', {headers}), 200);
    t.is(await status(server, '/healthz'), 200);
    t.is(await status(server, '/readyz'), 503);
    t.is(await new FeedClient(t, server).status(), 401);
    const wrong = [FEED_PROTOCOL, `${TOKEN_PROTOCOL_PREFIX}${encoded}x`];
    t.is(await new FeedClient(t, server, {protocols: wrong}).status(), 401);
    const right = [FEED_PROTOCOL, TOKEN_PROTOCOL_PREFIX + encoded];
    const feed = new FeedClient(t, server, {protocols: right});
    t.is((await feed.next<TracksMessage>()).type, 'tracks');
    // The token isn't named back.
    t.is(feed.socket.protocol, FEED_PROTOCOL);
  });

  test(`${engine}: the feed refuses pages of other hosts`, async t => {
    const {server} = await started(t, engine);
    const own = `http://127.0.0.1:${server.port}`;
    t.is(await new FeedClient(t, server, {origin: own}).status(), 101);
    for (const origin of ['http://evil.example', 'http://127.0.0.1:1', 'null']) {
      t.is(await new FeedClient(t, server, {origin}).status(), 403, origin);
    }
    t.is(await sample(server, 'hub_live_rejections_total', {reason: 'origin'}), 3);
  });

  test(`${engine}: the feed takes a bounded number of connections, and another when one ends`, async t => {
    const {server} = await started(t, engine);
    const feeds = Array.from({length: CONNECTIONS_MAX}, () => new FeedClient(t, server));
    for (const feed of feeds) await feed.next();
    t.is(await sample(server, 'hub_live_connections'), CONNECTIONS_MAX);
    t.is(await new FeedClient(t, server).status(), 503);
    t.is(await sample(server, 'hub_live_rejections_total', {reason: 'connection_limit'}), 1);
    feeds[0]!.socket.close();
    await once(feeds[0]!.socket, 'close');
    const next = new FeedClient(t, server);
    t.is((await next.next<TracksMessage>()).type, 'tracks');
  });

  test(`${engine}: a browser's message beyond the limit ends its connection alone`, async t => {
    const {server} = await started(t, engine);
    const [loud, quiet] = [new FeedClient(t, server), new FeedClient(t, server)];
    await loud.next();
    await quiet.next();
    loud.socket.send('x'.repeat(2_000));
    await once(loud.socket, 'close');
    for (let i = 0; i < 3; i++) await quiet.next();
    t.is(quiet.socket.readyState, WebSocket.OPEN);
  });

  test(`${engine}: close() ends the feeds`, async t => {
    const {server} = await started(t, engine);
    const feed = new FeedClient(t, server);
    await feed.next();
    const closed = once(feed.socket, 'close');
    await server.close();
    await closed;
    t.pass();
  });

  test(`${engine}: who offers another protocol is answered in HTTP/1.1`, async t => {
    const {server} = await started(t, engine);
    const socket = await open(t, server);
    const headers = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AA'];
    socket.write(request('GET', '/healthz', headers));
    const [answer] = await readAnswers(socket, ['GET']);
    t.is(answer!.statusLine, 'HTTP/1.1 200 OK');
    t.is(answer!.body.toString(), 'ok\n');
  });
}

test('listen() refuses what can be no token', async t => {
  for (const token of ['', 'two words', 'x'.repeat(513), 'ä', '=']) {
    await t.throwsAsync(serve(t, {token}), {instanceOf: TypeError}, token);
  }
});
