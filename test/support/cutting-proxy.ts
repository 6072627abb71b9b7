import {once} from 'node:events';
import {createServer, connect as open, type Server, type Socket} from 'node:net';
import type {ExecutionContext} from 'ava';

/** A TCP proxy before a Postgres server that can do what networks do. */
export class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Answers that confirm an insert and are still to be lost, with their connections. */
  #cutsLeft = 0;
  /** While set, what the server says waits here. */
  #held: (() => void)[] | undefined;
  cutCount = 0;

  static async start(t: ExecutionContext, targetPort: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    t.teardown(() => proxy.close());
    return proxy;
  }

  private constructor(targetPort: number) {
    this.#server = createServer(client => {
      const target = open(targetPort, '127.0.0.1');
      for (const [socket, other] of [
        [client, target],
        [target, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
      }
      client.on('data', data => target.write(data));
      target.on('data', data => this.#answer(client, data));
    });
  }

  get port(): number {
    return (this.#server.address() as {port: number}).port;
  }

  /** Loses the next answers that confirm an insert: the server has committed, and its client never hears of it. */
  cutAnswers(count: number): void {
    this.#cutsLeft = count;
  }

  /** Holds back all that the server says. */
  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const send of held) send();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #answer(client: Socket, data: Buffer): void {
    if (this.#cutsLeft > 0 && data.includes('INSERT 0 ')) {
      this.#cutsLeft--;
      this.cutCount++;
      client.destroy();
    } else if (this.#held !== undefined) {
      this.#held.push(() => client.write(data));
    } else {
      client.write(data);
    }
  }
}
