/* A simulated exchange in a process of its own, so that only its clients' work is measured. Speaks by `process.send`. */

import {SimulatedExchange} from '../src/market/exchange/simulated-exchange.js';
import {SimulatedMarket} from '../src/market/simulated-market.js';

/** What the bench asks for: `{playMs}`; what it gets: the urls at first, then what was sent meanwhile. */
export interface Played {
  readonly klines: number;
  readonly tickers: number;
}

const UNLIMITED = 1e9;

const market = new SimulatedMarket({
  symbols: 400,
  intervals: ['1m', '5m', '15m', '1h'],
  historyCandles: 2,
});
const exchange = new SimulatedExchange({
  market,
  speed: 0,
  limits: {
    messagesPerSecondMax: UNLIMITED,
    weightPerMinuteMax: UNLIMITED,
    bufferedBytesMax: UNLIMITED,
  },
});
// Amid a candle of each interval: one that ends just now may be told as open, and then be told again.
exchange.advance(exchange.timeMs + 10_000);
const urls = await exchange.listen();
process.on('message', async ({playMs}: {playMs: number}) => {
  const before = exchange.counts();
  await exchange.play(exchange.timeMs + playMs);
  const after = exchange.counts();
  process.send?.({
    klines: (after.klinesSent ?? 0) - (before.klinesSent ?? 0),
    tickers: (after.tickersSent ?? 0) - (before.tickersSent ?? 0),
  });
});
process.on('disconnect', () => process.exit());
process.send?.({...urls, startMs: exchange.timeMs});
