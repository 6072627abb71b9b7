import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import {get} from 'node:http';
import {fileURLToPath} from 'node:url';
import {gunzipSync} from 'node:zlib';
import type {BlocksAnswer, BlocksKind, BlocksRequest} from './blocks-server.js';
import {type Contender, compare, expectEqual} from './measure.js';
import {BLOCK_SERIES as SERIES} from './series-shapes.js';
import {type Table, within} from './table.js';

const SERVER = fileURLToPath(new URL('./blocks-server.js', import.meta.url));
/** What the issue allows a page of this size to keep the main thread at a time. */
const BLOCK_MS_MAX = 10;

const TEXT = {};
const GZIP = {'accept-encoding': 'gzip'};
const OPEN_METRICS = {accept: 'application/openmetrics-text; version=1.0.0'};

type Headers = Readonly<Record<string, string>>;

/** A page of 100,000 lines over HTTP: for how long at a time it keeps the main thread. */
export async function run(): Promise<readonly Table[]> {
  const kinds: readonly BlocksKind[] = ['threadtally', 'prom-client 15', 'successor 0.16'];
  const servers = await Promise.all(kinds.map(kind => Server.start(kind)));
  const [ours, prom, next] = servers as [Server, Server, Server];
  const contenders: Contender[] = [
    {name: 'text', role: 'ours', sample: () => ours.blockMs(TEXT)},
    {name: 'text, gzip', role: 'ours', sample: () => ours.blockMs(GZIP)},
    {name: 'OpenMetrics', role: 'ours', sample: () => ours.blockMs(OPEN_METRICS)},
    {
      name: 'OpenMetrics, gzip',
      role: 'ours',
      sample: () => ours.blockMs({...OPEN_METRICS, ...GZIP}),
    },
    {name: 'text, first page', role: 'ours', sample: () => firstBlockMs(TEXT)},
    {
      name: 'OpenMetrics, gzip, first page',
      role: 'ours',
      sample: () => firstBlockMs({...OPEN_METRICS, ...GZIP}),
    },
    {name: 'prom-client 15, text', role: 'peer', sample: () => prom.blockMs(TEXT)},
    {name: 'prom-client 15, text, gzip', role: 'peer', sample: () => prom.blockMs(GZIP)},
    {name: 'successor 0.16, text', role: 'peer', sample: () => next.blockMs(TEXT)},
  ];
  try {
    for (const {sample} of contenders.slice(0, 4)) await sample();
    const figures = await compare(contenders);
    const ours = figures.filter(({role}) => role === 'ours');
    return [
      {
        id: 'blocks',
        title: `Longest block of the main thread during a scrape of ${SERIES.toLocaleString('en-US')} lines, all changed`,
        unit: 'ms',
        figures,
        goals: ours.map(({name}) => within(figures, name, BLOCK_MS_MAX, 'ms')),
        notes: [
          'The highest event-loop delay of the server’s process while it answers one request; the client is another process.',
          'A first page has 100,000 lines to lay out. What adding has just made is collected before: it takes V8 10 to 15 ms to move',
          '100,000 series that were made at once, whoever allocates next. The peers serve on node:http and compress in zlib’s threads, as ours does.',
        ],
      },
    ];
  } finally {
    for (const server of servers) server.stop();
  }
}

/** In a process of its own each: nothing is laid out, and no code is warm. */
async function firstBlockMs(headers: Headers): Promise<number> {
  const server = await Server.start('threadtally');
  const ms = await server.blockMs(headers);
  server.stop();
  return ms;
}

class Server {
  readonly #child: ChildProcess;
  readonly #port: number;
  #adds = 0;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
  }

  static async start(kind: BlocksKind): Promise<Server> {
    const child = fork(SERVER, [kind], {execArgv: ['--expose-gc']});
    const [first] = (await once(child, 'message')) as [BlocksAnswer];
    return new Server(child, 'port' in first ? first.port : 0);
  }

  async blockMs(headers: Headers): Promise<number> {
    this.#adds++;
    await this.#ask('add');
    const page = await pageAt(this.#port, headers);
    const said = await this.#ask('read');
    const text = page[0] === 0x1f ? gunzipSync(page).toString() : page.toString();
    expectEqual(valuesOf(text), `${SERIES} of ${this.#adds}`, JSON.stringify(headers));
    return 'blockMs' in said ? said.blockMs : Number.NaN;
  }

  stop(): void {
    this.#child.disconnect();
  }

  async #ask(request: BlocksRequest): Promise<BlocksAnswer> {
    const answer = once(this.#child, 'message');
    this.#child.send(request);
    const [said] = (await answer) as [BlocksAnswer];
    return said;
  }
}

/** The body as it was sent, compressed or not. */
async function pageAt(port: number, headers: Headers): Promise<Buffer> {
  const request = get({port, host: '127.0.0.1', path: '/metrics', headers});
  const [response] = await once(request, 'response');
  const isGzip = response.headers['content-encoding'] === 'gzip';
  expectEqual(isGzip, headers['accept-encoding'] === 'gzip', 'the encoding');
  return Buffer.concat(await response.toArray());
}

/** How many samples stand on a page, and which value all of them have: `100000 of 3`. */
function valuesOf(page: string): string {
  const values = [...page.matchAll(/^requests_total\{[^}]*\} +(\S+)/gm)].map(([, value]) => value);
  return `${values.length} of ${[...new Set(values)].join(' and ')}`;
}
