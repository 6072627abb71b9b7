import {once} from 'node:events';
import {createServer, type Server, type ServerResponse} from 'node:http';
import {type AddressInfo, Server as NetServer} from 'node:net';
import type {Backlog} from './backlog.js';
import type {EngineOptions, StartEngine} from './engine.js';
import {listenErrorOf, oneLine} from './listen-error.js';
import type {Answer} from './routes.js';

/**
 * A connection on which nothing moves for so long is closed, be it idle or with an answer that its
 * client doesn't take: what uWebSockets.js does by itself. node:http would hold the latter for ever.
 */
const IDLE_TIMEOUT_MS = 10_000;

/** Serve with node:http, which speaks HTTP/1.0 too. */
export const startNode: StartEngine = async options => {
  const server = createHttpServer(options);
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
      server.close();
      server.closeAllConnections();
      return closed;
    },
  };
};

function createHttpServer({answer, backlog}: EngineOptions): Server {
  const server = createServer({keepAliveTimeout: IDLE_TIMEOUT_MS}, (req, res) => {
    const {method = '', url = ''} = req;
    send(res, answer(method, url), {isHead: method === 'HEAD', backlog});
  });
  server.timeout = IDLE_TIMEOUT_MS;
  return server;
}

async function bind(server: Server, {host, port}: EngineOptions): Promise<void> {
  server.listen({host, port, exclusive: true});
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenErrorOf(host, port, error);
  }
}

function send(
  res: ServerResponse,
  {status, reason, headers, body}: Answer,
  {isHead, backlog}: {isHead: boolean; backlog: Backlog},
): void {
  res.writeHead(status, reason, [...headers.flat(), 'Content-Length', String(body.length)]);
  res.once('close', backlog.add(isHead ? 0 : body.length));
  // A copy: Node queues the view itself, and sends later bytes from whatever it holds by then.
  res.end(isHead ? undefined : body.slice());
}
