/* One server of the HTTP tables, in a process of its own: `http-server.js KIND BYTES`. It tells its CPU time when asked. */
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import express from 'express';
import * as promClient from 'prom-client';
import {loadUws} from '../src/http/uws.js';
import {listen, MetricsHub} from '../src/index.js';

/** Who can serve. */
export type ServerKind = 'threadtally' | 'uWS, static bytes' | 'express 5' | 'node:http';

/** What a server tells: first its port, then the processor microseconds that it has used, each time it is asked. */
export type ServerMessage = {readonly port: number} | {readonly cpuUs: number};

const [, , kind, bytesText] = process.argv;
/** The page has at least so many, and less than a line more. */
const PAGE_BYTES = Number(bytesText);
const options = {
  name: 'requests_total',
  help: 'Requests.',
  labelNames: ['route', 'status'] as const,
};

async function start(): Promise<number> {
  switch (kind as ServerKind) {
    case 'threadtally':
      return (await listen({source: await ourHub(), port: 0, host: '127.0.0.1', engine: 'uws'}))
        .port;
    case 'uWS, static bytes':
      return listenStatic((await ourHub()).renderPage().body.slice());
    case 'express 5': {
      const registry = await promRegistry();
      const app = express();
      app.get('/metrics', async (_request, response) => {
        response.set('Content-Type', registry.contentType);
        response.end(await registry.metrics());
      });
      return portOf(app.listen(0, '127.0.0.1'));
    }
    default: {
      const registry = await promRegistry();
      const server = createServer(async (_request, response) => {
        response.setHeader('Content-Type', registry.contentType);
        response.end(await registry.metrics());
      });
      return portOf(server.listen(0, '127.0.0.1'));
    }
  }
}

async function ourHub(): Promise<MetricsHub> {
  const hub = new MetricsHub({seriesPerFamilyMax: PAGE_BYTES});
  const counter = hub.recorder.counter(options);
  await fill(counter, () => hub.renderPage().body.length);
  return hub;
}

async function promRegistry(): Promise<promClient.Registry> {
  const registry = new promClient.Registry();
  const counter = new promClient.Counter({...options, registers: [registry]});
  await fill(counter, async () => (await registry.metrics()).length);
  return registry;
}

/** Adds series until the page has its bytes: a hub tells of itself, too, so that pages of equal bytes have other lines. */
async function fill(
  counter: {inc(labels: {route: string; status: string}): void},
  bytesNow: () => number | Promise<number>,
): Promise<void> {
  let lines = 0;
  const add = (count: number) => {
    for (let i = 0; i < count; i++)
      counter.inc({route: `/route/${100_000 + lines++}`, status: '200'});
  };
  add(1);
  const few = await bytesNow();
  add(10);
  const lineBytes = ((await bytesNow()) - few) / 10;
  add(Math.max(0, Math.ceil((PAGE_BYTES - (await bytesNow())) / lineBytes)));
}

/** The least that uWebSockets.js can do: the same bytes to each request. */
async function listenStatic(body: Uint8Array): Promise<number> {
  const {uws} = await loadUws();
  if (uws === undefined) throw new Error('Expected uWebSockets.js to load, got none');
  const app = uws.App().any('/*', res => {
    res.writeStatus('200 OK');
    res.writeHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
    const [, isDone] = res.tryEnd(body, body.length);
    if (isDone) return;
    res.onAborted(() => {});
    res.onWritable(offset => res.tryEnd(body.subarray(offset), body.length)[0]);
  });
  return new Promise(resolve => {
    app.listen('127.0.0.1', 0, 0, socket => {
      if (socket !== false) resolve(uws.us_socket_local_port(socket));
    });
  });
}

async function portOf(server: {
  address(): AddressInfo | string | null;
  once: NodeJS.EventEmitter['once'];
  keepAliveTimeout: number;
}) {
  // The default of 5 s would cut connections that wait for their turn on a busy machine.
  server.keepAliveTimeout = 60_000;
  await new Promise(resolve => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}

process.on('message', () => {
  const {user, system} = process.cpuUsage();
  process.send?.({cpuUs: user + system} satisfies ServerMessage);
});
process.send?.({port: await start()} satisfies ServerMessage);
// Its end is that of whoever asked for it.
process.on('disconnect', () => process.exit());
