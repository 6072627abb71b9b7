import type {Kline, KlineInterval} from '../market/kline.js';
import {SharedKlines} from '../screener/shared-klines.js';
import type {AnalysisRequest} from './analyser.js';

/**
 * The candles of a signal's symbol as they were at the match, by interval, oldest first; an interval without candles is left
 * out. Reads shared memory, and keeps nothing for the next signal: that one is mostly of another symbol.
 *
 * @throws SnapshotOverrunError where so many candles have closed since that those of the match are overwritten
 */
export function readMatchCandles({
  signal: {symbol},
  intervals,
  klines,
  closedByMs = Number.POSITIVE_INFINITY,
}: AnalysisRequest): Map<KlineInterval, Kline[]> {
  const shared = new SharedKlines();
  shared.open(klines);
  const found = new Map<KlineInterval, Kline[]>();
  for (const interval of intervals) {
    const all = shared.candles(symbol, interval) ?? [];
    const candles = all.filter(([, , , , , , closeTime]) => closeTime <= closedByMs);
    if (candles.length > 0) found.set(interval, candles);
  }
  return found;
}
