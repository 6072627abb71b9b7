/* A server with 100,000 series in a process of its own: `blocks-server.js KIND`. It tells how long its main thread was kept. */
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {monitorEventLoopDelay} from 'node:perf_hooks';
import {promisify} from 'node:util';
import {constants, gzip} from 'node:zlib';
import * as successor from '@prometheus-io/client';
import * as promClient from 'prom-client';
import {listen, MetricsHub} from '../src/index.js';
import {BLOCK_SERIES as SERIES} from './series-shapes.js';

/** Who serves. */
export type BlocksKind = 'threadtally' | 'prom-client 15' | 'successor 0.16';

/** `add` adds 1 to every series and begins to watch; `read` asks for the longest block since. */
export type BlocksRequest = 'add' | 'read';

/** First the port; then to `add` nothing but that it is done, and to `read` the milliseconds. */
export type BlocksAnswer =
  | {readonly port: number}
  | {readonly added: true}
  | {readonly blockMs: number};

const FAMILY = {
  name: 'requests_total',
  help: 'Requests.',
  labelNames: ['route', 'status'] as const,
};
const gzipOf = promisify(gzip);
const kind = process.argv[2] as BlocksKind;
const labelSets = Array.from({length: SERIES}, (_, i) => ({
  route: `/route/${i >> 3}`,
  status: `s${i & 7}`,
}));

interface Subject {
  readonly port: number;
  addToAll(): void;
}

async function startOurs(): Promise<Subject> {
  const hub = new MetricsHub({seriesPerFamilyMax: SERIES});
  const counter = hub.recorder.counter(FAMILY);
  const {port} = await listen({source: hub, port: 0, host: '127.0.0.1', engine: 'uws'});
  const addToAll = () => {
    for (const labels of labelSets) counter.inc(labels);
  };
  return {port, addToAll};
}

/** As their documents say, on node:http; compressed in zlib's own threads, at the level that ours has, where that is asked. */
async function startPeer(peer: typeof promClient): Promise<Subject> {
  const registry = new peer.Registry();
  const counter = new peer.Counter({...FAMILY, registers: [registry]});
  const server = createServer(async (request, response) => {
    response.setHeader('Content-Type', registry.contentType);
    const page = await registry.metrics();
    if (request.headers['accept-encoding'] !== 'gzip') return response.end(page);
    response.setHeader('Content-Encoding', 'gzip');
    return response.end(await gzipOf(page, {level: constants.Z_BEST_SPEED}));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const addToAll = () => {
    for (const labels of labelSets) counter.inc(labels);
  };
  return {port: (server.address() as AddressInfo).port, addToAll};
}

function start(): Promise<Subject> {
  switch (kind) {
    case 'threadtally':
      return startOurs();
    case 'prom-client 15':
      return startPeer(promClient);
    default:
      return startPeer(successor as unknown as typeof promClient);
  }
}

const {port, addToAll} = await start();
const answer = (said: BlocksAnswer) => process.send?.(said);
// Its timer is due each millisecond: a block shows whole, or up to a millisecond longer.
const delay = monitorEventLoopDelay({resolution: 1});
process.on('message', (request: BlocksRequest) => {
  if (request === 'read') {
    delay.disable();
    answer({blockMs: delay.max / 1e6});
    return;
  }
  addToAll();
  // What adding kept the loop for is no part of the page, nor is it to move what it has just made: V8 does so twice, at the
  // next allocations, whoever makes them.
  for (let i = 0; i < 2; i++) globalThis.gc?.({type: 'minor'});
  setImmediate(() => {
    delay.reset();
    delay.enable();
    answer({added: true});
  });
});
process.on('disconnect', () => process.exit());
answer({port});
