import test from 'ava';
import type {MarketEvent} from '../../src/market/feed.js';
import {INTERVAL_MS, type Kline, type KlineInterval} from '../../src/market/kline.js';
import {KlineStore} from '../../src/market/kline-store.js';
import {
  SIMULATION_START_MS,
  SimulatedMarket,
  type SimulatedMarketOptions,
} from '../../src/market/simulated-market.js';

const HOUR_MS = 3_600_000;
const START_MS = SIMULATION_START_MS + 7 * 60_000 + 4_321;
const OPTIONS: SimulatedMarketOptions = {
  symbols: 2,
  intervals: ['5m', '15m', '1h'],
  historyCandles: 30,
  startMs: START_MS,
};

/** All closed candles of one series: the history and what `events` add to it. */
function closedOf(
  market: SimulatedMarket,
  events: MarketEvent[],
  symbol: string,
  interval: string,
) {
  const history = market
    .history()
    .find(series => series.symbol === symbol && series.interval === interval);
  const live = events.flatMap(event => {
    if (event.kind !== 'kline' || !event.closed) return [];
    return event.symbol === symbol && event.interval === interval ? [event.kline] : [];
  });
  return [...(history?.klines ?? []), ...live];
}

function sum(klines: Kline[], field: number): number {
  return klines.reduce((total, kline) => total + Number(kline[field]), 0);
}

test('advance() is equal for equal options, in whatever portions', t => {
  const whole = new SimulatedMarket(OPTIONS);
  const portions = new SimulatedMarket(OPTIONS);
  t.deepEqual(whole.history(), portions.history());
  const events = whole.advance(START_MS + HOUR_MS / 4);
  const pieces = [1, 2_000, 61_003, 400_000, HOUR_MS / 4].flatMap(ms =>
    portions.advance(START_MS + ms),
  );
  t.deepEqual(pieces, events);
  t.is(portions.timeMs, whole.timeMs);
});

test('advance() differs for another seed', t => {
  const events = [1, 2].map(seed =>
    new SimulatedMarket({...OPTIONS, seed}).advance(START_MS + 60_000),
  );
  t.notDeepEqual(events[0], events[1]);
});

test('advance() makes flat candles of minutes without a trade, where pauses are asked for', t => {
  const options: SimulatedMarketOptions = {symbols: 3, intervals: ['1m', '5m'], historyCandles: 5};
  const isFlat = (event: MarketEvent) =>
    event.kind === 'kline' && event.closed && event.kline[8] === 0;
  const toMs = SIMULATION_START_MS + 2 * HOUR_MS;
  const busy = new SimulatedMarket(options).advance(toMs);
  t.false(busy.some(isFlat));
  const market = new SimulatedMarket({...options, pausesPerDay: 100});
  const events = market.advance(toMs);
  t.true(events.some(isFlat));
  const minutes = closedOf(market, events, 'BTCUSDT', '1m');
  minutes.forEach((kline, index) => {
    const before = minutes[index - 1];
    if (kline[8] > 0 || before === undefined) return;
    const [, open, high, low, close, volume, , quoteVolume] = kline;
    t.deepEqual([open, high, low, close], Array(4).fill(before[4]));
    t.is(Number(volume) + Number(quoteVolume), 0);
  });
});

test('advance() gives a symbol the same fate in any company', t => {
  const alone = new SimulatedMarket({...OPTIONS, symbols: ['ETHUSDT']});
  const both = new SimulatedMarket({...OPTIONS, symbols: ['XYZUSDT', 'ETHUSDT']});
  const ofEth = both.history().filter(({symbol}) => symbol === 'ETHUSDT');
  t.deepEqual(alone.history(), ofEth);
});

test('advance() reports in the order of time and goes no further than asked', t => {
  const market = new SimulatedMarket(OPTIONS);
  const events = market.advance(START_MS + 10_000);
  const times = events.map(event => event.timeMs);
  t.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  t.true(times.every(timeMs => timeMs > START_MS - 2_000 && timeMs <= START_MS + 10_000));
  t.is(events.length, 5 * 2 * (3 + 1));
  t.deepEqual(market.advance(START_MS), []);
});

test('history() and advance() give whole candles: no gap, high and low around open and close', t => {
  const market = new SimulatedMarket(OPTIONS);
  const events = market.advance(START_MS + 2 * HOUR_MS);
  for (const interval of OPTIONS.intervals ?? []) {
    const klines = closedOf(market, events, 'BTCUSDT', interval);
    t.true(klines.length >= 30 + (2 * HOUR_MS) / INTERVAL_MS[interval] - 1);
    for (const [index, kline] of klines.entries()) {
      const [open, high, low, close, volume] = kline.slice(1, 6).map(Number) as [
        number,
        number,
        number,
        number,
        number,
      ];
      t.true(high >= Math.max(open, close) && low <= Math.min(open, close) && low > 0);
      t.true(volume > 0 && volume >= Number(kline[9]) && Number(kline[7]) >= Number(kline[10]));
      t.is(kline[6], kline[0] + INTERVAL_MS[interval] - 1);
      const before = klines[index - 1];
      if (before) t.is(kline[0] - before[0], INTERVAL_MS[interval]);
    }
  }
});

const nested: [KlineInterval, KlineInterval][] = [
  ['5m', '15m'],
  ['15m', '1h'],
];
for (const [fine, coarse] of nested) {
  test(`history() and advance() make a ${coarse} candle of the trades of its ${fine} candles`, t => {
    const market = new SimulatedMarket(OPTIONS);
    const events = market.advance(START_MS + 2 * HOUR_MS);
    const parts = closedOf(market, events, 'ETHUSDT', fine);
    let compared = 0;
    for (const kline of closedOf(market, events, 'ETHUSDT', coarse)) {
      const within = parts.filter(part => part[0] >= kline[0] && part[6] <= kline[6]);
      if (within.length < INTERVAL_MS[coarse] / INTERVAL_MS[fine]) continue;
      compared += 1;
      t.is(kline[1], within[0]?.[1] ?? '');
      t.is(Number(kline[2]), Math.max(...within.map(part => Number(part[2]))));
      t.is(Number(kline[3]), Math.min(...within.map(part => Number(part[3]))));
      t.is(kline[4], within.at(-1)?.[4] ?? '');
      for (const field of [5, 7, 9, 10]) {
        const decimals = kline[field]?.toString().split('.')[1]?.length ?? 0;
        t.is(kline[field], sum(within, field).toFixed(decimals));
      }
      t.is(kline[8], sum(within, 8));
    }
    t.true(compared >= 5, `${compared}`);
  });
}

test('history() keeps every series whole however far its intervals lie apart', t => {
  for (const historyCandles of [1, 10, 100]) {
    const intervals = ['1d', '1m', '1h'] as const;
    const market = new SimulatedMarket({...OPTIONS, symbols: 1, intervals, historyCandles});
    for (const {interval, klines} of market.history()) {
      t.is(klines.length, historyCandles);
      const intervalMs = INTERVAL_MS[interval];
      const endMs = (Math.floor(START_MS / intervalMs) - historyCandles) * intervalMs;
      t.deepEqual(
        klines.map(kline => kline[0]),
        klines.map((_, index) => endMs + index * intervalMs),
      );
    }
  }
});

test('history() and advance() fill a store without gaps, late or invalid candles', t => {
  const store = new KlineStore();
  const outcomes: Record<string, number> = {};
  const sink = {
    record(...[symbol, interval, kline, closed]: Parameters<KlineStore['record']>) {
      const {result} = store.record(symbol, interval, kline, closed);
      outcomes[result] = (outcomes[result] ?? 0) + 1;
    },
    recordTicker: store.recordTicker.bind(store),
  };
  const market = new SimulatedMarket(OPTIONS);
  for (const {symbol, interval, klines} of market.history()) {
    for (const kline of klines) sink.record(symbol, interval, kline, true);
  }
  for (const event of market.advance(START_MS + HOUR_MS)) {
    if (event.kind === 'ticker') sink.recordTicker(event.ticker);
    else sink.record(event.symbol, event.interval, event.kline, event.closed);
  }
  t.deepEqual(Object.keys(outcomes).sort(), ['appended', 'opened', 'updated']);
  t.true([...store.series()].every(series => series.missingCandles === 0));
  t.deepEqual([...store.tickers.keys()], ['BTCUSDT', 'ETHUSDT']);
});

test('tickers() follow the walk', t => {
  const market = new SimulatedMarket({...OPTIONS, historyCandles: 300});
  const events = market.advance(START_MS + 60_000);
  const last = events.findLast(event => event.kind === 'kline' && event.symbol === 'ETHUSDT');
  const ticker = market.tickers().find(({s}) => s === 'ETHUSDT');
  t.is(ticker?.c, last?.kind === 'kline' ? last.kline[4] : '');
  t.regex(String(ticker?.P), /^-?\d+\.\d{3}$/);
  t.true(Number(ticker?.q) > 0);
});

test('history() makes ordinary filters fire now and then', t => {
  const market = new SimulatedMarket({symbols: 5, intervals: ['5m'], historyCandles: 2_000});
  for (const {klines} of market.history()) {
    const closes = klines.map(kline => Number(kline[4]));
    const volumes = klines.map(kline => Number(kline[5]));
    const shareOf = (fires: (index: number) => boolean) =>
      klines.filter((_, index) => index >= 20 && fires(index)).length / klines.length;
    const breakouts = shareOf(
      index => closes[index]! > Math.max(...closes.slice(index - 20, index)),
    );
    const spikes = shareOf(index => {
      const mean = volumes.slice(index - 20, index).reduce((total, volume) => total + volume) / 20;
      return volumes[index]! > 2 * mean;
    });
    t.true(breakouts > 0.03 && breakouts < 0.4, `${breakouts}`);
    t.true(spikes > 0.005 && spikes < 0.2, `${spikes}`);
  }
});

test('new SimulatedMarket() names symbols beyond the known ones SIM021USDT and on', t => {
  const market = new SimulatedMarket({symbols: 22, intervals: ['1h'], historyCandles: 1});
  const names = market.tickers().map(ticker => ticker.s);
  t.deepEqual(
    [names[0], names[1], names[20], names[21]],
    ['BTCUSDT', 'ETHUSDT', 'SIM021USDT', 'SIM022USDT'],
  );
});

test('new SimulatedMarket() refuses options out of range', t => {
  const refused: [SimulatedMarketOptions, string][] = [
    [{symbols: 0}, 'Expected `symbols` to be 1 to 2000 different names, got 0: ``'],
    [{symbols: ['A', 'A']}, 'Expected `symbols` to be 1 to 2000 different names, got 2: `A, A`'],
    [{intervals: []}, 'Expected `intervals` to be 1 to 6 different names, got 0: ``'],
    [{historyCandles: 0}, 'Expected `historyCandles` to be an integer of at least 1, got `0`'],
    [{startMs: -1}, 'Expected `startMs` to be an integer of at least 0, got `-1`'],
    [{tickMs: 7_000}, 'Expected `tickMs` to divide 300000, got `7000`'],
  ];
  for (const [options, message] of refused) {
    t.throws(() => new SimulatedMarket(options), {instanceOf: TypeError, message});
  }
});
