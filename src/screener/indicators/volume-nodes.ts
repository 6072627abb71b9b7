import type {Kline} from '../../market/kline.js';
import {HIGH, LOW, parseColumn, TAKER_BUY_VOLUME, VOLUME} from './candle-columns.js';
import {highestOf, lowestOf} from './extremes.js';

/** Candles regarded where the caller names no number; all of them where there are fewer. */
export const LOOKBACK_DEFAULT = 250;

/** Equal slices of the price range. */
const BUCKET_COUNT = 30;
/** A node's volume is at least this percentile of the buckets' volumes. */
const PERCENTILE_MIN = 70;
/** A node has at least this much of the fullest bucket's volume, in percent. */
const STRENGTH_MIN = 50;
/** A node's volume is more than this many times that of either neighbour. */
const PEAK_RATIO = 1.05;

/** A slice of prices in which much was traded. */
export interface VolumeNode {
  /** The slice's middle. */
  price: number;
  /** Volume in the base asset; `buyVolume` is what takers bought of it, `sellVolume` the rest. */
  volume: number;
  buyVolume: number;
  sellVolume: number;
  /** Volume in percent of the fullest slice's, 50 to 100. */
  strength: number;
  priceRange: [low: number, high: number];
}

/** Settings of {@link calculateHighVolumeNodes}. */
export interface VolumeNodeOptions {
  /** Newest candles regarded; default {@link LOOKBACK_DEFAULT}. */
  lookback?: number;
}

/** Volumes by price: bucket i covers `low + i * width` to `low + (i + 1) * width`. */
interface VolumeProfile {
  low: number;
  width: number;
  volumes: Float64Array;
  buyVolumes: Float64Array;
}

/**
 * High volume nodes of the candles' volume profile (Steidlmayer's Market Profile, by volume): each
 * candle's volume is spread evenly over the buckets that it touches, and the buckets that stand out
 * from both neighbours and from most others are nodes. The outermost buckets never are.
 *
 * @returns Strongest first; none where there are no candles, or all at one price, or without
 *   volume.
 */
export function calculateHighVolumeNodes(
  klines: readonly Kline[],
  options: VolumeNodeOptions = {},
): VolumeNode[] {
  const profile = profileOf(klines, options.lookback ?? LOOKBACK_DEFAULT);
  const {volumes} = profile;
  const volumeMin = volumes.toSorted()[(BUCKET_COUNT * PERCENTILE_MIN) / 100]!;
  const volumeMax = highestOf(volumes);
  const nodes: VolumeNode[] = [];
  for (let i = 1; i < BUCKET_COUNT - 1; i++) {
    const volume = volumes[i]!;
    const isPeak = volume > Math.max(volumes[i - 1]!, volumes[i + 1]!) * PEAK_RATIO;
    const strength = (volume / volumeMax) * 100;
    if (isPeak && volume >= volumeMin && strength >= STRENGTH_MIN) {
      nodes.push(nodeAt(i, profile, strength));
    }
  }
  return nodes.sort((a, b) => b.strength - a.strength);
}

/** Whether a node's middle is within `tolerance` percent of `price` (default 0.5) from it. */
export function isNearHVN(price: number, nodes: readonly VolumeNode[], tolerance = 0.5): boolean {
  return nodes.some(node => Math.abs(node.price - price) <= (price * tolerance) / 100);
}

/**
 * The node whose middle is closest to `price`; of equally close ones the first, so the stronger.
 *
 * @param direction Regards only nodes strictly above or strictly below the price; default 'both'.
 * @returns Null where there is none.
 */
export function getClosestHVN(
  price: number,
  nodes: readonly VolumeNode[],
  direction: 'above' | 'below' | 'both' = 'both',
): VolumeNode | null {
  let closest: VolumeNode | null = null;
  for (const node of nodes) {
    if (direction === 'above' && node.price <= price) continue;
    if (direction === 'below' && node.price >= price) continue;
    if (closest === null || Math.abs(node.price - price) < Math.abs(closest.price - price)) {
      closest = node;
    }
  }
  return closest;
}

/** Nodes whose middle is between `low` and `high`, both included. */
export function countHVNInRange(low: number, high: number, nodes: readonly VolumeNode[]): number {
  let count = 0;
  for (const node of nodes) if (node.price >= low && node.price <= high) count++;
  return count;
}

/**
 * Does nothing: each call computes its nodes anew, in less time than a millisecond, so there is no
 * cache. Filters written for a screener that has one may call it.
 */
export function clearHVNCache(_key?: string): void {}

function profileOf(klines: readonly Kline[], lookback: number): VolumeProfile {
  const start = Math.max(0, klines.length - (lookback >= 1 ? Math.trunc(lookback) : 0));
  const highs = parseColumn(klines, HIGH, start);
  const lows = parseColumn(klines, LOW, start);
  const volumes = parseColumn(klines, VOLUME, start);
  const buys = parseColumn(klines, TAKER_BUY_VOLUME, start);
  const low = lowestOf(lows);
  const width = (highestOf(highs) - low) / BUCKET_COUNT;
  const profile = {
    low,
    width,
    volumes: new Float64Array(BUCKET_COUNT),
    buyVolumes: new Float64Array(BUCKET_COUNT),
  };
  if (!(width > 0)) return profile;
  for (let i = 0; i < volumes.length; i++) {
    const first = Math.floor((lows[i]! - low) / width);
    // The candle at the very top also touches a bucket above the last, and what falls into that one
    // is left out. It is a slip of the recorded screener; mending it would move its nodes.
    const touched = Math.floor((highs[i]! - low) / width) - first + 1;
    const end = Math.min(first + touched, BUCKET_COUNT);
    for (let bucket = first; bucket < end; bucket++) {
      profile.volumes[bucket]! += volumes[i]! / touched;
      profile.buyVolumes[bucket]! += buys[i]! / touched;
    }
  }
  return profile;
}

function nodeAt(bucket: number, profile: VolumeProfile, strength: number): VolumeNode {
  const volume = profile.volumes[bucket]!;
  const buyVolume = profile.buyVolumes[bucket]!;
  const low = profile.low + bucket * profile.width;
  const high = low + profile.width;
  const price = (low + high) / 2;
  return {
    price,
    volume,
    buyVolume,
    sellVolume: volume - buyVolume,
    strength,
    priceRange: [low, high],
  };
}
