import type {Answer, Request} from '../routes.js';

/** A browser's WebSocket, of either engine. */
export interface FeedSocket {
  /** Sends text or bytes; does nothing once it is closed. The bytes are copied, or sent, before it returns. */
  send(data: string | Uint8Array): void;
  /** Bytes that the system hasn't taken yet. */
  bufferedBytes(): number;
  /** Ends it at once. */
  cut(): void;
}

/** Serves WebSockets. */
export interface SocketServer {
  /** Path at which they are accepted. */
  readonly path: string;
  /** The subprotocol that is answered where it is offered. */
  readonly protocol: string;
  /** What refuses the request; undefined where it is accepted. */
  refusal(request: Request): Answer | undefined;
  /** Takes a socket that has opened. Returns what is to be called, once, when it has closed. */
  open(socket: FeedSocket): () => void;
}

/** Bytes of a message from a browser. The page sends none; a longer one ends its connection. */
export const MESSAGE_BYTES_MAX = 1_024;

/** Seconds after which a connection on which nothing came is closed. Both engines ping before. */
export const IDLE_SECONDS = 32;

/** Bytes that one connection may hold back; the engine drops what is beyond. The largest history and some. */
export const SOCKET_BYTES_MAX = 4 * 1024 * 1024;
