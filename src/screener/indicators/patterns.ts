import type {Kline} from '../../market/kline.js';
import {CLOSE, OPEN} from './candle-columns.js';

/**
 * Whether the last candle's body engulfs the body before it (Nison, Japanese Candlestick Charting
 * Techniques, 1991): of the other colour, and reaching further at both ends. A candle that opens at
 * the very close before it doesn't engulf, as in the recorded results.
 *
 * @returns 'bullish' where a rising body engulfs a falling one, 'bearish' the other way round, else
 *   null; null below two candles.
 */
export function detectEngulfingPattern(klines: readonly Kline[]): 'bullish' | 'bearish' | null {
  const before = klines.at(-2);
  const last = klines.at(-1);
  if (before === undefined || last === undefined) return null;
  const openBefore = Number.parseFloat(before[OPEN]);
  const closeBefore = Number.parseFloat(before[CLOSE]);
  const open = Number.parseFloat(last[OPEN]);
  const close = Number.parseFloat(last[CLOSE]);
  if (open < closeBefore && closeBefore < openBefore && openBefore < close) return 'bullish';
  if (open > closeBefore && closeBefore > openBefore && openBefore > close) return 'bearish';
  return null;
}
