import test from 'ava';
import type {Kline, KlineInterval} from '../../src/market/kline.js';
import {type RecordedSeries, Replay, type ReplayMoment} from '../../src/market/replay.js';
import {candleAt} from '../support/candles.js';
import {recordingPath, testWithRecordings} from '../support/recordings.js';

function seriesOf(symbol: string, interval: KlineInterval, positions: number[]): RecordedSeries {
  return {symbol, interval, klines: positions.map(position => candleAt(position, 100, interval))};
}

async function collect(replay: Replay, signal?: AbortSignal): Promise<ReplayMoment[]> {
  const moments: ReplayMoment[] = [];
  for await (const moment of replay.moments(signal)) moments.push(moment);
  return moments;
}

function named(moment: ReplayMoment): string[] {
  return moment.closed.map(({symbol, interval}) => `${symbol} ${interval}`);
}

test('moments() merges all series by close time', async t => {
  const replay = new Replay([
    seriesOf('A', '15m', [0]),
    seriesOf('A', '5m', [1, 2, 3]),
    seriesOf('B', '5m', [2, 4]),
  ]);
  const moments = await collect(replay);
  t.is(replay.momentCount, 4);
  t.deepEqual(moments.map(named), [['A 5m'], ['A 15m', 'A 5m', 'B 5m'], ['A 5m'], ['B 5m']]);
  t.deepEqual(
    moments.map(({timeMs}) => timeMs),
    [1, 2, 3, 4].map(position => candleAt(position)[6]),
  );
  t.deepEqual(
    moments.map(({progress}) => progress),
    [0.25, 0.5, 0.75, 1],
  );
});

test('moments() makes tickers of the finest series that has begun, and of it alone', async t => {
  const replay = new Replay([seriesOf('A', '15m', [0, 1]), seriesOf('A', '5m', [4, 5, 6])]);
  const moments = await collect(replay);
  t.deepEqual(
    moments.map(moment => [named(moment).join(), moment.tickers.map(ticker => ticker.q).join()]),
    [
      ['A 15m', '750.0000'],
      ['A 5m', '750.0000'],
      ['A 15m,A 5m', '1500.0000'],
      ['A 5m', '2250.0000'],
    ],
  );
});

test('moments() falls back to a coarser series a day after the finer one has ended', async t => {
  const replay = new Replay([seriesOf('A', '1h', [0, 23, 24]), seriesOf('A', '5m', [11])]);
  const tickers = (await collect(replay)).map(moment => moment.tickers.length);
  t.deepEqual(tickers, [1, 0, 1]);
});

test('moments() gives the last close verbatim', async t => {
  const kline = candleAt(0).with(4, '0.40060000') as Kline;
  const [moment] = await collect(new Replay([{symbol: 'A', interval: '5m', klines: [kline]}]));
  t.is(moment?.tickers[0]?.c, '0.40060000');
  t.is(moment?.closed[0]?.kline, kline);
});

test('moments() starts anew with each call', async t => {
  const replay = new Replay([seriesOf('A', '5m', [0, 1, 2])]);
  t.deepEqual(await collect(replay), await collect(replay));
});

test('moments() of nothing is empty', async t => {
  t.deepEqual(await collect(new Replay([])), []);
});

/** A clock that only sleeping and `busyMs` move. */
function createPace() {
  const pace = {nowMs: 5_000, sleeps: [] as number[]};
  const options = {
    clock: () => pace.nowMs,
    sleep: async (ms: number) => {
      pace.sleeps.push(ms);
      pace.nowMs += ms;
    },
  };
  return {pace, options};
}

test('moments() keeps the pace of `speed` times real time', async t => {
  const {pace, options} = createPace();
  await collect(new Replay([seriesOf('A', '5m', [0, 1, 3])], {speed: 10, ...options}));
  t.deepEqual(pace.sleeps, [30_000, 60_000]);
});

test('moments() gives overdue moments at once and skips none', async t => {
  const {pace, options} = createPace();
  const positions: number[] = [];
  const replay = new Replay([seriesOf('A', '5m', [0, 1, 2, 3])], {speed: 1, ...options});
  for await (const {progress} of replay) {
    positions.push(progress);
    if (progress === 0.25) pace.nowMs += 700_000;
  }
  t.deepEqual(positions, [0.25, 0.5, 0.75, 1]);
  t.deepEqual(pace.sleeps, [200_000]);
});

test('moments() sleeps a long gap in parts', async t => {
  const {pace, options} = createPace();
  await collect(new Replay([seriesOf('A', '1h', [0, 3])], {speed: 0.5, ...options}));
  t.deepEqual(pace.sleeps, [3_600_000, 3_600_000, 3_600_000, 3_600_000, 3_600_000, 3_600_000]);
});

test('moments() ends when the signal aborts, in the midst of a real sleep too', async t => {
  const abort = new AbortController();
  const replay = new Replay([seriesOf('A', '1h', [0, 1])], {speed: 1});
  const moments = replay.moments(abort.signal);
  t.false((await moments.next()).done);
  const next = moments.next();
  abort.abort();
  t.true((await next).done);
  t.deepEqual(await collect(new Replay([seriesOf('A', '1h', [0, 1])]), abort.signal), []);
});

test('moments() passes on an error of the sleep', async t => {
  const sleep = () => Promise.reject(new Error('no timer'));
  const replay = new Replay([seriesOf('A', '5m', [0, 1])], {speed: 1, clock: () => 0, sleep});
  await t.throwsAsync(collect(replay), {message: 'no timer'});
});

test('moments() lets the event loop turn at full speed', async t => {
  const positions = Array.from({length: 1_000}, (_, position) => position);
  let turns = 0;
  const count = () => {
    turns += 1;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  await collect(new Replay([seriesOf('A', '5m', positions)]));
  clearImmediate(immediate);
  t.true(turns >= 10, `${turns}`);
});

test('new Replay() refuses a speed that is no positive number', t => {
  for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => new Replay([], {speed}), {
      instanceOf: TypeError,
      message: `Expected \`speed\` to be a positive number or 'max', got \`${speed}\``,
    });
  }
});

testWithRecordings('load() and moments() replay every recorded candle once, in order', async t => {
  const replay = await Replay.load(
    recordingPath('market-data', 'klines', 'spot-12field-static-klines'),
  );
  t.is(replay.series.length, 20);
  let candleCount = 0;
  let timeBefore = 0;
  let last: ReplayMoment | undefined;
  for await (const moment of replay) {
    if (moment.timeMs <= timeBefore) t.fail(`${moment.timeMs} after ${timeBefore}`);
    timeBefore = moment.timeMs;
    candleCount += moment.closed.length;
    last = moment;
  }
  t.is(candleCount, 10 * (11_057 + 8_740));
  t.is(last?.progress, 1);
  const doge = replay.series.find(
    ({symbol, interval}) => symbol === 'DOGEUSDT' && interval === '15m',
  );
  const day = doge!.klines.slice(-96);
  const change = (Number(day.at(-1)![4]) / Number(day[0]![1]) - 1) * 100;
  const quote = day.reduce((total, kline) => total + Number(kline[7]), 0);
  const ticker = last?.tickers.find(({s}) => s === 'DOGEUSDT');
  t.deepEqual(ticker, {
    s: 'DOGEUSDT',
    P: change.toFixed(3),
    c: day.at(-1)![4],
    q: quote.toFixed(4),
  });
});
