import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {RecordedMarket} from '../src/market/exchange/recorded-market.js';
import {SimulatedExchange} from '../src/market/exchange/simulated-exchange.js';
import {INTERVAL_MS, type Kline, type KlineInterval} from '../src/market/kline.js';
import {parsePage, type Samples, sampleKey} from './support/exposition.js';
import {startProgram, urlOf} from './support/program.js';
import {readCandles, testWithRecordings} from './support/recordings.js';
import {temporaryFolder} from './support/temporary-folder.js';

const HISTORY_CANDLES = 200;

interface Scene {
  readonly set: string;
  readonly interval: KlineInterval;
  readonly symbols: readonly string[];
  readonly fromMs: number;
  /** Body of the one trader's filter. */
  readonly code: string;
}

/** The machine as a process, told by flags to listen to an exchange that serves recorded candles and stands still until played. */
async function startScene(t: ExecutionContext, scene: Scene) {
  const {set, interval, symbols, fromMs, code} = scene;
  const series = symbols.map(symbol => ({
    symbol,
    interval,
    klines: readCandles(set, symbol, interval),
  }));
  const market = new RecordedMarket(series, {startMs: fromMs, updatesPerCandle: 4});
  const exchange = new SimulatedExchange({market, speed: 0});
  const {streamUrl, restUrl} = await exchange.listen();
  t.teardown(() => exchange.close());
  // A candle that has ended this very moment may still be told as open.
  await exchange.play(fromMs + 10_000);
  const traders = join(temporaryFolder(t), 'traders.json');
  const filter = {code, requiredTimeframes: [interval]};
  writeFileSync(traders, JSON.stringify([{id: 'one', name: 'One', filter}]));
  const program = startProgram(t, [
    ...['--feed', 'binance', '--stream-url', streamUrl, '--rest-url', restUrl],
    ...['--port', '0', '--host', '127.0.0.1', '--workers', '1', '--traders', traders],
    ...['--symbols', String(symbols.length), '--intervals', interval],
    ...['--history-candles', String(HISTORY_CANDLES), '--screening-interval-ms', '100'],
  ]);
  const url = await urlOf(program);
  await program.line(/Connecting to ws:/);
  await program.line(/stream connected$/);
  const scrape = async (): Promise<Samples> => {
    const response = await fetch(`${url}/metrics`);
    return parsePage(new Uint8Array(await response.arrayBuffer()));
  };
  /** The first page for which it holds. */
  const page = async (holds: (samples: Samples) => boolean): Promise<Samples> => {
    for (;;) {
      const samples = await scrape();
      if (holds(samples)) return samples;
    }
  };
  /** The first page with everything taken in that was sent, and nothing left to repair. */
  const caughtUp = () =>
    page(samples => {
      const {klinesSent = 0} = exchange.counts();
      const received = samples.get(sampleKey('binance_ws_messages_total', {type: 'kline'})) ?? 0;
      return received >= klinesSent && samples.get(sampleKey('kline_repairs_pending')) === 0;
    });
  /** A page of two screenings later. */
  const screened = async () => {
    const key = sampleKey('trader_screenings_total', {trader_id: 'one', trader_name: 'One'});
    const now = (await scrape()).get(key) ?? 0;
    return page(samples => (samples.get(key) ?? 0) >= now + 2);
  };
  /** What the recording says of a symbol up to a moment, from the history's first candle on. */
  const recorded = (symbol: string, toMs: number): Kline[] => {
    const all = series.find(one => one.symbol === symbol)?.klines ?? [];
    const firstMs = fromMs - (HISTORY_CANDLES - 1) * INTERVAL_MS[interval];
    return all.filter(kline => kline[0] >= firstMs && kline[6] < toMs);
  };
  return {exchange, program, page, caughtUp, screened, recorded};
}

/** Candles that a stretch of a recording lacks. */
function holesOf(klines: readonly Kline[], interval: KlineInterval): number {
  const first = klines[0]?.[0] ?? 0;
  const last = klines.at(-1)?.[0] ?? 0;
  return (last - first) / INTERVAL_MS[interval] + 1 - klines.length;
}

function total(samples: Samples, name: string): number {
  return [...samples]
    .filter(([key]) => key.startsWith(`${name}{`))
    .reduce((sum, [, value]) => sum + value, 0);
}

const ONE = {trader_id: 'one', trader_name: 'One'};

testWithRecordings(
  'the machine takes the recorded outage from --stream-url and --rest-url as the gap that it was, and repairs what a drop lost',
  async t => {
    const interval = '5m';
    const symbols = ['BTCUSDT', 'DOGEUSDT', 'XTZUSDT'];
    const fromMs = Date.UTC(2021, 3, 25, 0);
    const scene = {set: 'spot-ohlcv-freqtrade-2021', interval, symbols, fromMs} as const;
    const code = 'return timeframes["5m"].length > 0;';
    const machine = await startScene(t, {...scene, code});
    const {exchange, page, caughtUp, screened, recorded, program} = machine;
    // A drop before the outage: eight candles end in the dark, of which one was seen open.
    const dropMs = fromMs + 32 * 60_000;
    await exchange.play(dropMs);
    await caughtUp();
    exchange.linkFaults.refuseUpgrades(Number.POSITIVE_INFINITY);
    exchange.linkFaults.drop();
    await page(samples => {
      return samples.get(sampleKey('binance_ws_connected', {status: 'reconnecting'})) === 1;
    });
    await exchange.play(dropMs + 40 * 60_000);
    exchange.linkFaults.clear();
    await page(samples => {
      return samples.get(sampleKey('binance_ws_connected', {status: 'connected'})) === 1;
    });
    const toMs = Date.UTC(2021, 3, 25, 10);
    await exchange.play(toMs);
    await caughtUp();
    const samples = await screened();
    for (const symbol of symbols) {
      const klines = recorded(symbol, toMs);
      const holes = holesOf(klines, interval);
      t.true(holes > 50, symbol);
      const labels = {symbol, interval};
      t.is(samples.get(sampleKey('kline_missing_data_total', labels)), holes + 7, symbol);
      t.is(samples.get(sampleKey('kline_buffer_size', labels)), HISTORY_CANDLES, symbol);
    }
    t.is(samples.get(sampleKey('kline_repaired_data_total')), symbols.length * 8);
    t.is(samples.get(sampleKey('binance_ws_reconnects_total')), 1);
    t.is(total(samples, 'kline_parse_errors_total'), 0);
    t.is(samples.get(sampleKey('trader_signals_total', ONE)), symbols.length);
    program.kill('SIGTERM');
    t.is(await program.exited, 0);
    t.deepEqual(program.errorLines, []);
  },
);

testWithRecordings(
  'the machine screens the recorded crash from --stream-url and --rest-url, and signals each symbol that fell, once',
  async t => {
    const interval = '15m';
    const symbols = ['ADAUSDT', 'BTCUSDT', 'DOTUSDT', 'ETHUSDT', 'LINKUSDT', 'SOLUSDT'];
    const fromMs = Date.UTC(2025, 9, 10, 12);
    const toMs = Date.UTC(2025, 9, 11, 12);
    const code =
      "return timeframes['15m'].slice(-96).some(k => parseFloat(k[3]) / parseFloat(k[1]) < 0.7);";
    const set = 'spot-12field-static-klines-oct2025-crash';
    const machine = await startScene(t, {set, interval, symbols, fromMs, code});
    const {exchange, caughtUp, screened, recorded, program} = machine;
    const fallen = symbols.filter(symbol =>
      recorded(symbol, toMs)
        .slice(-96)
        .some(kline => Number(kline[3]) / Number(kline[1]) < 0.7),
    );
    t.true(fallen.length > 0 && fallen.length < symbols.length, fallen.join());
    await exchange.play(toMs);
    await caughtUp();
    const samples = await screened();
    t.is(samples.get(sampleKey('trader_continuing_matches', ONE)), fallen.length);
    t.is(samples.get(sampleKey('trader_new_matches', ONE)), 0);
    t.is(samples.get(sampleKey('trader_signals_total', ONE)), fallen.length);
    t.is(samples.get(sampleKey('trader_symbols_watching', {trader_id: 'one'})), symbols.length);
    t.is(total(samples, 'kline_missing_data_total'), 0);
    t.is(samples.get(sampleKey('kline_repaired_data_total')), 0);
    t.is(samples.get(sampleKey('binance_ws_reconnects_total')), 0);
    program.kill('SIGTERM');
    t.is(await program.exited, 0);
    t.deepEqual(program.errorLines, []);
  },
);
