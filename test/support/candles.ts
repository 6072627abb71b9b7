import {INTERVAL_MS, type Kline, type KlineInterval} from '../../src/market/kline.js';

/** An aligned open time that candles of a test count from. */
export const ORIGIN_MS = 1_760_000_400_000 - (1_760_000_400_000 % 86_400_000);

/** The candle `position` intervals after {@link ORIGIN_MS}; `close` tells candles apart. */
export function candleAt(position: number, close = 100, interval: KlineInterval = '5m'): Kline {
  const openTime = ORIGIN_MS + position * INTERVAL_MS[interval];
  const closeTime = openTime + INTERVAL_MS[interval] - 1;
  const price = String(close);
  return [openTime, '100', price, '1', price, '7.5', closeTime, '750', 12, '3.25', '325', '0'];
}
