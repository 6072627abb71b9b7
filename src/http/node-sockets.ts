import {type IncomingMessage, type Server, ServerResponse} from 'node:http';
import type {Duplex} from 'node:stream';
import {type WebSocket, WebSocketServer} from '../web-socket.js';
import {
  type FeedSocket,
  IDLE_SECONDS,
  MESSAGE_BYTES_MAX,
  SOCKET_BYTES_MAX,
  type SocketServer,
} from './live/feed-socket.js';
import type {Answer, Request} from './routes.js';

/** What it takes to accept a WebSocket. */
export interface NodeSocketsOptions {
  readonly sockets?: SocketServer | undefined;
  readonly requestOf: (req: IncomingMessage) => Request;
  readonly send: (res: ServerResponse, answer: Answer, isHead: boolean) => void;
}

/** Accept WebSockets at the server's path. Returns what cuts them. */
export function serveNodeSockets(server: Server, options: NodeSocketsOptions): () => void {
  const {sockets, requestOf, send} = options;
  if (sockets === undefined) return () => {};
  const acceptor = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_BYTES_MAX,
    handleProtocols: offered => (offered.has(sockets.protocol) ? sockets.protocol : false),
  });
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    const request = requestOf(req);
    if (!isHandshake(req, sockets.path)) return answerPlainly(server, req, socket);
    const refusal = sockets.refusal(request);
    if (refusal !== undefined) return send(responseOn(req, socket), refusal, false);
    acceptor.handleUpgrade(req, socket, head, ws => accept(ws, sockets));
  });
  return () => {
    for (const ws of acceptor.clients) ws.terminate();
  };
}

function isHandshake({method, url = '', headers}: IncomingMessage, path: string): boolean {
  const isPath = url === path || url.startsWith(`${path}?`);
  return method === 'GET' && isPath && headers.upgrade?.toLowerCase() === 'websocket';
}

/** Whoever offers another protocol (curl does HTTP/2) is answered in this one; node:http leaves that to the listener. */
function answerPlainly(server: Server, req: IncomingMessage, socket: Duplex): void {
  server.emit('request', req, responseOn(req, socket));
}

function responseOn(req: IncomingMessage, socket: Duplex): ServerResponse {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  // node:http hands over a net.Socket; its types say less.
  res.assignSocket(socket as typeof req.socket);
  res.once('finish', () => socket.end());
  socket.on('error', () => socket.destroy());
  return res;
}

function accept(ws: WebSocket, sockets: SocketServer): void {
  const closed = sockets.open(socketOf(ws));
  let isAlive = true;
  const timer = setInterval(() => {
    if (!isAlive) ws.terminate();
    isAlive = false;
    ws.ping();
  }, IDLE_SECONDS * 500);
  timer.unref();
  ws.on('pong', () => {
    isAlive = true;
  });
  ws.on('error', () => ws.terminate());
  ws.once('close', () => {
    clearInterval(timer);
    closed();
  });
}

function socketOf(ws: WebSocket): FeedSocket {
  return {
    send: data => {
      // As uWebSockets.js does beyond its limit of backpressure.
      if (ws.readyState === ws.OPEN && ws.bufferedAmount < SOCKET_BYTES_MAX) ws.send(data);
    },
    bufferedBytes: () => ws.bufferedAmount,
    cut: () => ws.terminate(),
  };
}
