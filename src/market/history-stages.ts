import {DAY_MS} from './day-window.js';

/**
 * Steps a candle of the history. Live ticks are finer. Divides every interval so that longer steps
 * are multiples.
 */
const HISTORY_STEPS = 6;

/**
 * A stretch of the simulated past, traded in equal steps from `fromMs` up to, not including,
 * `toMs`.
 */
export interface HistoryStage {
  fromMs: number;
  toMs: number;
  stepMs: number;
}

/**
 * The stages of a simulated past that ends at `startMs` and has `historyCandles` closed candles of
 * every interval, given by their lengths, and a day of the finest for the ticker. Ascending,
 * without a gap.
 *
 * Steps grow with the distance: no finer than the finest candles that the history shows of that
 * time, or 300 days in steps of 1m would take a minute. Stages begin where a candle of the longest
 * interval does, so no step crosses the end of a candle. Behind the last end of a finest candle it
 * goes tick by tick.
 */
export function historyStages(
  lengthsMs: readonly number[],
  {startMs, tickMs, historyCandles}: {startMs: number; tickMs: number; historyCandles: number},
): HistoryStage[] {
  const longestFirst = lengthsMs.toSorted((a, b) => b - a);
  const longestMs = longestFirst[0]!;
  const finestMs = longestFirst.at(-1)!;
  const stages = longestFirst.map((lengthMs): HistoryStage => {
    const spanMs = Math.max(historyCandles * lengthMs, lengthMs === finestMs ? DAY_MS : 0);
    const fromMs = floorTo(floorTo(startMs, lengthMs) - spanMs, longestMs);
    return {fromMs, toMs: startMs, stepMs: lengthMs / HISTORY_STEPS};
  });
  stages.push({fromMs: floorTo(startMs, finestMs), toMs: startMs, stepMs: tickMs});
  return stages.map((stage, index) => {
    // Any finer stage takes over, not just the next: the ticker's day may reach behind several.
    const finerFromMs = stages.slice(index + 1).map(({fromMs}) => fromMs);
    return {...stage, toMs: Math.min(stage.toMs, ...finerFromMs)};
  });
}

function floorTo(timeMs: number, lengthMs: number): number {
  return Math.floor(timeMs / lengthMs) * lengthMs;
}
