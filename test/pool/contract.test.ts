import {EventEmitter} from 'node:events';
import test from 'ava';
import {ScreenerPool} from '../../src/pool/screener-pool.js';
import {sampleKey} from '../support/exposition.js';
import {fillStore, startMachine, traderOf} from '../support/machine.js';

/** The interfaces of the screener that the pool drops into, word for word: its program has types of its own. */
type TheirInterval = '1m' | '5m' | '15m' | '1h' | '4h' | '1d';
type TheirKline = [
  openTime: number,
  open: string,
  high: string,
  low: string,
  close: string,
  volume: string,
  closeTime: number,
  quoteAssetVolume: string,
  numberOfTrades: number,
  takerBuyBase: string,
  takerBuyQuote: string,
  ignore: string,
];
interface TheirTicker {
  s: string;
  P: string;
  c: string;
  q: string;
  // biome-ignore lint/suspicious/noExplicitAny: so it stands there.
  [key: string]: any;
}
interface TheirTrader {
  id: string;
  name: string;
  enabled: boolean;
  filter: {
    code: string;
    refreshInterval?: TheirInterval;
    requiredTimeframes?: TheirInterval[];
    description?: string;
  };
  createdBy?: string;
}
interface TheirMarket {
  symbols: string[];
  tickers: Map<string, TheirTicker>;
  klines: Map<string, Map<TheirInterval, TheirKline[]>>;
  timestamp: number;
}
interface TheirResult {
  traderId: string;
  traderName: string;
  enabled: boolean;
  matches: {symbol: string; price: number; matchedConditions: string[]; timestamp?: number}[];
  continuingMatches?: number;
  error?: string;
  executionTime: number;
}

interface IParallelScreener {
  initialize(numWorkers: number): Promise<void>;
  executeFilters(
    traders: TheirTrader[],
    marketData: TheirMarket,
  ): Promise<Map<string, TheirResult>>;
  scaleWorkerPool(targetWorkers: number): Promise<void>;
  shutdown(): Promise<void>;
}

interface WithStats {
  getStats(): {
    totalWorkers: number;
    busyWorkers: number;
    queueDepth: number;
    pendingTasks: number;
    tasksProcessed: number;
  };
}

test('ScreenerPool is an IParallelScreener, tells its stats, and emits', async t => {
  // The compiler checks the assignment.
  const pool: IParallelScreener & WithStats & EventEmitter = new ScreenerPool();
  t.true(pool instanceof EventEmitter);
  t.deepEqual(pool.getStats(), {
    totalWorkers: 0,
    busyWorkers: 0,
    queueDepth: 0,
    pendingTasks: 0,
    tasksProcessed: 0,
  });
  await pool.shutdown();
});

for (const [options, message] of [
  [{workers: 0}, 'Expected 1 to 64 workers, got 0'],
  [{taskTimeoutMs: 0}, 'Expected `taskTimeoutMs` to be 1 to 2147483647, got `0`'],
  [{queueTasksMax: Number.NaN}, 'Expected `queueTasksMax` to be 1 to 1000000, got `NaN`'],
  [{workerHeapMb: 1}, 'Expected `workerHeapMb` to be 16 to 1000000, got `1`'],
  [{rowsCachedMax: 0}, 'Expected `rowsCachedMax` to be 1 to 1000000000, got `0`'],
  [{flushIntervalMs: -1}, 'Expected `flushIntervalMs` to be 0 to 2147483647, got `-1`'],
] as const) {
  test(`ScreenerPool refuses ${JSON.stringify(options)}`, t => {
    t.throws(() => new ScreenerPool(options), {instanceOf: RangeError, message});
  });
}

test('ScreenerPool refuses `rowsAreReplaced` that is neither true nor false', t => {
  t.throws(() => new ScreenerPool({rowsAreReplaced: 'yes' as never}), {
    instanceOf: TypeError,
    message: 'Expected `rowsAreReplaced` to be true or false, got `yes`',
  });
});

test('options that are undefined are left out', async t => {
  const undefinedOptions = {
    workers: undefined,
    taskTimeoutMs: undefined,
    rowsAreReplaced: undefined,
    onWarning: undefined,
  } as unknown as ConstructorParameters<typeof ScreenerPool>[0];
  const pool = new ScreenerPool(undefinedOptions);
  t.is(pool.getStats().totalWorkers, 0);
  await pool.shutdown(0);
  await t.throwsAsync(() => pool.initialize(1), {
    message: 'Expected a pool that is not shut down, got one that is',
  });
});

test('executeFilters() says what is no list of traders', async t => {
  const pool = new ScreenerPool();
  const market = {symbols: [], tickers: new Map(), klines: new Map(), timestamp: 0};
  for (const [traders, kind] of [
    [undefined, 'undefined'],
    [null, 'null'],
    [{}, 'object'],
  ] as const) {
    await t.throwsAsync(() => pool.executeFilters(traders as never, market), {
      instanceOf: TypeError,
      message: `Expected a list of traders, got \`${kind}\``,
    });
  }
});

test('initialize() without a number starts as many workers as the option says', async t => {
  const pool = new ScreenerPool({workers: 3});
  t.teardown(() => pool.shutdown(0));
  await pool.initialize();
  t.is(pool.getStats().totalWorkers, 3);
});

test('executeFilters() refuses traders that the queue has no room for, and says so', async t => {
  const {screen, store, samples, pool} = await startMachine(t, 1, {queueTasksMax: 3});
  fillStore(store, ['AUSDT']);
  const traders = Array.from({length: 5}, (_, i) => traderOf(`t${i}`, 'return true;'));
  const running = screen(traders);
  t.is(pool.getStats().queueDepth, 3);
  const behind = await Promise.all([running, screen(traders.slice(0, 2))]);
  const errors = behind.map(results => [...results.values()].map(({error}) => error ?? 'none'));
  const full = 'The queue is full: 3 tasks may wait';
  t.deepEqual(errors, [
    ['none', 'none', 'none', full, full],
    [full, full],
  ]);
  const refused = sampleKey('screener_tasks_refused_total', {reason: 'queue_full'});
  t.is(samples().get(refused), 4);
  t.is((await screen(traders.slice(0, 3))).get('t0')?.continuingMatches, 1, 'no place is lost');
  t.is(pool.getStats().pendingTasks, 0);
});

test('executeFilters() gives no result of one worker for that of another', async t => {
  const {screen, store} = await startMachine(t, 3);
  fillStore(store, ['AUSDT', 'BUSDT']);
  // The first takes longest, so that answers come in another order than tasks were given.
  const traders = Array.from({length: 12}, (_, i) =>
    traderOf(
      `t${i}`,
      `for (const start = Date.now(); Date.now() - start < ${i === 0 ? 60 : 1}; );
       return {match: true, conditions: ['t${i}']};`,
    ),
  );
  for (const {traderId, matches} of (await screen(traders)).values()) {
    t.deepEqual(
      matches.map(({matchedConditions}) => matchedConditions),
      [[traderId], [traderId]],
    );
  }
});

test('executeFilters() remembers the matches before an error, a runaway or a full queue', async t => {
  const {screen, store} = await startMachine(t, 1, {taskTimeoutMs: 4_000});
  fillStore(store, ['AUSDT']);
  const codes = ['return true;', 'return (;', 'return true;', 'for (;;);', 'return true;'];
  const seen: unknown[] = [];
  for (const code of codes) {
    const {matches, continuingMatches, error} = (await screen([traderOf('t', code)])).get('t')!;
    seen.push([matches.length, continuingMatches, error !== undefined]);
  }
  t.deepEqual(seen, [
    [1, 0, false],
    [0, 0, true],
    [0, 1, false],
    [0, 0, true],
    [0, 1, false],
  ]);
});

test('one slow trader holds up no others: they all run in the other worker meanwhile', async t => {
  const {screen, store, samples} = await startMachine(t, 2, {taskTimeoutMs: 10_000});
  fillStore(store, ['AUSDT']);
  const slow = traderOf('slow', 'for (;;);');
  const others = Array.from({length: 8}, (_, i) => traderOf(`t${i}`, 'return true;'));
  await screen(others);
  const running = screen([slow, ...others]);
  const screened = () =>
    others.map(({id, name}) =>
      samples().get(sampleKey('trader_screenings_total', {trader_id: id, trader_name: name})),
    );
  let isOver = false;
  const results = running.finally(() => {
    isOver = true;
  });
  while (!isOver && screened().some(count => count !== 2)) {
    await new Promise(resolve => setImmediate(resolve));
  }
  t.false(isOver, 'the slow one still runs');
  t.truthy((await results).get('slow')?.error);
});

test('executeFilters() says which part of the market is missing, and which state the pool is in', async t => {
  const pool = new ScreenerPool({workers: 1});
  t.teardown(() => pool.shutdown());
  const market = {symbols: [], tickers: new Map(), klines: new Map(), timestamp: 0};
  await t.throwsAsync(pool.executeFilters([], market), {
    message: 'Expected a pool that is initialized, got a call before initialize()',
  });
  const cases: [unknown, string][] = [
    [undefined, 'Expected `symbols` of the market to be a list, got `undefined`'],
    [
      {...market, symbols: undefined},
      'Expected `symbols` of the market to be a list, got `undefined`',
    ],
    [{...market, tickers: {}}, 'Expected `tickers` of the market to be a Map, got `object`'],
    [
      {...market, klines: {BTCUSDT: {}}},
      'Expected `klines` of the market to be a Map or a snapshot, got `object`',
    ],
    [
      {...market, klines: null},
      'Expected `klines` of the market to be a Map or a snapshot, got `null`',
    ],
  ];
  for (const [given, message] of cases) {
    await t.throwsAsync(pool.executeFilters([], given as typeof market), {
      instanceOf: TypeError,
      message,
    });
  }
});
