import {once} from 'node:events';
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import {type AddressInfo, Server as NetServer, type Socket} from 'node:net';
import type {Backlog} from './backlog.js';
import type {EngineOptions, StartEngine} from './engine.js';
import {listenErrorOf, oneLine} from './listen-error.js';
import {serveNodeSockets} from './node-sockets.js';
import type {Answer, Request} from './routes.js';

/**
 * A connection on which nothing moves for so long is closed, be it idle or with an answer that its
 * client doesn't take: what uWebSockets.js does by itself. node:http would hold the latter always.
 */
const IDLE_TIMEOUT_MS = 10_000;

/**
 * Serve with node:http. By itself it does otherwise than uWebSockets.js: it speaks HTTP/1.0 too,
 * sends whole answers to clients that half-close or pipeline, refuses methods it doesn't know with
 * 400 and unknown expectations with 417, cuts CONNECT, and allows 16 KiB of headers.
 */
export const startNode: StartEngine = async options => {
  const server = createHttpServer(options);
  const dropSockets = serveNodeSockets(server, {...options, requestOf, send});
  await bind(server, options);
  // After listening, an error is a connection that couldn't be accepted; unheard it would throw.
  server.on('error', error => options.onWarning(`node:http: ${oneLine(error)}`));
  const closed = new Promise<void>(resolve => server.once('close', resolve));
  return {
    name: 'node',
    port: (server.address() as AddressInfo).port,
    // Not server.close(): it cuts connections whose answer is written but not yet taken, for idle.
    stopAccepting: () => void NetServer.prototype.close.call(server),
    drop: () => {
      dropSockets();
      server.close();
      server.closeAllConnections();
      return closed;
    },
  };
};

function createHttpServer({answer, backlog}: EngineOptions): Server {
  const server = createServer({keepAliveTimeout: IDLE_TIMEOUT_MS});
  const owe = debtsOf(server, backlog);
  const sendOwed = (res: ServerResponse, said: Answer) => {
    const isHead = res.req.method === 'HEAD';
    owe(res, isHead ? 0 : said.body.length);
    send(res, said, isHead);
  };
  server.on('request', async (req, res) => {
    const said = answer(requestOf(req));
    // A copy: Node queues the view itself, and sends later bytes from whatever it holds by then.
    if (!('answer' in said)) return sendOwed(res, {...said, body: said.body.slice()});
    const release = owe(res, said.bytes);
    const ready = await said.answer;
    // What is owed on a connection that has ended would be owed for good.
    if (!req.socket.destroyed) sendOwed(res, ready);
    release();
  });
  server.timeout = IDLE_TIMEOUT_MS;
  return server;
}

function requestOf({method = '', url = '', headers}: IncomingMessage): Request {
  return {
    method,
    target: url,
    accept: headers.accept,
    acceptEncoding: headers['accept-encoding']?.toString(),
    authorization: headers.authorization,
    host: headers.host,
    origin: headers.origin,
    protocols: headers['sec-websocket-protocol'],
  };
}

/**
 * Count each answer into the backlog until it is sent or its connection ends, or until what is
 * returned is called. The connection is watched too because a response that waits behind another
 * one (the client pipelines) never emits `close` when the connection does.
 */
function debtsOf(
  server: Server,
  backlog: Backlog,
): (res: ServerResponse, bytes: number) => () => void {
  const releasesOf = new WeakMap<Socket, Set<() => void>>();
  server.on('connection', socket => {
    const releases = new Set<() => void>();
    releasesOf.set(socket, releases);
    socket.once('close', () => {
      for (const release of releases) release();
    });
  });
  return (res, bytes) => {
    const releases = releasesOf.get(res.req.socket)!;
    const countOut = backlog.add(bytes);
    const release = () => {
      releases.delete(release);
      countOut();
    };
    releases.add(release);
    res.once('close', release);
    return release;
  };
}

async function bind(server: Server, {host, port}: EngineOptions): Promise<void> {
  server.listen({host, port, exclusive: true});
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenErrorOf(host, port, error);
  }
}

/** Sends a body that nobody changes any more. */
function send(res: ServerResponse, {status, reason, headers, body}: Answer, isHead: boolean): void {
  res.writeHead(status, reason, [...headers.flat(), 'Content-Length', String(body.length)]);
  res.end(isHead ? undefined : body);
}
