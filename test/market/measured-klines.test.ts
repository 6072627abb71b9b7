import test from 'ava';
import {MetricsHub} from '../../src/index.js';
import {KlineStore} from '../../src/market/kline-store.js';
import {KLINE_FAMILIES, MeasuredKlines} from '../../src/market/measured-klines.js';
import {bindCatalogue} from '../../src/metrics/catalogue.js';
import {candleAt} from '../support/candles.js';
import {parsePage, sampleKey} from '../support/exposition.js';

test('what a full store drops is counted, and what it knew goes on', t => {
  const hub = new MetricsHub();
  const klines = new MeasuredKlines({
    store: new KlineStore({seriesMax: 1}),
    metrics: bindCatalogue(hub.recorder, KLINE_FAMILIES),
    clock: () => 0,
  });
  const dropped = () =>
    parsePage(hub.renderPage().body).get(
      sampleKey('kline_updates_dropped_total', {reason: 'series_limit'}),
    );
  t.is(dropped(), 0);
  t.is(klines.record('A', '1m', candleAt(0, 100, '1m'), true), 'appended');
  t.is(klines.record('B', '1m', candleAt(0, 100, '1m'), true), 'series_limit');
  t.is(dropped(), 1);
  klines.merge('A', '5m', [candleAt(0), candleAt(1)], {isRepair: false});
  t.is(dropped(), 3);
  klines.recordTicker({s: 'A', P: '0', c: '1', q: '1'});
  klines.recordTicker({s: 'B', P: '0', c: '1', q: '1'});
  t.is(dropped(), 4);
  t.is(klines.record('A', '1m', candleAt(1, 100, '1m'), true), 'appended');
  t.is(dropped(), 4);
});
