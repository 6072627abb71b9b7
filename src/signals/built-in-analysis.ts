import type {Kline} from '../market/kline.js';
import {CLOSE, HIGH, LOW, parseColumn} from '../screener/indicators/candle-columns.js';
import {getLatestMACD} from '../screener/indicators/macd.js';
import {getLatestEMA} from '../screener/indicators/moving-averages.js';
import {detectEngulfingPattern} from '../screener/indicators/patterns.js';
import {getLatestRSI} from '../screener/indicators/relative-strength.js';
import {calculateAvgVolume} from '../screener/indicators/volume.js';
import {getLatestVWAP} from '../screener/indicators/vwap.js';
import {findKeyLevels} from './key-levels.js';
import type {Decision, KeyLevels, TradePlan, Verdict} from './signal.js';

/** Candles without which nothing is decided: the slow average needs as many. */
export const CANDLES_MIN = 50;

/** Candles of the average that stands for the trend's beginning, of the one for its end, and of the average range. */
const FAST_PERIOD = 20;
const SLOW_PERIOD = 50;
const RANGE_PERIOD = 14;

/** Newest candles that the volume-weighted price goes by. */
const VWAP_PERIOD = 96;

/** Newest candles that key levels are looked for in. */
const LEVEL_CANDLES_MAX = 250;

/** A lean of at least this is a decision; a weaker one is to wait. */
const LEAN_MIN = 0.35;

/** Average ranges from a level to the stop behind it, and from the entry to a stop without level. */
const STOP_MARGIN_RANGES = 0.25;
const STOP_RANGES = 1.5;

/** A level farther than this many average ranges is no place for a stop. */
const STOP_RANGES_MAX = 3;

/** Targets where there are no levels, in units of the risk from entry to stop. */
const TARGET_RISKS = [1.5, 3] as const;

/** Significant digits of a price that was calculated: candles have no more. */
const PRICE_DIGITS = 8;

/** What leans to rising prices (1), falling ones (-1), or between, and how much it counts. */
interface Vote {
  readonly name: string;
  readonly lean: number;
  readonly weight: number;
}

/**
 * Works out what a signal is worth from candles alone, by five votes: the trend (two exponential averages), the momentum
 * (MACD's histogram), the RSI (against the crowd outside 30 to 70), the side of the volume-weighted price, and an engulfing
 * candle. Their weighted mean, from -1 to 1, is the lean; its size is the confidence of a `long` or `short`, and what is
 * missing to 1 that of a `wait`. The stop lies behind the nearest level, or 1.5 average true ranges (Wilder, 1978) away.
 *
 * A rule of thumb that can be followed by hand, and no advice. The same candles give the same verdict, to the last bit.
 *
 * @param price at which the signal was made, above 0
 * @param klines oldest first; fewer than {@link CANDLES_MIN} give a `wait` without confidence
 */
export function analyseCandles(price: number, klines: readonly Kline[]): Verdict {
  const range = averageTrueRange(klines);
  if (klines.length < CANDLES_MIN || !(range > 0) || !(price > 0)) {
    return undecided(`Too little to go by: ${klines.length} candles`);
  }
  const votes = votesOf(price, klines);
  const weights = votes.reduce((sum, {weight}) => sum + weight, 0);
  const lean = votes.reduce((sum, vote) => sum + vote.lean * vote.weight, 0) / weights;
  const decision = decisionOf(lean);
  const size = Math.min(1, Math.abs(lean));
  const levels = findKeyLevels(klines.slice(-LEVEL_CANDLES_MAX), price, range / 4);
  return {
    decision,
    confidence: decision === 'wait' ? 1 - size : size,
    keyLevels: {
      support: levels.support.map(roundPrice),
      resistance: levels.resistance.map(roundPrice),
    },
    plan: planOf({price, range, levels, decision, note: noteOf(votes, lean)}),
  };
}

function undecided(note: string): Verdict {
  return {
    decision: 'wait',
    confidence: 0,
    keyLevels: {support: [], resistance: []},
    plan: {entryPrice: null, stopPrice: null, targetPrices: [], note},
  };
}

function votesOf(price: number, klines: readonly Kline[]): Vote[] {
  const fast = getLatestEMA(klines, FAST_PERIOD) ?? price;
  const slow = getLatestEMA(klines, SLOW_PERIOD) ?? price;
  const vwap = getLatestVWAP(klines, VWAP_PERIOD) ?? price;
  const engulfing = detectEngulfingPattern(klines);
  const pattern = engulfing === 'bullish' ? 1 : engulfing === 'bearish' ? -1 : 0;
  return [
    {name: 'trend', lean: Math.sign(fast - slow), weight: 3},
    {name: 'momentum', lean: Math.sign(getLatestMACD(klines).histogram ?? 0), weight: 2},
    {name: 'RSI', lean: strengthLean(getLatestRSI(klines) ?? 50), weight: 2},
    {name: 'VWAP', lean: Math.sign(price - vwap), weight: 1},
    {name: 'engulfing', lean: pattern, weight: isBusy(klines) ? 2 : 1},
  ];
}

/** With the crowd from 30 to 70, against it beyond: who is late to a crowded trade pays for it. */
function strengthLean(strength: number): number {
  if (strength >= 70) return -1;
  if (strength <= 30) return 1;
  return (strength - 50) / 20;
}

/** Whether the last candle saw more than the usual volume. */
function isBusy(klines: readonly Kline[]): boolean {
  const usual = calculateAvgVolume(klines, FAST_PERIOD) ?? 0;
  return (calculateAvgVolume(klines, 1) ?? 0) > usual;
}

function decisionOf(lean: number): Decision {
  if (Math.abs(lean) < LEAN_MIN) return 'wait';
  return lean > 0 ? 'long' : 'short';
}

function planOf({
  price,
  range,
  levels,
  decision,
  note,
}: {
  price: number;
  range: number;
  levels: KeyLevels;
  decision: Decision;
  note: string;
}): TradePlan {
  if (decision === 'wait') return {entryPrice: null, stopPrice: null, targetPrices: [], note};
  const side = decision === 'long' ? 1 : -1;
  const [behind, ahead] =
    side > 0 ? [levels.support, levels.resistance] : [levels.resistance, levels.support];
  const near = behind.find(level => Math.abs(price - level) <= STOP_RANGES_MAX * range);
  const stop =
    near === undefined
      ? price - side * STOP_RANGES * range
      : near - side * STOP_MARGIN_RANGES * range;
  const risk = Math.abs(price - stop);
  const worthwhile = ahead.filter(level => Math.abs(level - price) >= risk);
  const targets =
    worthwhile.length > 0 ? worthwhile : TARGET_RISKS.map(risks => price + side * risks * risk);
  return {
    entryPrice: price,
    stopPrice: positive(roundPrice(stop)),
    targetPrices: targets.map(roundPrice).filter(target => target > 0),
    note,
  };
}

function noteOf(votes: readonly Vote[], lean: number): string {
  const parts = votes.map(vote => `${vote.name} ${vote.lean.toFixed(1)}`);
  return `Lean ${lean.toFixed(2)} of ${parts.join(', ')}`;
}

/** Mean of the newest true ranges: from the high, or the close before, to the low, or that close. 0 where too few. */
function averageTrueRange(klines: readonly Kline[]): number {
  const start = klines.length - RANGE_PERIOD - 1;
  if (start < 0) return 0;
  const highs = parseColumn(klines, HIGH, start);
  const lows = parseColumn(klines, LOW, start);
  const closes = parseColumn(klines, CLOSE, start);
  let sum = 0;
  for (let i = 1; i < closes.length; i++) {
    sum += Math.max(highs[i]!, closes[i - 1]!) - Math.min(lows[i]!, closes[i - 1]!);
  }
  return sum / RANGE_PERIOD;
}

/** What swings by more than its price may have its stop below 0. */
function positive(price: number): number | null {
  return price > 0 ? price : null;
}

function roundPrice(price: number): number {
  return Number(price.toPrecision(PRICE_DIGITS));
}
