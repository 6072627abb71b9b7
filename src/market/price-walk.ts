import type {Random} from './random.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** A mood of the market. Factors multiply what a plain day has. */
interface Regime {
  /** How often it comes up, relative to the others. */
  weight: number;
  /** Mean length; lengths are exponentially distributed. */
  minutesMean: number;
  /** Drift of the price's logarithm a day; its sign is drawn when the regime begins. */
  driftPerDay: number;
  volatility: number;
  /** How fast the price returns to where the regime began, per day. */
  pullPerDay: number;
  volume: number;
}

/**
 * Tuned so that the usual RSI, breakout, Bollinger and volume filters fire a few times a day on
 * each symbol: calm for most of the time, trends of some hours, ranges that revert, short violent
 * bursts.
 */
const REGIMES: readonly Regime[] = [
  {weight: 5, minutesMean: 150, driftPerDay: 0, volatility: 0.7, pullPerDay: 0, volume: 0.8},
  {weight: 4, minutesMean: 120, driftPerDay: 0.3, volatility: 1, pullPerDay: 0, volume: 1.3},
  {weight: 3, minutesMean: 120, driftPerDay: 0, volatility: 1.2, pullPerDay: 40, volume: 0.9},
  {weight: 1, minutesMean: 20, driftPerDay: 0.5, volatility: 3.5, pullPerDay: 0, volume: 3.5},
];
const WEIGHT_TOTAL = REGIMES.reduce((total, regime) => total + regime.weight, 0);

/** Standard deviation of the price's logarithm over a plain day. */
const VOLATILITY_PER_DAY = 0.04;

/**
 * Pull towards the first price, a day: weak, but over months no price runs off to zero or infinity.
 */
const HOME_PULL_PER_DAY = 0.1;

/** Volume spikes come a few times a day, lift the volume up to 14-fold, move the price and fade. */
const SPIKES_PER_DAY = 4;
const SPIKE_VOLUME_MIN = 5;
const SPIKE_VOLUME_MAX = 14;
const SPIKE_FADE_MS = 4 * MINUTE_MS;
const SPIKE_JOLT = 0.006;

/** What a step of the walk brings. */
export interface WalkStep {
  price: number;
  /** Volume in relation to a plain step of the same length; positive. */
  activity: number;
}

/**
 * The price of one symbol: a geometric random walk through changing regimes, with volume that goes
 * with it. Steps may be of any length.
 */
export class PriceWalk {
  readonly #random: Random;
  /** Logarithm of the first price. */
  readonly #home: number;
  /** Logarithm of the price. */
  #level: number;
  /** Logarithm of the price at which the present regime began. */
  #anchor: number;
  #regime: Regime = REGIMES[0]!;
  /** Signed drift of the present regime, a day. */
  #driftPerDay = 0;
  /** What is left of the present regime. Not positive: the next step draws another one. */
  #regimeLeftMs = 0;
  /** Volume that the last spike still adds, in plain steps. */
  #spike = 0;

  constructor(startPrice: number, random: Random) {
    this.#random = random;
    this.#home = Math.log(startPrice);
    this.#level = this.#home;
    this.#anchor = this.#home;
  }

  step(stepMs: number): WalkStep {
    if (this.#regimeLeftMs <= 0) this.#drawRegime();
    this.#regimeLeftMs -= stepMs;
    const days = stepMs / DAY_MS;
    const noise = this.#random.gaussian() * VOLATILITY_PER_DAY * Math.sqrt(days);
    this.#level += this.#drift(days) + noise * this.#regime.volatility + this.#jolt(stepMs);
    const mood = Math.exp(0.5 * this.#random.gaussian());
    return {
      price: Math.exp(this.#level),
      activity: mood * (this.#regime.volume + this.#spike),
    };
  }

  #drawRegime(): void {
    this.#regime = pickRegime(this.#random.next() * WEIGHT_TOTAL);
    this.#driftPerDay = this.#regime.driftPerDay * (this.#random.next() < 0.5 ? -1 : 1);
    this.#regimeLeftMs = -Math.log(1 - this.#random.next()) * this.#regime.minutesMean * MINUTE_MS;
    this.#anchor = this.#level;
  }

  /** Pulls are capped at the whole way back, for steps of hours. */
  #drift(days: number): number {
    const pull = Math.min(1, this.#regime.pullPerDay * days) * (this.#anchor - this.#level);
    const homePull = Math.min(1, HOME_PULL_PER_DAY * days) * (this.#home - this.#level);
    return this.#driftPerDay * days + pull + homePull;
  }

  /** Fades the last spike or begins one; returns how far that moves the price's logarithm. */
  #jolt(stepMs: number): number {
    this.#spike *= Math.exp(-stepMs / SPIKE_FADE_MS);
    const begins = this.#random.next() < (SPIKES_PER_DAY * stepMs) / DAY_MS;
    if (!begins) return 0;
    this.#spike = this.#random.between(SPIKE_VOLUME_MIN, SPIKE_VOLUME_MAX);
    return this.#random.gaussian() * SPIKE_JOLT;
  }
}

/** The regime within whose share of {@link WEIGHT_TOTAL} the ticket falls. */
function pickRegime(ticket: number): Regime {
  let shareEnd = 0;
  for (const regime of REGIMES) {
    shareEnd += regime.weight;
    if (ticket < shareEnd) return regime;
  }
  return REGIMES[0]!;
}
