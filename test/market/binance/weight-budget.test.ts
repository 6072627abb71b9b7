import test from 'ava';
import {WEIGHT_PER_MINUTE, WeightBudget} from '../../../src/market/binance/weight-budget.js';

const MINUTE_MS = 60_000;
/** A full minute of the exchange's clock. */
const START_MS = 1_700_000_040_000 - (1_700_000_040_000 % MINUTE_MS);

/** Sends requests of a weight as soon as each may go, and returns the moments. */
function drive(budget: WeightBudget, weights: readonly number[], startMs: number): number[] {
  let nowMs = startMs;
  return weights.map(weight => {
    for (let waitMs = budget.waitMs(weight, nowMs); waitMs > 0; ) {
      nowMs += waitMs;
      waitMs = budget.waitMs(weight, nowMs);
    }
    budget.take(weight, nowMs);
    return nowMs;
  });
}

test('waitMs() driven to its limit keeps each minute within the share, and uses all of it', t => {
  const budget = new WeightBudget(0.8);
  const moments = drive(budget, Array(6_000).fill(2), START_MS + 15_000);
  const perMinute = new Map<number, number>();
  for (const moment of moments) {
    const minute = Math.floor(moment / MINUTE_MS);
    perMinute.set(minute, (perMinute.get(minute) ?? 0) + 2);
  }
  t.deepEqual([...perMinute.values()], [4_800, 4_800, 2_400]);
  t.is(moments[2_399], START_MS + 15_000);
  t.is(moments[2_400], START_MS + MINUTE_MS);
});

test('tell() counts what others on the address have used, and never less than was counted here', t => {
  const budget = new WeightBudget(0.5);
  budget.take(100, START_MS);
  budget.tell(40, START_MS);
  t.is(budget.usedAt(START_MS), 100);
  budget.tell(2_999, START_MS);
  t.is(budget.waitMs(1, START_MS + 1), 0);
  t.is(budget.waitMs(2, START_MS + 1), MINUTE_MS - 1);
  t.is(budget.usedAt(START_MS + MINUTE_MS), 0);
});

test('waitMs() lets a request that exceeds a whole minute go alone', t => {
  const budget = new WeightBudget(0.01);
  t.is(budget.waitMs(80, START_MS), 0);
  budget.take(80, START_MS);
  t.is(budget.waitMs(80, START_MS), MINUTE_MS);
  t.is(budget.waitMs(80, START_MS + MINUTE_MS), 0);
});

test('pause() holds everything back, the longest pause counts, and setLimit() moves the bound', t => {
  const budget = new WeightBudget(1);
  budget.pause(START_MS + 5_000);
  budget.pause(START_MS + 1_000);
  t.is(budget.waitMs(1, START_MS), 5_000);
  t.is(budget.waitMs(1, START_MS + 5_000), 0);
  budget.setLimit(10);
  budget.take(10, START_MS + 5_000);
  t.is(budget.waitMs(1, START_MS + 5_000), MINUTE_MS - 5_000);
  budget.setLimit(WEIGHT_PER_MINUTE);
  t.is(budget.waitMs(1, START_MS + 5_000), 0);
});
