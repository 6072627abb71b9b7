import type {Kline} from '../../market/kline.js';
import {CLOSE, parseColumn, VOLUME} from './candle-columns.js';
import {isEnough, meanOf} from './series.js';

/**
 * Mean volume of the last `period` candles, in the base asset.
 *
 * @returns Null where there are fewer than `period` candles.
 */
export function calculateAvgVolume(klines: readonly Kline[], period: number): number | null {
  if (!isEnough(klines.length, period)) return null;
  return meanOf(parseColumn(klines, VOLUME, klines.length - period), 0, period);
}

/**
 * Positive Volume Index (Dysart; Fosback, Stock Market Logic, 1976): changes by the close's
 * relative change wherever the volume rose over the candle before, and else stays.
 *
 * @param initial Its value at the first candle; default 1000.
 * @returns As long as `klines`; empty where these are.
 */
export function calculatePVISeries(klines: readonly Kline[], initial = 1000): number[] {
  const closes = parseColumn(klines, CLOSE);
  const volumes = parseColumn(klines, VOLUME);
  const series: number[] = [];
  // A text would grow with each candle.
  let index = +initial;
  for (let i = 0; i < closes.length; i++) {
    const before = closes[i - 1] ?? 0;
    // The first candle has none before it; a close of 0 would make the index infinite for good.
    if (before !== 0 && volumes[i]! > volumes[i - 1]!)
      index += (index * (closes[i]! - before)) / before;
    series.push(index);
  }
  return series;
}

/** The newest value of {@link calculatePVISeries}; null without candles. */
export function getLatestPVI(klines: readonly Kline[], initial = 1000): number | null {
  return calculatePVISeries(klines, initial).at(-1) ?? null;
}
