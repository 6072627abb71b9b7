import type {ExecutionContext} from 'ava';
import {MetricsHub} from '../../src/index.js';
import {KlineStore, type KlineStoreOptions} from '../../src/market/kline-store.js';
import {bindCatalogue} from '../../src/metrics/catalogue.js';
import type {ScreenerPoolOptions} from '../../src/pool/pool-options.js';
import {ScreenerPool} from '../../src/pool/screener-pool.js';
import type {CloudTrader} from '../../src/screener/trader.js';
import {parsePage, type Samples} from './exposition.js';

/** A hub, a store and a pool of real workers, ended with the test. */
export async function startMachine(
  t: ExecutionContext,
  workerCount: number,
  options: Partial<ScreenerPoolOptions> = {},
  storeOptions: KlineStoreOptions = {},
) {
  const hub = new MetricsHub();
  const metrics = bindCatalogue(hub.recorder);
  const pool = new ScreenerPool({hub, metrics, ...options});
  await pool.initialize(workerCount);
  t.teardown(() => pool.shutdown(0));
  const store = new KlineStore(storeOptions);
  const screen = (traders: readonly CloudTrader[]) =>
    pool.executeFilters(traders, {
      symbols: [...store.tickers.keys()],
      tickers: store.tickers,
      klines: store.snapshot(),
      timestamp: 0,
    });
  const samples = (): Samples => parsePage(hub.renderPage().body);
  return {hub, metrics, pool, store, screen, samples};
}

/** A trader with the given filter, over 5m candles unless said otherwise. */
export function traderOf(id: string, code: string, more: Partial<CloudTrader> = {}): CloudTrader {
  return {id, name: id.toUpperCase(), enabled: true, filter: {code}, ...more};
}

/** Gives each symbol a ticker and closed 5m candles, whose closes are 1, 2, 3 ... */
export function fillStore(store: KlineStore, symbols: readonly string[], candleCount = 3): void {
  for (const symbol of symbols) {
    store.recordTicker({s: symbol, P: '1.5', c: '100', q: '1000'});
    for (let i = 0; i < candleCount; i++) {
      const openTime = i * 300_000;
      const close = String(i + 1);
      store.record(
        symbol,
        '5m',
        [openTime, close, close, close, close, '7', openTime + 299_999, '0', 1, '0', '0', '0'],
        true,
      );
    }
  }
}
