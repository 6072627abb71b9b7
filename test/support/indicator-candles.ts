import type {Kline} from '../../src/market/kline.js';

/** A candle of a minute with wicks of the given lengths. */
export function candle(
  open: number,
  close: number,
  volume = 1,
  wicks = {below: 0, above: 0},
): Kline {
  const high = Math.max(open, close) + wicks.above;
  const low = Math.min(open, close) - wicks.below;
  return [
    0,
    `${open}`,
    `${high}`,
    `${low}`,
    `${close}`,
    `${volume}`,
    59_999,
    '0',
    1,
    '0',
    '0',
    '0',
  ];
}

/** Candles that close at the given prices, each opening at the close before. */
export function candlesAt(...closes: number[]): Kline[] {
  return closes.map((close, i) => candle(closes[i - 1] ?? close, close));
}

/** An hour of candles at one price. */
export const FLAT = candlesAt(...new Array<number>(60).fill(100));

/** An hour of candles, each a unit above the one before. */
export const RISING = candlesAt(...Array.from({length: 60}, (_, i) => 100 + i));

/** Their closes, as numbers. */
export function closesOf(klines: Kline[]): number[] {
  return klines.map(kline => Number(kline[4]));
}
