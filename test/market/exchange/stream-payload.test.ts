import {readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import test from 'ava';
import {SIMULATION_START_MS} from '../../../src/market/simulated-market.js';
import {startExchange} from '../../support/exchange.js';
import {recordingPath, testWithRecordings} from '../../support/recordings.js';

type Fields = Record<string, unknown>;

/** Each field with the type of its value, in the order in which they come; numbers as texts apart from other texts. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) return 'decimal';
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.entries(value).map(([name, field]) => [name, shapeOf(field)]);
}

/** Recorded frames of spot streams, whole as they came. */
function recordedFrames(file: string): Fields[] {
  const text = gunzipSync(readFileSync(recordingPath('market-data', 'ws', file))).toString();
  return text.split('\n').flatMap(line => {
    const [, frame] = /^[\d.]+: (\{.*)$/.exec(line) ?? [];
    return frame === undefined ? [] : [JSON.parse(frame) as Fields];
  });
}

function singleFrames(): Fields[] {
  const file = recordingPath('market-data', 'ws', 'frames.ndjson.gz');
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
  return lines
    .map(line => JSON.parse(line) as {src: string; raw: string})
    .filter(({src}) => !src.includes('Futures'))
    .flatMap(({raw}) => {
      try {
        return [JSON.parse(raw) as Fields];
      } catch {
        return [];
      }
    });
}

const eventOf = (frame: Fields) => (frame.data as Fields | undefined)?.e;

testWithRecordings('kline frames have the recorded ones’ fields, in their order', async t => {
  const recorded = [
    ...recordedFrames('cryptofeed-spot-2021-04-04-btc-eth-dot-usdt.raw.txt.gz'),
    ...recordedFrames('cryptofeed-binancetr-2023-04-10.raw.txt.gz'),
  ].filter(frame => eventOf(frame) === 'kline');
  t.true(recorded.length > 118);
  const shapes = new Set(recorded.map(frame => JSON.stringify(shapeOf(frame))));
  t.is(shapes.size, 1);
  const {exchange, connect} = await startExchange(t, {marketOptions: {pausesPerDay: 200}});
  const client = await connect('/stream?streams=btcusdt@kline_1m/btcusdt@kline_5m');
  await exchange.play(exchange.timeMs + 1_800_000);
  await client.until(exchange.counts().klinesSent!);
  t.true(client.frames.length > 100);
  for (const frame of client.frames) t.true(shapes.has(JSON.stringify(shapeOf(frame))));
});

testWithRecordings('a minute without trades is told as the recorded ones are', async t => {
  const isQuiet = (frame: Fields) => {
    const k = (frame.data as {k?: Fields}).k;
    return k?.n === 0;
  };
  const recorded = recordedFrames('cryptofeed-binancetr-2023-04-10.raw.txt.gz').filter(isQuiet);
  t.true(recorded.length > 0);
  const {exchange, connect} = await startExchange(t, {marketOptions: {pausesPerDay: 200}});
  const client = await connect('/stream?streams=btcusdt@kline_1m');
  await exchange.play(exchange.timeMs + 3_600_000);
  await client.until(exchange.counts().klinesSent!);
  const quiet = (client.frames as Fields[]).filter(isQuiet);
  t.true(quiet.length > 0);
  for (const frame of [...recorded, ...quiet]) {
    const {f, L, o, h, l, c, v, q} = (frame.data as {k: Fields}).k;
    t.deepEqual({f, L}, {f: -1, L: -1});
    t.deepEqual([h, l, c], [o, o, o]);
    t.deepEqual([Number(v), Number(q)], [0, 0]);
  }
  // Both tell such a minute when it begins and when it ends, and not in between.
  const {data: last} = quiet.findLast(frame => (frame.data as {k: Fields}).k.x === true) as {
    data: {k: Fields};
  };
  const ofMinute = (client.frames as {data: {k: Fields}}[]).filter(
    ({data}) => data.k.t === last.k.t,
  );
  t.deepEqual(
    ofMinute.map(({data}) => data.k.x),
    [false, true],
  );
  const recordedStates = new Set(recorded.map(frame => (frame.data as {k: Fields}).k.x));
  t.deepEqual([...recordedStates].sort(), [false, true]);
});

testWithRecordings('tickers have the recorded ones’ fields, in their order', async t => {
  const frames = singleFrames();
  const ticker = frames.find(frame => eventOf(frame) === '24hrTicker');
  const mini = frames.find(frame => eventOf(frame) === '24hrMiniTicker');
  const all = frames.find(
    frame => Array.isArray(frame) && (frame[0] as Fields).e === '24hrMiniTicker',
  ) as unknown as Fields[];
  const {exchange, connect} = await startExchange(t);
  const client = await connect('/stream?streams=btcusdt@ticker/btcusdt@miniTicker');
  const everything = await connect('/ws/!miniTicker@arr');
  exchange.advance(exchange.timeMs + 2_000);
  await Promise.all([client.until(2), everything.until(1)]);
  const [first, second] = client.frames as [Fields, Fields];
  t.deepEqual(shapeOf(first), shapeOf(ticker));
  t.deepEqual(shapeOf(second), shapeOf(mini));
  const [list] = everything.frames as [Fields[]];
  t.is(list.length, 3);
  for (const one of list) t.deepEqual(shapeOf(one), shapeOf(all[0]));
});

test('trades are numbered on, and alike in all intervals', async t => {
  const {exchange, connect} = await startExchange(t);
  const client = await connect('/stream?streams=btcusdt@kline_1m/btcusdt@kline_5m');
  await exchange.play(exchange.timeMs + 600_000);
  await client.until(exchange.counts().klinesSent!);
  const closed = (client.frames as {data: {k: Record<string, number | boolean | string>}}[])
    .map(({data}) => data.k)
    .filter(({x}) => x === true);
  const minutes = closed.filter(({i}) => i === '1m');
  minutes.forEach((k, index) => {
    t.is(Number(k.L) - Number(k.f) + 1, k.n as number);
    if (index > 0) t.is(k.f, Number(minutes[index - 1]!.L) + 1);
  });
  const five = closed.find(({i, t: openTime}) => i === '5m' && openTime === SIMULATION_START_MS)!;
  t.is(five.f, minutes[0]!.f);
  t.is(five.L, minutes[4]!.L);
});

test('an exchange with an equal seed tells the very same frames', async t => {
  const texts = await Promise.all(
    [7, 7, 8].map(async seed => {
      const {exchange, connect} = await startExchange(t, {marketOptions: {seed, pausesPerDay: 50}});
      const client = await connect(
        '/stream?streams=btcusdt@kline_1m/ethusdt@ticker/!miniTicker@arr',
      );
      await exchange.play(exchange.timeMs + 120_000);
      await client.flush();
      return client.texts;
    }),
  );
  t.true(texts[0]!.length > 100);
  t.deepEqual(texts[0], texts[1]);
  t.notDeepEqual(texts[0], texts[2]);
});
