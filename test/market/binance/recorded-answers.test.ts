import {readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {gunzipSync} from 'node:zlib';
import test, {type ExecutionContext} from 'ava';
import {FEED_LIMITS} from '../../../src/market/binance/limits.js';
import {MarketApi} from '../../../src/market/binance/market-api.js';
import {
  decodeDayTickers,
  decodeExchangeInfo,
  decodeKlines,
} from '../../../src/market/binance/rest-answers.js';
import {RestClient} from '../../../src/market/binance/rest-client.js';
import {chooseSymbols} from '../../../src/market/binance/symbol-choice.js';
import {WeightBudget} from '../../../src/market/binance/weight-budget.js';
import {SYSTEM_CLOCK} from '../../../src/market/clock.js';
import {KlineStore} from '../../../src/market/kline-store.js';
import {recordingPath, testWithRecordings} from '../../support/recordings.js';

interface Answer {
  readonly query: string;
  readonly data: unknown;
}

function recorded(name: string): unknown {
  const path = recordingPath('market-data', 'rest', `${name}.json.gz`);
  return JSON.parse(gunzipSync(readFileSync(path)).toString());
}

/**
 * An interface that answers what was recorded for the same question, and 404 to any other. Whoever recorded the two pages
 * asked for each with an end of its own, so ends aren't compared.
 */
async function replay(t: ExecutionContext, answers: readonly Answer[]): Promise<MarketApi> {
  const byQuery = new Map(answers.map(({query, data}) => [canonical(query), data]));
  const server = createServer((request, response) => {
    const {search} = new URL(request.url ?? '/', 'http://replay');
    const data = byQuery.get(canonical(search));
    response.statusCode = data === undefined ? 404 : 200;
    response.end(JSON.stringify(data ?? {code: -1100, msg: 'Nobody asked that.'}));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  const client = new RestClient({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clock: SYSTEM_CLOCK,
    limits: FEED_LIMITS,
    budget: new WeightBudget(1),
    random: () => 0,
    signal: new AbortController().signal,
    onAnswer: () => {},
  });
  return new MarketApi(client);
}

function canonical(query: string): string {
  const parameters = new URLSearchParams(query);
  parameters.delete('endTime');
  parameters.sort();
  return String(parameters);
}

testWithRecordings('decodeKlines() reads every row of the recorded answers', t => {
  const answers = recorded('gct-api_v3_klines') as Answer[];
  t.is(answers.length, 13);
  const counts = answers.map(({data}) => {
    const {rows, malformedCount} = decodeKlines(data);
    t.is(malformedCount, 0);
    return rows.length;
  });
  t.deepEqual(counts, [24, 60, 1, 365, 372, 1_000, 468, 168, 366, 366, 176, 6, 24]);
});

testWithRecordings(
  'klines() loads the answer of two pages whole, and the store the gap in it',
  async t => {
    const answers = recorded('gct-api_v3_klines') as Answer[];
    const api = await replay(t, answers);
    const {rows, malformedCount} = await api.klines({
      symbol: 'BTCUSDT',
      interval: '1h',
      startMs: 1_588_280_400_000,
      endMs: 1_593_572_400_000,
    });
    t.is(malformedCount, 0);
    const pages = [answers[5], answers[6]].flatMap(answer => decodeKlines(answer?.data).rows);
    t.deepEqual(rows, pages);
    const store = new KlineStore({candlesMax: 1_500});
    t.like(store.merge('BTCUSDT', '1h', rows), {
      takenCandles: 1_468,
      invalidCandles: 0,
      // Binance stood still on 28 June 2020.
      missingCandles: (1_593_572_400_000 - 1_588_280_400_000) / 3_600_000 + 1 - 1_468,
    });
  },
);

testWithRecordings('decodeDayTickers() reads one ticker and lists of them', t => {
  const answers = recorded('gct-api_v3_ticker_24hr') as Answer[];
  const counts = answers.map(({data}) => decodeDayTickers(data).rows.length);
  t.deepEqual(counts, [1, 1, 1, 6, 2]);
  t.deepEqual(decodeDayTickers(answers[2]?.data).rows[0], {
    s: 'BTCUSDT',
    P: '-2.427',
    c: '6705.82000000',
    q: '392659910.62660750',
  });
});

testWithRecordings('chooseSymbols() takes the largest of those that trade against the asset', t => {
  const info = decodeExchangeInfo(recorded('exchangeInfo-spot-2021-10-12'));
  t.is(info.symbols.rows.length, 1_695);
  t.is(info.symbols.malformedCount, 0);
  t.is(info.weightPerMinute, 1_200);
  const answers = recorded('gct-api_v3_ticker_24hr') as Answer[];
  const tickers = answers.flatMap(({data}) => decodeDayTickers(data).rows);
  const latest = [...new Map(tickers.map(ticker => [ticker.s, ticker])).values()];
  const chosen = (quoteAsset: string, count: number) =>
    chooseSymbols(info.symbols.rows, latest, {quoteAsset, count}).map(({s}) => s);
  t.deepEqual(chosen('USDT', 2), ['BTCUSDT', 'ETHUSDT']);
  t.deepEqual(chosen('USDT', 400), ['BTCUSDT', 'ETHUSDT', 'DOGEUSDT']);
  t.deepEqual(chosen('BTC', 1), ['ETHBTC']);
  t.deepEqual(chosen('XYZ', 5), []);
});

test('decodeKlines() counts the rows that are no candles and keeps the others', t => {
  const row = [0, '1', '1', '1', '1', '1', 59_999, '1', 1, '1', '1', '0'];
  const {rows, malformedCount} = decodeKlines([row, null, [], row.with(1, 1), row.slice(0, 10)]);
  t.deepEqual(rows, [row as never]);
  t.is(malformedCount, 4);
  t.throws(() => decodeKlines({code: -1}), {code: 'rest_malformed'});
});
