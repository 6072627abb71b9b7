import {readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import test from 'ava';
import {RecordedMarket} from '../../../src/market/exchange/recorded-market.js';
import type {Kline, KlineInterval} from '../../../src/market/kline.js';
import type {RecordedSeries} from '../../../src/market/replay.js';
import {SimulatedMarket} from '../../../src/market/simulated-market.js';
import {startExchange} from '../../support/exchange.js';
import {recordingPath, testWithRecordings} from '../../support/recordings.js';

type Fields = Record<string, unknown>;

interface Recorded {
  query: string;
  data: unknown;
}

const KLINES = '/api/v3/klines?symbol=BTCUSDT&interval=1m';

function recordedAnswers(file: string): Recorded[] {
  const bytes = readFileSync(recordingPath('market-data', 'rest', file));
  return JSON.parse(gunzipSync(bytes).toString()) as Recorded[];
}

/** The names and types of a row's fields, sorted: recorded rows come sorted too. */
function fieldsOf(row: unknown): [string, string][] {
  return Object.entries(row as Fields)
    .map(([name, value]): [string, string] => [name, typeof value])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * All recorded rows of an answer's series. Binance mended three days of 2019 between two recordings, so the answer's own rows
 * go before the others'.
 */
function seriesAround(answer: Recorded, answers: readonly Recorded[]): RecordedSeries {
  const seriesOf = ({query}: Recorded) => {
    const parameters = new URLSearchParams(query);
    return {
      symbol: parameters.get('symbol')!,
      interval: parameters.get('interval') as KlineInterval,
    };
  };
  const {symbol, interval} = seriesOf(answer);
  const same = answers.filter(other => {
    const series = seriesOf(other);
    return series.symbol === symbol && series.interval === interval;
  });
  const rows = [...same, answer].flatMap(({data}) => data as Kline[]);
  const klines = [...new Map(rows.map(kline => [kline[0], kline])).values()];
  return {symbol, interval, klines: klines.sort((a, b) => a[0] - b[0])};
}

testWithRecordings('klines answers each recorded query with the recorded rows', async t => {
  const answers = recordedAnswers('gct-api_v3_klines.json.gz');
  let rows = 0;
  for (const answer of answers.filter(one => one.query.includes('startTime'))) {
    const series = seriesAround(answer, answers);
    const startMs = series.klines.at(-1)![6] + 1;
    const {get} = await startExchange(t, {market: new RecordedMarket([series], {startMs})});
    const {status, body} = await get(`/api/v3/klines?${answer.query}`);
    t.is(status, 200);
    t.deepEqual(body, answer.data, answer.query);
    rows += (body as Kline[]).length;
  }
  t.is(rows, 60 + 1 + 365 + 372 + 1_000 + 468 + 168 + 366 + 366 + 176 + 6 + 24);
});

test('klines keeps to startTime, endTime and limit', async t => {
  const {exchange, get} = await startExchange(t, {
    marketOptions: {symbols: 1, intervals: ['1m'], historyCandles: 1_200},
  });
  await exchange.play(exchange.timeMs + 30_000);
  const all = exchange.klines('BTCUSDT', '1m');
  t.is(all.length, 1_201);
  t.true(all.at(-1)![6] > exchange.timeMs, 'the newest is open');
  const rows = async (rest: string) => (await get(`${KLINES}${rest}`)).body as Kline[];
  t.deepEqual(await rows(''), all.slice(-500));
  t.deepEqual(await rows('&limit=1000'), all.slice(-1_000));
  t.deepEqual(await rows('&limit=1001'), all.slice(-1_000));
  t.deepEqual(await rows('&limit=1'), all.slice(-1));
  t.deepEqual(await rows(`&startTime=${all[7]![0]}&limit=3`), all.slice(7, 10));
  t.deepEqual(await rows(`&startTime=${all[7]![0] + 1}&limit=3`), all.slice(8, 11));
  t.deepEqual(await rows(`&endTime=${all[7]![0]}&limit=3`), all.slice(5, 8));
  t.deepEqual(await rows(`&startTime=${all[7]![0]}&endTime=${all[9]![0]}`), all.slice(7, 10));
  t.deepEqual(
    await rows(`&startTime=${all[7]![0]}&endTime=${all[9]![0]}&limit=2`),
    all.slice(7, 9),
  );
  t.deepEqual(await rows(`&startTime=${all[9]![0]}&endTime=${all[7]![0]}`), []);
  t.deepEqual(await rows(`&startTime=${exchange.timeMs + 60_000}`), []);
  t.deepEqual(await rows('&timeZone=0'), all.slice(-500));
});

const WRONG: [path: string, code: number][] = [
  ['/api/v3/klines?interval=1m', -1102],
  ['/api/v3/klines?symbol=BTCUSDT', -1102],
  ['/api/v3/klines?symbol=&interval=1m', -1102],
  ['/api/v3/klines?symbol=btcusdt&interval=1m', -1100],
  ['/api/v3/klines?symbol=NOSUCH&interval=1m', -1121],
  ['/api/v3/klines?symbol=BTCUSDT&interval=7m', -1120],
  [`${KLINES}&limit=0`, -1130],
  [`${KLINES}&limit=ten`, -1100],
  [`${KLINES}&startTime=-1`, -1100],
  [`${KLINES}&endTime=1.5`, -1100],
  [`${KLINES}&limit=1&limit=2`, -1101],
  [`${KLINES}&colour=red`, -1104],
  [`${KLINES}&timeZone=8`, -1130],
  ['/api/v3/ticker/24hr?symbol=NOSUCH', -1121],
  ['/api/v3/ticker/24hr?symbol=BTCUSDT&symbols=["ETHUSDT"]', -1128],
  ['/api/v3/ticker/24hr?symbols=[]', -1130],
  ['/api/v3/ticker/24hr?symbols=BTCUSDT', -1130],
  ['/api/v3/ticker/24hr?type=TINY', -1130],
  ['/api/v3/exchangeInfo?symbol=NOSUCH', -1121],
];

test('a wrong request gets status 400 and Binance’s code', async t => {
  const {exchange, get} = await startExchange(t);
  for (const [path, code] of WRONG) {
    const {status, body} = await get(path);
    t.is(status, 400, path);
    t.is((body as Fields).code, code, path);
    t.is(typeof (body as Fields).msg, 'string');
  }
  t.is(exchange.counts().rest400, WRONG.length);
  t.is((await get('/api/v1/klines?symbol=BTCUSDT&interval=1m')).status, 404);
});

testWithRecordings('ticker/24hr has the recorded rows’ fields', async t => {
  const recorded = recordedAnswers('gct-api_v3_ticker_24hr.json.gz');
  const row = recorded.find(({query}) => query === 'symbol=BTCUSDT')!.data;
  const {get} = await startExchange(t);
  const {body: one} = await get('/api/v3/ticker/24hr?symbol=BTCUSDT');
  t.deepEqual(fieldsOf(one), fieldsOf(row));
  const {body: all} = await get('/api/v3/ticker/24hr');
  t.is((all as unknown[]).length, 3);
  t.deepEqual((all as unknown[])[0], one);
});

test('ticker/24hr tells what the candles of the last day add up to', async t => {
  const marketOptions = {symbols: 2, intervals: ['1m', '15m'] as const, historyCandles: 1_500};
  const {exchange, get} = await startExchange(t, {marketOptions});
  const twin = new SimulatedMarket(marketOptions);
  const toMs = exchange.timeMs + 150_000;
  await exchange.play(toMs);
  twin.advance(toMs);
  const {body} = await get('/api/v3/ticker/24hr?symbols=["ETHUSDT","BTCUSDT"]');
  const [eth, btc] = body as Record<string, string | number>[];
  t.is(eth!.symbol, 'ETHUSDT');
  const newest = exchange.klines('BTCUSDT', '1m').at(-1)!;
  const day = exchange.klines('BTCUSDT', '1m', {startTime: newest[6] + 1 - 86_400_000});
  t.is(day.length, 1_440);
  t.is(btc!.openPrice, day[0]![1]);
  t.is(btc!.lastPrice, newest[4]);
  t.is(Number(btc!.highPrice), Math.max(...day.map(kline => Number(kline[2]))));
  t.is(Number(btc!.lowPrice), Math.min(...day.map(kline => Number(kline[3]))));
  t.is(
    btc!.count,
    day.reduce((sum, kline) => sum + kline[8], 0),
  );
  // The market's own ticker is made by other code.
  const own = twin.tickers().find(({s}) => s === 'BTCUSDT')!;
  t.is(btc!.priceChangePercent, own.P);
  t.is(btc!.quoteVolume, own.q);
  t.is(btc!.closeTime, toMs);
});

test('ticker/24hr with type=MINI has less, and symbolStatus chooses', async t => {
  const {exchange, get} = await startExchange(t);
  exchange.setStatus('ETHUSDT', 'HALT');
  const {body} = await get('/api/v3/ticker/24hr?type=MINI&symbolStatus=TRADING');
  const rows = body as Fields[];
  t.deepEqual(
    rows.map(({symbol}) => symbol),
    ['BTCUSDT', 'BNBUSDT'],
  );
  t.false('priceChange' in rows[0]!);
  t.true('quoteVolume' in rows[0]!);
});

testWithRecordings('exchangeInfo has the recorded fields', async t => {
  const file = recordingPath('market-data', 'rest', 'exchangeInfo-spot-2021-10-12.json.gz');
  const recorded = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Fields;
  const {exchange, get} = await startExchange(t);
  exchange.setStatus('ETHUSDT', 'BREAK');
  const {body} = await get('/api/v3/exchangeInfo');
  t.deepEqual(fieldsOf(body), fieldsOf(recorded));
  const info = body as {symbols: Fields[]; rateLimits: Fields[]};
  t.deepEqual(fieldsOf(info.symbols[0]), fieldsOf((recorded.symbols as Fields[])[0]));
  t.deepEqual(fieldsOf(info.rateLimits[0]), fieldsOf((recorded.rateLimits as Fields[])[0]));
  t.deepEqual(
    info.symbols.map(({symbol, status, baseAsset, quoteAsset}) => [
      symbol,
      status,
      baseAsset,
      quoteAsset,
    ]),
    [
      ['BTCUSDT', 'TRADING', 'BTC', 'USDT'],
      ['ETHUSDT', 'BREAK', 'ETH', 'USDT'],
      ['BNBUSDT', 'TRADING', 'BNB', 'USDT'],
    ],
  );
  const limit = info.rateLimits.find(({rateLimitType}) => rateLimitType === 'REQUEST_WEIGHT')!;
  t.is(limit.limit, 6_000);
});

test('time tells the market’s time, and ping nothing', async t => {
  const {exchange, get} = await startExchange(t);
  exchange.advance(exchange.timeMs + 4_000);
  t.deepEqual((await get('/api/v3/time')).body, {serverTime: exchange.timeMs});
  t.deepEqual((await get('/api/v3/ping')).body, {});
});
