/* The market feed: 400 symbols x 4 intervals over two connections, beside a bare loop. `node dist/bench/market-feed.js` */

import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import {MetricsHub} from '../src/index.js';
import {BinanceFeed} from '../src/market/binance/binance-feed.js';
import {FeedMeter} from '../src/market/binance/feed-meter.js';
import {SYSTEM_CLOCK} from '../src/market/clock.js';
import type {KlineInterval} from '../src/market/kline.js';
import {KlineStore} from '../src/market/kline-store.js';
import {MeasuredKlines} from '../src/market/measured-klines.js';
import {bindCatalogue} from '../src/metrics/catalogue.js';
import {WebSocket} from '../src/web-socket.js';
import type {Played} from './market-feed-server.js';
import {compare, cpuMsUntil, expectEqual} from './measure.js';
import {atMost, type Table, textOf} from './table.js';

const SERVER = fileURLToPath(new URL('market-feed-server.js', import.meta.url));
const INTERVALS: readonly KlineInterval[] = ['1m', '5m', '15m', '1h'];
const SYMBOL_COUNT = 400;

/** Samples a contender: each connects anew, which takes longer than what is measured. */
const ROUNDS = 5;

/** Market time of a sample: 30 updates of each of the 1,600 series, and as many tickers. */
const PLAY_MS = 60_000;

interface Server {
  readonly process: ChildProcess;
  readonly streamUrl: string;
  readonly restUrl: string;
  readonly startMs: number;
}

/** Somebody who listens. */
interface Client {
  readonly messageCount: () => number;
  /** Throws where what was received isn't what was sent. */
  check(played: Played): void;
  close(): Promise<void>;
}

/** Processor time of a message, ours beside `ws` and `JSON.parse` alone. */
export async function run(): Promise<readonly Table[]> {
  const server = await startServer();
  const floor = 'ws and JSON.parse';
  const figures = await compare(
    [
      {name: floor, role: 'floor', sample: () => sample(server, openFloor)},
      {name: 'threadtally', role: 'ours', sample: () => sample(server, openFeed)},
    ],
    ROUNDS,
  );
  server.process.disconnect();
  await once(server.process, 'exit');
  return [
    {
      id: 'market-feed',
      title: 'Market feed, a message, 400 symbols x 4 intervals, 2 connections',
      unit: 'µs',
      figures,
      goals: [atMost(figures, {of: 'threadtally', times: 1.5, than: floor})],
      notes: [
        "Processor time of the client's process, from the first message of a minute of market time to the last; the exchange runs in another process.",
        'Klines and 24-hour tickers, as the machine asks for them: 2,000 streams.',
      ],
    },
  ];
}

async function startServer(): Promise<Server> {
  const process = fork(SERVER);
  const [hello] = await once(process, 'message');
  return {process, ...hello};
}

async function sample(server: Server, open: (server: Server) => Promise<Client>): Promise<number> {
  const client = await open(server);
  const before = client.messageCount();
  let played: Played | undefined;
  server.process.once('message', message => {
    played = message as Played;
  });
  const ms = await cpuMsUntil(async () => {
    server.process.send({playMs: PLAY_MS});
    while (!played || client.messageCount() - before < played.klines + played.tickers) {
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  });
  const {klines, tickers} = played as unknown as Played;
  client.check({klines, tickers});
  await client.close();
  return (ms * 1_000) / (klines + tickers);
}

/** Two sockets, a parse each message, and a look at what it is. */
async function openFloor({streamUrl, restUrl}: Server): Promise<Client> {
  const answer = await fetch(`${restUrl}/api/v3/ticker/24hr`);
  const names = ((await answer.json()) as {symbol: string}[]).map(({symbol}) => symbol);
  const streams = names.flatMap(name => [
    `${name.toLowerCase()}@ticker`,
    ...INTERVALS.map(interval => `${name.toLowerCase()}@kline_${interval}`),
  ]);
  const got = {kline: 0, '24hrTicker': 0};
  const share = Math.ceil(streams.length / 2);
  const sockets = await Promise.all(
    [streams.slice(0, share), streams.slice(share)].map(async params => {
      const socket = new WebSocket(`${streamUrl}/stream`, {perMessageDeflate: false});
      await once(socket, 'open');
      socket.send(JSON.stringify({method: 'SUBSCRIBE', params, id: 1}));
      await once(socket, 'message');
      socket.on('message', data => {
        const {e} = JSON.parse(data.toString()).data as {e: keyof typeof got};
        got[e] += 1;
      });
      return socket;
    }),
  );
  return {
    messageCount: () => got.kline + got['24hrTicker'],
    check({klines, tickers}) {
      expectEqual(`${got.kline} ${got['24hrTicker']}`, `${klines} ${tickers}`, 'what came');
    },
    async close() {
      await Promise.all(
        sockets.map(socket => {
          socket.close();
          return once(socket, 'close');
        }),
      );
    },
  };
}

class CountingMeter extends FeedMeter {
  messageCount = 0;

  override message(...[type]: Parameters<FeedMeter['message']>): void {
    super.message(type);
    this.messageCount += 1;
  }
}

/** Our feed as the machine runs it, with its store and its metrics. */
async function openFeed({streamUrl, restUrl}: Server): Promise<Client> {
  const hub = new MetricsHub();
  const metrics = bindCatalogue(hub.recorder);
  const store = new KlineStore();
  const klines = new MeasuredKlines({store, metrics, clock: Date.now});
  const meter = new CountingMeter(metrics);
  const feed = new BinanceFeed({
    streamUrl,
    restUrl,
    intervals: INTERVALS,
    symbols: SYMBOL_COUNT,
    historyCandles: 2,
    klines,
    meter,
    clock: SYSTEM_CLOCK,
    // The simulated market begins years before today, and then a minute passes in a second.
    limits: {requestsMax: 1_000, futureMsMax: 1e12, restWeightShare: 1},
  });
  await feed.start();
  while (feed.state !== 'connected') await new Promise(resolve => setTimeout(resolve, 5));
  expectEqual(feed.connectionCount, 2, 'connections');
  const pageTotal = (name: string) => {
    const lines = Buffer.from(hub.renderPage().body).toString().split('\n');
    const values = lines.filter(line => line.startsWith(`${name}{`));
    return values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  const loaded = pageTotal('kline_updates_total');
  return {
    messageCount: () => meter.messageCount,
    check(played) {
      expectEqual(pageTotal('kline_updates_total') - loaded, played.klines, 'updates taken');
      expectEqual(pageTotal('binance_ticker_updates_total'), played.tickers, 'tickers taken');
      expectEqual(pageTotal('kline_parse_errors_total'), 0, 'parse errors');
    },
    async close() {
      feed.stop();
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const table of await run()) process.stdout.write(`${textOf(table)}\n`);
}
