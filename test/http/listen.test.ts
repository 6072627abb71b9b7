import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {networkInterfaces} from 'node:os';
import test, {type ExecutionContext} from 'ava';
import {Backlog} from '../../src/http/backlog.js';
import {EngineMissingError, type StartEngine} from '../../src/http/engine.js';
import {ListenError, listenErrorOf} from '../../src/http/listen-error.js';
import {findHost} from '../../src/http/probe.js';
import {route} from '../../src/http/routes.js';
import {ENGINES, type ListenOptions, listen, listenWith} from '../../src/http/server.js';
import {loadUws} from '../../src/http/uws.js';
import {ask} from './raw-client.js';
import {ENGINES_HERE, serve, textSource} from './serve.js';

const SOURCE = textSource('up 1\n');
/** Reserved for documentation (RFC 5737): no machine's own. */
const FOREIGN_HOST = '203.0.113.1';

async function takenPort(t: ExecutionContext): Promise<number> {
  const other = createServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await once(other, 'listening');
  return (other.address() as {port: number}).port;
}

function systemError(code: string): Error {
  return Object.assign(new Error(`listen ${code}`), {code});
}

for (const engine of ENGINES_HERE) {
  test(`${engine}: listen() refuses a port that is taken, with code port_in_use`, async t => {
    const port = await takenPort(t);
    const error = await t.throwsAsync(serve(t, {engine, port}), {instanceOf: ListenError});
    t.is(error.code, 'port_in_use');
    t.is(
      error.message,
      `Expected port ${port} on 127.0.0.1 to be free, got EADDRINUSE: another program listens there`,
    );
    t.like(error.cause, {code: 'EADDRINUSE'});
  });

  test(`${engine}: listen() shares its port with no second server, on any address`, async t => {
    const {port} = await serve(t, {engine});
    for (const second of ENGINES_HERE) {
      for (const host of ['127.0.0.1', '::']) {
        await t.throwsAsync(serve(t, {engine: second, host, port}), {code: 'port_in_use'});
      }
    }
  });

  test(`${engine}: a port taken between probe and listening is refused alike`, async t => {
    const port = await takenPort(t);
    const started = ENGINES[engine]({
      host: '127.0.0.1',
      port,
      answer: request => route(request, new Map([['/', () => t.fail() as never]])),
      backlog: new Backlog(),
      onWarning: t.fail,
    });
    await t.throwsAsync(started, {instanceOf: ListenError, code: 'port_in_use'});
  });

  test(`${engine}: listen() refuses a host that isn't this machine's, with code address_not_available`, async t => {
    const error = await t.throwsAsync(serve(t, {engine, host: FOREIGN_HOST}), {
      instanceOf: ListenError,
    });
    t.is(error.code, 'address_not_available');
    t.is(
      error.message,
      'Expected host 203.0.113.1 to be an address of this machine, got EADDRNOTAVAIL',
    );
  });

  test(`${engine}: listen() on :: answers by IPv4 and by IPv6`, async t => {
    const server = await serve(t, {engine, host: '::'});
    const {port} = server;
    t.is(server.url, `http://localhost:${port}/metrics`);
    t.is((await ask(t, {host: '127.0.0.1', port}, ['GET', '/healthz'])).body.toString(), 'ok\n');
    const addresses = Object.values(networkInterfaces()).flat();
    if (!addresses.some(found => found?.address === '::1')) {
      t.log('The IPv6 half is skipped: no interface has ::1.');
      return;
    }
    t.is((await ask(t, {host: '::1', port}, ['GET', '/healthz'])).body.toString(), 'ok\n');
  });
}

// Needs a build of uWebSockets.js that loads here.
const testOfUws = ENGINES_HERE.includes('uws') ? test : test.skip;
testOfUws('uws: listen() shares its port with no uWebSockets.js app that would share', async t => {
  // By its number: uWebSockets.js doesn't share a port that the system chose.
  const {port, close} = await serve(t, {engine: 'uws'});
  await close();
  await serve(t, {engine: 'uws', port});
  const load = await loadUws();
  const shared = await new Promise(resolve => {
    load.uws?.App().listen('127.0.0.1', port, resolve);
  });
  t.false(shared);
});

test('listen() is typed without uWebSockets.js, which may not be installed', async t => {
  const modules = new Set([new URL('../../src/http/server.d.ts', import.meta.url).href]);
  for (const href of modules) {
    t.false(href.endsWith('/uws.d.ts'));
    const text = await readFile(new URL(href), 'utf8');
    for (const [, path] of text.matchAll(/from '(\.[^']+)\.js'/g)) {
      modules.add(new URL(`${path}.d.ts`, href).href);
    }
  }
  t.true(modules.size > 2);
});

test('listen() tells the numeric address and a URL that a browser takes', async t => {
  const server = await serve(t, {host: 'localhost', engine: 'node'});
  const urlHost = server.host === '::1' ? '[::1]' : '127.0.0.1';
  t.is(server.url, `http://${urlHost}:${server.port}/metrics`);
  t.is(await (await fetch(server.url)).text(), 'up 1\n');
});

test('listen() throws at once for a port or an engine that there is not', async t => {
  for (const port of [-1, 65_536, 1.5, Number.NaN, '9091' as unknown as number]) {
    await t.throwsAsync(listen({source: SOURCE, port}), {
      instanceOf: TypeError,
      message: `Expected \`port\` to be an integer from 0 to 65535, got ${typeof port === 'string' ? 'the text ' : ''}\`${port}\``,
    });
  }
  const engine = 'uWS' as unknown as NonNullable<ListenOptions['engine']>;
  await t.throwsAsync(listen({source: SOURCE, engine}), {
    instanceOf: TypeError,
    message: 'Expected `engine` to be auto, uws or node, got `uWS`',
  });
});

test('listen() serves with node:http where no build of uWebSockets.js loads, and says so once', async t => {
  const warnings: string[] = [];
  const uws: StartEngine = () => Promise.reject(new EngineMissingError('a: no binary'));
  const server = await listenWith(
    {...ENGINES, uws},
    {source: SOURCE, port: 0, host: '127.0.0.1', onWarning: line => warnings.push(line)},
  );
  t.teardown(() => server.close());
  t.is(server.engine, 'node');
  t.is((await ask(t, server, ['GET', '/metrics'])).body.toString(), 'up 1\n');
  t.deepEqual(warnings, [
    'Expected uWebSockets.js to load, got a: no binary; node:http serves instead',
  ]);
});

test('listen() with engine uws fails where no build loads, with code listen_failed', async t => {
  const uws: StartEngine = () => Promise.reject(new EngineMissingError('a: no binary'));
  const options = {source: SOURCE, port: 0, host: '127.0.0.1', engine: 'uws'} as const;
  await t.throwsAsync(listenWith({...ENGINES, uws}, options), {
    instanceOf: ListenError,
    code: 'listen_failed',
    message: 'Expected uWebSockets.js to load, got a: no binary',
  });
});

test('loadUws() takes the first build that loads, wrapped as ESM or not', async t => {
  const uws = {App: () => {}};
  const missing = () => Promise.reject(new Error('no\n\nbinary'));
  const builds = (imported: unknown) =>
    new Map<string, () => Promise<unknown>>([
      ['newest', missing],
      ['older', () => Promise.resolve(imported)],
      ['never tried', () => Promise.resolve(t.fail())],
    ]);
  for (const imported of [uws, {default: uws}, {App: uws.App, default: uws}]) {
    t.like(await loadUws(builds(imported)), {build: 'older', uws});
  }
});

test('loadUws() gives the reason of each build that did not load, in one line', async t => {
  const builds = new Map<string, () => Promise<unknown>>([
    ['newest', () => Promise.reject(new Error('no\n\nbinary'))],
    ['older', () => Promise.resolve({default: {}})],
  ]);
  t.deepEqual(await loadUws(builds), {
    uws: undefined,
    reasons: ['newest: no binary', 'older: Expected export App to be a function, got undefined'],
  });
});

test('findHost() falls back to 0.0.0.0 where :: is not to be had, and only then', async t => {
  for (const code of ['EAFNOSUPPORT', 'EADDRNOTAVAIL']) {
    const probe = (host: string) =>
      host === '0.0.0.0' ? Promise.resolve(host) : Promise.reject(systemError(code));
    t.is(await findHost('::', 9091, probe), '0.0.0.0');
    await t.throwsAsync(findHost('::1', 9091, probe), {code: 'address_not_available'});
  }
  const taken = () => Promise.reject(systemError('EADDRINUSE'));
  await t.throwsAsync(findHost('::', 9091, taken), {code: 'port_in_use'});
});

test('listenErrorOf() names what was expected of the address, in one line', t => {
  const cases = [
    [
      'EACCES',
      'port_not_permitted',
      'Expected port 80 on :: to be permitted to this user, got EACCES',
    ],
    [
      'ENOTFOUND',
      'address_not_available',
      'Expected host :: to be an address of this machine, got ENOTFOUND',
    ],
    ['EMFILE', 'listen_failed', 'Expected port 80 on :: to accept a listener, got EMFILE'],
  ] as const;
  for (const [errno, code, message] of cases) {
    const cause = systemError(errno);
    t.like(listenErrorOf('::', 80, cause), {name: 'ListenError', code, message, cause});
  }
});
