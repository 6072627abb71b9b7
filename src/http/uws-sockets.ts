import {
  type FeedSocket,
  IDLE_SECONDS,
  MESSAGE_BYTES_MAX,
  SOCKET_BYTES_MAX,
  type SocketServer,
} from './live/feed-socket.js';
import type {Answer, Request} from './routes.js';
import type {HttpRequest, HttpResponse, TemplatedApp, WebSocket} from './uws.js';

/** What a socket carries: what to call when it has closed. */
interface UserData {
  closed: () => void;
}

/** What it takes to accept a WebSocket. */
export interface UwsSocketsOptions {
  readonly sockets: SocketServer;
  readonly requestOf: (req: HttpRequest) => Request;
  readonly refuse: (res: HttpResponse, answer: Answer) => void;
}

/** Accept WebSockets at the server's path. uWebSockets.js pings them, and closes those that don't answer. */
export function serveUwsSockets(app: TemplatedApp, options: UwsSocketsOptions): void {
  const {sockets, requestOf, refuse} = options;
  app.ws<UserData>(sockets.path, {
    maxPayloadLength: MESSAGE_BYTES_MAX,
    maxBackpressure: SOCKET_BYTES_MAX,
    idleTimeout: IDLE_SECONDS,
    sendPingsAutomatically: true,
    upgrade: (res, req, context) => {
      const request = requestOf(req);
      const refusal = sockets.refusal(request);
      if (refusal !== undefined) return refuse(res, refusal);
      const offered = request.protocols?.split(',').map(protocol => protocol.trim()) ?? [];
      res.upgrade<UserData>(
        {closed: () => {}},
        req.getHeader('sec-websocket-key'),
        offered.includes(sockets.protocol) ? sockets.protocol : '',
        '',
        context,
      );
    },
    open: ws => {
      ws.getUserData().closed = sockets.open(socketOf(ws));
    },
    close: ws => ws.getUserData().closed(),
  });
}

/** A socket that is touched after it has closed throws: whoever holds it is told of the end only after. */
function socketOf(ws: WebSocket<UserData>): FeedSocket {
  return {
    send: data => void ws.send(data, typeof data !== 'string'),
    bufferedBytes: () => ws.getBufferedAmount(),
    cut: () => ws.close(),
  };
}
