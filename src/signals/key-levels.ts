import type {Kline} from '../market/kline.js';
import {HIGH, LOW, parseColumn} from '../screener/indicators/candle-columns.js';
import {calculateHighVolumeNodes} from '../screener/indicators/volume-nodes.js';
import type {KeyLevels} from './signal.js';

/** Levels on either side of the price. */
const LEVELS_A_SIDE = 3;

/** Candles on either side of a turning point that must lie within it. */
const TURN_REACH = 3;

/**
 * The levels nearest to a price: where the market turned (a high or low that {@link TURN_REACH} candles on either side don't
 * exceed) and where much was traded (the high volume nodes), each at least `gap` from the next.
 *
 * @param gap in the quote asset, above 0
 */
export function findKeyLevels(klines: readonly Kline[], price: number, gap: number): KeyLevels {
  const highs = parseColumn(klines, HIGH);
  const lows = parseColumn(klines, LOW);
  const prices = calculateHighVolumeNodes(klines).map(node => node.price);
  for (let i = TURN_REACH; i < klines.length - TURN_REACH; i++) {
    const from = i - TURN_REACH;
    const to = i + TURN_REACH + 1;
    if (highs[i] === Math.max(...highs.subarray(from, to))) prices.push(highs[i]!);
    if (lows[i] === Math.min(...lows.subarray(from, to))) prices.push(lows[i]!);
  }
  const below = prices.filter(level => level > 0 && level <= price - gap);
  const above = prices.filter(level => level >= price + gap);
  return {
    support: spread(
      below.sort((a, b) => b - a),
      gap,
    ),
    resistance: spread(
      above.sort((a, b) => a - b),
      gap,
    ),
  };
}

/** The first of levels that are sorted, without those too near to the one before. */
function spread(sorted: readonly number[], gap: number): number[] {
  const levels: number[] = [];
  for (const level of sorted) {
    if (levels.length === LEVELS_A_SIDE) break;
    const last = levels.at(-1);
    if (last === undefined || Math.abs(level - last) >= gap) levels.push(level);
  }
  return levels;
}
