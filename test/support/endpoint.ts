import {once} from 'node:events';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {ExecutionContext} from 'ava';

/** A request as it came. */
export interface Received {
  readonly method: string | undefined;
  readonly type: string | undefined;
  readonly body: unknown;
}

/** A real HTTP server on loopback, ended with the test. */
export async function startEndpoint(
  t: ExecutionContext,
  answer: (response: ServerResponse, request: IncomingMessage) => void,
) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    received.push({method: request.method, type: request.headers['content-type'], body});
    answer(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.closeAllConnections();
    if (server.listening) await once(server.close(), 'close');
  };
  t.teardown(stop);
  const {port} = server.address() as AddressInfo;
  return {url: `http://127.0.0.1:${port}/analyse`, received, server, stop};
}
