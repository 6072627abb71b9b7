import test from 'ava';
import type {Kline, KlineInterval, Ticker} from '../../src/market/kline.js';
import {sampleKey} from '../support/exposition.js';
import {fillStore, startMachine, traderOf} from '../support/machine.js';

test.serial(
  'screener_results_uncached_total counts results of helpers beyond the limit a series',
  async t => {
    const {screen, store, samples} = await startMachine(t, 1);
    fillStore(store, ['AUSDT'], 300);
    const code = `const k = timeframes['5m'];
    let isRight = true;
    for (let period = 1; period <= 300; period++) {
      isRight &&= Math.abs(helpers.calculateMA(k, period) - (301 - period / 2 - 0.5)) < 1e-9;
    }
    return isRight;`;
    const uncached = () => samples().get(sampleKey('screener_results_uncached_total'));
    t.is((await screen([traderOf('t', code)])).get('t')?.matches.length, 1);
    t.is(uncached(), 44);
    t.is((await screen([traderOf('t', code)])).get('t')?.continuingMatches, 1);
    t.is(uncached(), 88);
  },
);

test.serial(
  'screener_rows_dropped_total counts rows beyond rowsCachedMax, which are built again',
  async t => {
    const {screen, store, samples} = await startMachine(t, 1, {rowsCachedMax: 10});
    const symbols = ['AUSDT', 'BUSDT', 'CUSDT'];
    fillStore(store, symbols, 5);
    const trader = traderOf('t', `return timeframes['5m'].map(k => k[4]).join() === '1,2,3,4,5';`);
    const dropped = () => samples().get(sampleKey('screener_rows_dropped_total'));
    t.is((await screen([trader])).get('t')?.matches.length, 3);
    // The third series drops the rows of the first.
    t.is(dropped(), 5);
    t.is((await screen([trader])).get('t')?.continuingMatches, 3);
    t.is(dropped(), 20);
  },
);

test.serial(
  'screener_series_verbatim tells the series of Maps that numbers could not tell',
  async t => {
    const {pool, samples} = await startMachine(t, 1);
    const klineOf = (close: string): Kline => [
      0,
      '1',
      '1',
      '1',
      close,
      '1',
      299_999,
      '1',
      1,
      '1',
      '1',
      '0',
    ];
    const ticker: Ticker = {s: 'AUSDT', P: '0', c: '1', q: '1'};
    const screenClose = async (close: string) => {
      const klines = new Map([
        ['AUSDT', new Map<KlineInterval, Kline[]>([['5m', [klineOf(close)]]])],
      ]);
      const market = {
        symbols: ['AUSDT'],
        tickers: new Map([['AUSDT', ticker]]),
        klines,
        timestamp: 0,
      };
      const code = `return {match: true, conditions: [timeframes['5m'][0][4]]};`;
      const [result] = (await pool.executeFilters([traderOf(close, code)], market)).values();
      t.deepEqual(result?.matches[0]?.matchedConditions, [close]);
      return samples().get(sampleKey('screener_series_verbatim'));
    };
    t.is(await screenClose('1'), 0);
    t.is(await screenClose('1.5 USDT'), 1);
    t.is(await screenClose('2'), 0);
  },
);
