import type {Backlog} from './backlog.js';
import type {SocketServer} from './live/feed-socket.js';
import type {Answer, PendingAnswer, Request} from './routes.js';

/** Name of what carries the bytes: uWebSockets.js or node:http. */
export type EngineName = 'uws' | 'node';

/** What an engine needs to serve. */
export interface EngineOptions {
  /** Numeric address. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /**
   * Called once a request. The engine sends, or copies, the body before it returns to the event
   * loop: the next call may rewrite it. An answer that is pending is sent when it comes, if the
   * client is still there; until then the engine counts its bytes into the backlog.
   *
   * HEAD takes the same way as GET, compression included, so that its headers are those of GET,
   * Content-Length too; only the body isn't sent.
   */
  readonly answer: (request: Request) => Answer | PendingAnswer;
  /** The engine counts every answer here that the system hasn't taken whole. */
  readonly backlog: Backlog;
  /** Takes WebSockets; without it a handshake is answered as any request is. */
  readonly sockets?: SocketServer | undefined;
  readonly onWarning: (line: string) => void;
}

/** A running server of either make. */
export interface Engine {
  readonly name: EngineName;
  /** The port really bound. */
  readonly port: number;
  /** Refuse new connections from now on; present ones are served further. */
  stopAccepting(): void;
  /** Cut every connection. Resolves when nothing of the server is left. */
  drop(): Promise<void>;
}

/**
 * Start to listen.
 *
 * @throws {ListenError} where the address can't be had.
 * @throws {EngineMissingError} where the engine isn't to be had on this machine.
 */
export type StartEngine = (options: EngineOptions) => Promise<Engine>;

/** The engine isn't installed, or not built for this system. The message is a line of reasons. */
export class EngineMissingError extends Error {
  override readonly name = 'EngineMissingError';
}
