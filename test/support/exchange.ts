import {once} from 'node:events';
import type {ExecutionContext} from 'ava';
import {
  SimulatedExchange,
  type SimulatedExchangeOptions,
} from '../../src/market/exchange/simulated-exchange.js';
import {SimulatedMarket, type SimulatedMarketOptions} from '../../src/market/simulated-market.js';
import {WebSocket} from '../../src/web-socket.js';

/** A clock that stands until it is set on. */
export class HandClock {
  nowMs = 1_000_000_020_000;
  readonly read = () => this.nowMs;
}

export interface TestedExchange {
  exchange: SimulatedExchange;
  clock: HandClock;
  /** An answer of REST. */
  get(path: string): Promise<{status: number; headers: Headers; body: unknown}>;
  connect(path: string): Promise<RawClient>;
}

/** An exchange on a free port whose clock and market stand still until they are moved on. */
export async function startExchange(
  t: ExecutionContext,
  {
    market,
    ...options
  }: Partial<SimulatedExchangeOptions> & {marketOptions?: SimulatedMarketOptions} = {},
): Promise<TestedExchange> {
  const clock = new HandClock();
  const {marketOptions = {}, ...others} = options;
  const exchange = new SimulatedExchange({
    market:
      market ??
      new SimulatedMarket({
        symbols: 3,
        intervals: ['1m', '5m'],
        historyCandles: 50,
        ...marketOptions,
      }),
    speed: 0,
    clock: clock.read,
    repeat: () => () => undefined,
    ...others,
  });
  await exchange.listen();
  t.teardown(() => exchange.close());
  return {
    exchange,
    clock,
    get: async path => {
      const response = await fetch(`${exchange.restUrl}${path}`);
      const body: unknown = await response.json();
      return {status: response.status, headers: response.headers, body};
    },
    connect: path => RawClient.open(t, `${exchange.streamUrl}${path}`),
  };
}

/** A bare socket that keeps all it gets. */
export class RawClient {
  readonly socket: WebSocket;
  /** Every text so far, in the order of coming. */
  readonly texts: string[] = [];
  /** Payloads of the pings so far. */
  readonly pings: string[] = [];

  static async open(t: ExecutionContext, url: string): Promise<RawClient> {
    const client = new RawClient(new WebSocket(url));
    t.teardown(() => client.socket.terminate());
    await once(client.socket, 'open');
    return client;
  }

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', data => this.texts.push(String(data)));
    socket.on('ping', payload => this.pings.push(String(payload)));
    // The close that follows says enough.
    socket.on('error', () => undefined);
  }

  /** All texts as JSON. */
  get frames(): unknown[] {
    return this.texts.map(text => JSON.parse(text));
  }

  /** Resolves once so many texts have come. */
  async until(count: number): Promise<void> {
    while (this.texts.length < count) await once(this.socket, 'message');
  }

  /** Sends a request; resolves with the next text that is an answer. */
  async request(request: unknown): Promise<unknown> {
    let seen = this.texts.length;
    this.socket.send(typeof request === 'string' ? request : JSON.stringify(request));
    for (;;) {
      // Several texts may come in one turn, of which `once` tells the first.
      for (; seen < this.texts.length; seen += 1) {
        const answer = answerOf(this.texts[seen]!);
        if (answer !== undefined) return answer;
      }
      await once(this.socket, 'message');
    }
  }

  /** Resolves once all that was sent before has come: requests are answered in their turn. */
  async flush(): Promise<void> {
    await this.request({method: 'LIST_SUBSCRIPTIONS', id: 'flush'});
  }

  /** The code that it is closed with. */
  async closed(): Promise<number> {
    const [code] = await once(this.socket, 'close');
    return code as number;
  }
}

/** The answer that a text is; undefined for a frame, whole or broken. */
function answerOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    const isAnswer =
      typeof value === 'object' && value !== null && ('result' in value || 'code' in value);
    return isAnswer ? value : undefined;
  } catch {
    return undefined;
  }
}
