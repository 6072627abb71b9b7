import {parentPort, workerData} from 'node:worker_threads';
import * as helpers from '../../src/screener/indicators/index.js';
import type {CloudTrader} from '../../src/screener/trader.js';
import {CandleSource, MapsMarket, type MarketSize} from '../screening-market.js';
import {compilePlain, screenPlainly} from './plain-screening.js';

const {size, traders, next} = workerData as {
  size: MarketSize;
  traders: CloudTrader[];
  next: SharedArrayBuffer;
};
const market = new MapsMarket(new CandleSource(size.symbols), size);
const filters = traders.map(compilePlain);
const counter = new Int32Array(next);

/** Takes one trader after another until none is left. The market stands ready: only the filters run. */
parentPort!.on('message', (what: 'advance' | 'screen') => {
  const found: [string, string[]][] = [];
  if (what === 'advance') market.advance();
  else {
    for (;;) {
      const i = Atomics.add(counter, 0, 1);
      const trader = traders[i];
      if (trader === undefined) break;
      found.push([trader.id, screenPlainly(filters[i]!, trader, market.data, helpers)]);
    }
  }
  parentPort!.postMessage(found);
});
parentPort!.postMessage('ready');
