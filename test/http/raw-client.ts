import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import type {ExecutionContext} from 'ava';

/** An HTTP answer as it came over the socket. Header names are in lower case. */
export interface RawAnswer {
  statusLine: string;
  headers: Map<string, string>;
  body: Buffer;
}

/** Where a server is reached; a `MetricsServer` is one. */
export interface Address {
  host: string;
  port: number;
}

/** Open a connection that ends with the test. Its errors show where it is read. */
export async function open(t: ExecutionContext, {host, port}: Address): Promise<Socket> {
  const socket = connect({host, port});
  t.teardown(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** A request in HTTP/1.1, without a body unless the headers announce one. */
export function request(method: string, target: string, headers: readonly string[] = []): string {
  return [`${method} ${target} HTTP/1.1`, 'Host: test', ...headers, '', ''].join('\r\n');
}

/**
 * Read one answer for each method, in the order of the requests. Throws where the connection ends
 * first, or where bytes are left over: so an answer to HEAD can't bring a body unnoticed.
 */
export async function readAnswers(
  socket: Socket,
  methods: readonly string[],
): Promise<RawAnswer[]> {
  const answers: RawAnswer[] = [];
  const chunks: Buffer[] = [];
  let missingBytes = 0;
  for await (const chunk of socket.iterator({destroyOnReturn: false}) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    missingBytes -= chunk.length;
    if (missingBytes > 0) continue;
    let rest: Buffer = Buffer.concat(chunks.splice(0));
    while (answers.length < methods.length) {
      const parsed = parse(rest, methods[answers.length] === 'HEAD');
      if ('missingBytes' in parsed) {
        missingBytes = parsed.missingBytes;
        break;
      }
      answers.push(parsed.answer);
      rest = parsed.rest;
    }
    if (answers.length === methods.length) {
      if (rest.length > 0) throw new Error(`Expected no further bytes, got ${rest.toString()}`);
      return answers;
    }
    chunks.push(rest);
  }
  throw new Error(`Expected ${methods.length} answers, got ${answers.length} before the end`);
}

/** Send one request on a connection of its own and read its answer. */
export async function ask(
  t: ExecutionContext,
  address: Address,
  [method, target]: readonly [method: string, target: string],
  headers: readonly string[] = [],
): Promise<RawAnswer> {
  const socket = await open(t, address);
  socket.write(request(method, target, headers));
  const [answer] = await readAnswers(socket, [method]);
  socket.destroy();
  return answer!;
}

/** Everything until the server closes the connection, however it does so. */
export async function readToEnd(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.resume();
  if (!socket.closed) await new Promise(resolve => socket.once('close', resolve));
  return Buffer.concat(chunks);
}

function parse(
  bytes: Buffer,
  isHead: boolean,
): {answer: RawAnswer; rest: Buffer} | {missingBytes: number} {
  const headBytes = bytes.indexOf('\r\n\r\n');
  if (headBytes < 0) return {missingBytes: 1};
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, headBytes).split('\r\n');
  const headers = new Map(
    lines.map(line => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const bodyBytes = isHead ? 0 : Number(headers.get('content-length') ?? 0);
  const endOffset = headBytes + 4 + bodyBytes;
  if (bytes.length < endOffset) return {missingBytes: endOffset - bytes.length};
  const body = bytes.subarray(headBytes + 4, endOffset);
  return {answer: {statusLine, headers, body}, rest: bytes.subarray(endOffset)};
}
