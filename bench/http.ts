import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import {LoadConnection, openStalled} from './http-client.js';
import type {ServerKind, ServerMessage} from './http-server.js';
import {type Contender, compare, expectEqual, type Role} from './measure.js';
import {atMost, type Table} from './table.js';

const SERVER = fileURLToPath(new URL('./http-server.js', import.meta.url));
const CONNECTIONS = 16;
const P99_REQUESTS = 200;
/** Bytes: no page of a bench has a shorter line of a sample. */
const LESS_THAN_LINE = 40;

const KINDS: readonly (readonly [ServerKind, Role])[] = [
  ['uWS, static bytes', 'floor'],
  ['threadtally', 'ours'],
  ['express 5', 'peer'],
  ['node:http', 'peer'],
];

/** The metrics server: processor time a request, and what a client waits while another one doesn't read. */
export async function run(): Promise<readonly Table[]> {
  const small = await startServers(10_000);
  const large = await startServers(1_000_000);
  try {
    return [
      await cpuTable(small, {id: 'http-10-kb', page: '10 KB page', requests: 4_000}),
      await cpuTable(large, {id: 'http-1-mb', page: '1 MB page', requests: 64}),
      await stalledTable(large),
    ];
  } finally {
    for (const {child} of [...small, ...large]) child.disconnect();
  }
}

interface Server {
  readonly kind: ServerKind;
  readonly role: Role;
  readonly child: ChildProcess;
  readonly port: number;
  cpuUs(): Promise<number>;
}

async function startServers(pageBytes: number): Promise<Server[]> {
  return Promise.all(
    KINDS.map(async ([kind, role]) => {
      const child = fork(SERVER, [kind, String(pageBytes)]);
      const next = async () => (await once(child, 'message'))[0] as ServerMessage;
      const first = await next();
      const port = 'port' in first ? first.port : 0;
      const cpuUs = async () => {
        const answer = next();
        child.send('cpu');
        const said = await answer;
        return 'cpuUs' in said ? said.cpuUs : Number.NaN;
      };
      return {kind, role, child, port, cpuUs};
    }),
  );
}

async function cpuTable(
  servers: readonly Server[],
  {id, page, requests}: {id: string; page: string; requests: number},
): Promise<Table> {
  const contenders = servers.map((server): Contender => {
    const name = server.kind;
    return {name, role: server.role, sample: () => cpuUsARequest(server, requests)};
  });
  const figures = await compare(contenders, 9);
  return {
    id,
    title: `GET /metrics, ${page}, ${CONNECTIONS} connections: CPU a request`,
    unit: 'us',
    figures,
    goals: [atMost(figures, {of: 'threadtally', times: 1.5, than: 'uWS, static bytes'})],
    notes: [
      'The server’s process alone, user and system time; a process of its own asks over loopback, keep-alive.',
      'Nothing is recorded meanwhile but what a hub counts of its scrapes: ours then writes few digits anew, where the peers make the',
      'whole page at each request; what a page costs of which all values have changed stands above.',
    ],
  };
}

async function cpuUsARequest(server: Server, requests: number): Promise<number> {
  const pageBytes = await pageBytesOf(server);
  const connections = await Promise.all(
    Array.from({length: CONNECTIONS}, () => LoadConnection.open(server.port)),
  );
  const each = requests / CONNECTIONS;
  const askAll = (times: number) =>
    Promise.all(
      connections.map(async connection => {
        for (let i = 0; i < times; i++) await connection.ask();
      }),
    );
  await askAll(Math.max(1, Math.floor(each / 10)));
  const warmBytes = connections.map(({bodyBytes}) => bodyBytes);
  const start = await server.cpuUs();
  await askAll(each);
  const us = (await server.cpuUs()) - start;
  for (const [i, connection] of connections.entries()) {
    expectPages(connection.bodyBytes - warmBytes[i]!, each, pageBytes);
    connection.close();
  }
  return us / requests;
}

/** That so many whole pages came. */
function expectPages(bytes: number, count: number, pageBytes: number): void {
  const isWhole = Math.abs(bytes - count * pageBytes) <= count * LESS_THAN_LINE;
  expectEqual(isWhole, true, `${count} pages of ${pageBytes} bytes in ${bytes}`);
}

/** A hub's own figures make its page a few bytes longer now and then; the others' pages stand still. */
async function pageBytesOf({port}: Server): Promise<number> {
  const connection = await LoadConnection.open(port);
  await connection.ask();
  connection.close();
  return connection.bodyBytes;
}

async function stalledTable(servers: readonly Server[]): Promise<Table> {
  const contenders = servers.flatMap((server): Contender[] =>
    server.role === 'peer'
      ? []
      : [
          {name: server.kind, role: server.role, sample: () => p99Ms(server, 0)},
          {name: `${server.kind}, 4 stalled`, role: server.role, sample: () => p99Ms(server, 4)},
        ],
  );
  const figures = await compare(contenders, 9);
  return {
    id: 'http-stalled',
    title: 'GET /metrics, 1 MB page: p99 with and without clients that do not read',
    unit: 'ms',
    figures,
    goals: [atMost(figures, {of: 'threadtally, 4 stalled', times: 1.5, than: 'threadtally'})],
    notes: [
      `One connection asks ${P99_REQUESTS} times. Those that do not read have asked for a page each, and leave it in the socket.`,
    ],
  };
}

async function p99Ms(server: Server, stalledCount: number): Promise<number> {
  const pageBytes = await pageBytesOf(server);
  const stalled = await Promise.all(
    Array.from({length: stalledCount}, () => openStalled(server.port, 1)),
  );
  const connection = await LoadConnection.open(server.port);
  const times: number[] = [];
  for (let i = 0; i < P99_REQUESTS; i++) times.push(await connection.ask());
  expectPages(connection.bodyBytes, P99_REQUESTS, pageBytes);
  connection.close();
  for (const client of stalled) client.close();
  return times.sort((a, b) => a - b)[Math.floor(P99_REQUESTS * 0.99) - 1]!;
}
