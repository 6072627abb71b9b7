import test from 'ava';
import {MetricsHub} from '../../../src/index.js';
import {FeedMeter} from '../../../src/market/binance/feed-meter.js';
import {FeedRoutes} from '../../../src/market/binance/feed-routes.js';
import {decodeFrame} from '../../../src/market/binance/frame.js';
import {FEED_LIMITS} from '../../../src/market/binance/limits.js';
import {UpdateGate} from '../../../src/market/binance/update-gate.js';
import {SYSTEM_CLOCK} from '../../../src/market/clock.js';
import {KlineStore} from '../../../src/market/kline-store.js';
import {MeasuredKlines} from '../../../src/market/measured-klines.js';
import {bindCatalogue} from '../../../src/metrics/catalogue.js';
import {SharedKlines} from '../../../src/screener/shared-klines.js';
import {candleAt, ORIGIN_MS} from '../../support/candles.js';
import {parsePage, sampleKey} from '../../support/exposition.js';

const SYMBOL = 'BTCUSDT';

/** A gate for BTCUSDT 5m whose clock stands at the start of candle 1. */
function createGate() {
  const hub = new MetricsHub();
  const metrics = bindCatalogue(hub.recorder);
  const epochMs = () => ORIGIN_MS + 300_000;
  const store = new KlineStore({clock: epochMs});
  const klines = new MeasuredKlines({store, metrics, clock: epochMs});
  const routes = new FeedRoutes();
  routes.set([SYMBOL], ['5m']);
  let futureCount = 0;
  const gaps: number[] = [];
  const gate = new UpdateGate({
    clock: {...SYSTEM_CLOCK, epochMs},
    limits: FEED_LIMITS,
    routes,
    klines,
    meter: new FeedMeter(metrics),
    exchangeNowMs: epochMs,
    onGap: ({kline}) => gaps.push(kline[0]),
    onFuture: () => {
      futureCount += 1;
    },
  });
  /** An update of the candle at a position, sent so many ms after the candle's start. */
  const take = (
    position: number,
    eventMs: number,
    {closed = false, symbol = SYMBOL, volume = '', sentMs = eventMs} = {},
  ) => {
    const [t, o, h, l, c, v, T, q, n, V, Q] = candleAt(position, 100 + eventMs / 1_000_000);
    const k = {t, T, s: symbol, i: '5m', o, h, l, c, v: volume || v, q, n, V, Q, x: closed};
    gate.take(decodeFrame(JSON.stringify({e: 'kline', E: t + sentMs, s: symbol, k})));
  };
  const closes = () => {
    const shared = new SharedKlines();
    shared.open(store.snapshot());
    return (shared.candles(SYMBOL, '5m') ?? []).map(kline => Number(kline[4]));
  };
  const sample = (name: string, labels: Record<string, string>) =>
    parsePage(hub.renderPage().body).get(sampleKey(name, labels));
  return {take, klines, sample, gaps, closes, futureCount: () => futureCount};
}

const SERIES = {symbol: SYMBOL, interval: '5m'};

test('take() counts a candle of the far future as malformed, and its series takes the rest', t => {
  const {take, klines, sample, futureCount} = createGate();
  take(0, 1_000);
  take(1_000, 2_000);
  take(0, 3_000, {closed: true});
  take(1, 1_000);
  t.is(futureCount(), 1);
  t.is(sample('kline_parse_errors_total', {symbol: SYMBOL}), 1);
  t.is(sample('kline_updates_total', SERIES), 3);
  t.is(sample('kline_missing_data_total', SERIES), 0);
  t.is(klines.reach(SYMBOL, '5m')?.newestOpenTime, ORIGIN_MS + 300_000);
});

test('take() takes of two connections that overlap each update once', t => {
  const {take, sample, gaps} = createGate();
  for (const [position, eventMs, closed] of [
    [0, 1_000, false],
    [0, 1_000, false],
    [0, 2_000, false],
    [0, 299_999, true],
    [1, 500, false],
    // The other connection, a little behind.
    [0, 2_000, false],
    [0, 299_999, true],
    [1, 500, false],
  ] as const) {
    take(position, eventMs, {closed});
  }
  t.is(sample('kline_updates_total', SERIES), 4);
  t.is(sample('binance_updates_ignored_total', {reason: 'outdated'}), 4);
  t.deepEqual(gaps, []);
});

test('take() fills a gap with a closing frame that comes late', t => {
  const {take, klines, sample, gaps} = createGate();
  take(-3, 1_000, {closed: true});
  take(0, 1_000);
  t.is(gaps.length, 1);
  t.is(sample('kline_missing_data_total', SERIES), 2);
  take(-1, 299_999, {closed: true});
  take(-2, 299_999, {closed: true});
  t.is(sample('kline_repaired_data_total', {}), 2);
  t.is(klines.reach(SYMBOL, '5m')?.wantedFromMs, undefined);
  t.is(sample('kline_missing_data_total', SERIES), 2);
});

test('take() ignores a state of a candle that was held up for longer than clocks are set by', t => {
  const {take, sample, closes} = createGate();
  take(0, 1_000, {volume: '1'});
  take(0, 40_000, {volume: '9'});
  take(0, 2_000, {volume: '2'});
  t.deepEqual(closes(), [100.04]);
  t.is(sample('binance_updates_ignored_total', {reason: 'outdated'}), 1);
});

test('take() goes on with a candle when the clock of the exchange is set back', t => {
  const {take, sample, closes} = createGate();
  take(0, 40_000, {volume: '1'});
  take(0, 42_000, {volume: '2', sentMs: 2_000});
  take(0, 44_000, {volume: '3', sentMs: 4_000});
  take(0, 299_999, {volume: '4', sentMs: 259_999, closed: true});
  take(1, 0, {sentMs: -40_000});
  t.deepEqual(closes(), [100.299999, 100]);
  t.is(sample('binance_updates_ignored_total', {reason: 'outdated'}), 0);
});

test('take() keeps the newest candle as it is when an old closing frame fills a gap', t => {
  const {take, closes} = createGate();
  take(-2, 1_000, {closed: true});
  take(0, 10_000, {volume: '1'});
  take(0, 20_000, {volume: '2'});
  take(-1, 299_999, {closed: true});
  take(0, 10_000, {volume: '1'});
  t.deepEqual(closes(), [100.001, 100.299999, 100.02]);
});

test('take() counts an event time that is none as malformed, and no latency', t => {
  const {take, sample} = createGate();
  for (const sentMs of [-1e300, -1e15, 0.5]) take(0, 1_000, {sentMs});
  t.is(sample('kline_parse_errors_total', {symbol: SYMBOL}), 3);
  t.is(sample('binance_ws_latency_ms_count', {}), 0);
});

test('take() leaves what nobody asked for', t => {
  const {take, sample} = createGate();
  take(0, 1_000, {symbol: 'ETHUSDT'});
  t.is(sample('binance_updates_ignored_total', {reason: 'unasked'}), 1);
  t.is(sample('kline_updates_total', {symbol: 'ETHUSDT', interval: '5m'}), undefined);
  t.is(sample('kline_parse_errors_total', {symbol: 'ETHUSDT'}), undefined);
});
