import {parentPort} from 'node:worker_threads';
import type {MarketData} from '../../src/market/kline.js';
import * as helpers from '../../src/screener/indicators/index.js';
import type {CloudTrader} from '../../src/screener/trader.js';
import {compilePlain, screenPlainly} from './plain-screening.js';

/** Gets all of the market with every task, and compiles every filter again, as the contract describes it. */
parentPort!.on('message', ({traders, market}: {traders: CloudTrader[]; market: MarketData}) => {
  const found = traders.map((trader): [string, string[]] => {
    return [trader.id, screenPlainly(compilePlain(trader), trader, market, helpers)];
  });
  parentPort!.postMessage(found);
});
