import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import {ExchangeTime} from '../../../src/market/binance/exchange-time.js';
import {StillClock} from '../../support/still-clock.js';

/** An exchange whose clock is 5 s ahead, and which answers when it is told to. */
function createTime() {
  const clock = new StillClock();
  const answers: {tell(): void; fail(): void}[] = [];
  const time = new ExchangeTime(clock, () => {
    return new Promise((resolve, reject) => {
      answers.push({
        tell: () => resolve(clock.epochMs() + 5_000),
        fail: () => reject(new Error('nobody there')),
      });
    });
  });
  return {clock, time, answers};
}

test('refresh() is never ahead of the exchange, however long the question waited for its turn', async t => {
  const {clock, time, answers} = createTime();
  const told = time.refresh();
  clock.move(120_000);
  answers[0]?.tell();
  await told;
  t.is(time.nowMs(), clock.epochMs() + 5_000);
  clock.move(1_000);
  t.is(time.nowMs(), clock.epochMs() + 5_000);
});

test('refresh() asks once for all who wait, and not again for a moment', async t => {
  const {clock, time, answers} = createTime();
  const waiting = [time.refresh(), time.refresh()];
  t.is(answers.length, 1);
  let toldCount = 0;
  for (const one of waiting) void one.then(() => toldCount++);
  await nextTurn();
  t.is(toldCount, 0);
  answers[0]?.tell();
  await Promise.all(waiting);
  clock.move(9_999);
  await time.refresh();
  t.is(answers.length, 1);
  clock.move(1);
  const again = time.refresh();
  t.is(answers.length, 2);
  answers[1]?.tell();
  await again;
});

test('refresh() that failed leaves the clock unknown: the next one asks at once', async t => {
  const {clock, time, answers} = createTime();
  const told = time.refresh();
  answers[0]?.fail();
  await t.throwsAsync(told, {message: 'nobody there'});
  const again = time.refresh();
  t.is(answers.length, 2);
  answers[1]?.tell();
  await again;
  t.is(time.nowMs(), clock.epochMs() + 5_000);
});
