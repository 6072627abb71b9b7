import {once} from 'node:events';
import {connect, type Socket} from 'node:net';

const REQUEST = 'GET /metrics HTTP/1.1\r\nHost: bench\r\nAccept: text/plain\r\n\r\n';
const HEAD_END = Buffer.from('\r\n\r\n');

/** One connection that asks again as soon as it has its answer whole. */
export class LoadConnection {
  readonly #socket: Socket;
  /** Bytes of the present answer that have not come yet; undefined before its head is read. */
  #missing: number | undefined;
  #head: Buffer = Buffer.alloc(0);
  #answered: () => void = () => {};
  /** Rejects what is being asked; nobody waits for a connection that ends between two questions. */
  #failed: (error: Error) => void = () => {};
  /** Bytes of bodies that came. */
  bodyBytes = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', chunk => this.#take(chunk));
    socket.on('error', error => this.#failed(error));
    socket.on('close', () => this.#failed(new Error('Expected an answer, got the end')));
  }

  /** Connects to a port of this machine. */
  static async open(port: number): Promise<LoadConnection> {
    const socket = connect({port, host: '127.0.0.1', noDelay: true});
    await once(socket, 'connect');
    return new LoadConnection(socket);
  }

  /** Resolves with the milliseconds that the answer took. Rejects where the connection ends instead. */
  async ask(): Promise<number> {
    const start = performance.now();
    const answered = new Promise<void>((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
    });
    this.#socket.write(REQUEST);
    await answered;
    return performance.now() - start;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    let body = chunk;
    if (this.#missing === undefined) {
      this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
      const end = this.#head.indexOf(HEAD_END);
      if (end < 0) return;
      const head = this.#head.toString('latin1', 0, end);
      const length = /^content-length: *(\d+)/im.exec(head)?.[1];
      if (!head.startsWith('HTTP/1.1 200') || length === undefined) {
        throw new Error(`Expected a page with its length, got ${head.slice(0, 100)}`);
      }
      this.#missing = Number(length);
      body = this.#head.subarray(end + HEAD_END.length);
      this.#head = Buffer.alloc(0);
    }
    this.bodyBytes += body.length;
    this.#missing -= body.length;
    if (this.#missing > 0) return;
    this.#missing = undefined;
    this.#answered();
  }
}

/** A client that asks for page after page and reads none. */
export async function openStalled(port: number, requests: number): Promise<{close(): void}> {
  const socket = connect({port, host: '127.0.0.1'});
  await once(socket, 'connect');
  socket.pause();
  socket.on('error', () => {});
  // One by one, as a scraper does: uWebSockets.js cuts a connection whose next request comes too early.
  for (let i = 0; i < requests; i++) socket.write(REQUEST);
  return {close: () => socket.destroy()};
}
