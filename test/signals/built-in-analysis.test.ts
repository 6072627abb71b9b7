import test from 'ava';
import type {Kline} from '../../src/market/kline.js';
import {decodeVerdict} from '../../src/schemas.js';
import {analyseCandles, CANDLES_MIN} from '../../src/signals/built-in-analysis.js';
import {findKeyLevels} from '../../src/signals/key-levels.js';
import type {Verdict} from '../../src/signals/signal.js';
import {readCandles, testWithRecordings} from '../support/recordings.js';

/** Candles of given closes, each a range of 2 around it, of equal volume. */
function candlesOf(closes: readonly number[]): Kline[] {
  return closes.map((close, i) => {
    const [open, high, low] = [closes[i - 1] ?? close, close + 1, close - 1].map(String);
    const times = [i * 900_000, (i + 1) * 900_000 - 1] as const;
    return [times[0], open!, high!, low!, String(close), '5', times[1], '0', 1, '0', '0', '0'];
  });
}

/** What must hold of every verdict. */
function problemOf({decision, confidence, keyLevels, plan}: Verdict, price: number): string | null {
  if (!(confidence >= 0 && confidence <= 1)) return `confidence ${confidence}`;
  const {support, resistance} = keyLevels;
  if (support.some((level, i) => level >= (support[i - 1] ?? price))) return `support ${support}`;
  if (resistance.some((level, i) => level <= (resistance[i - 1] ?? price)))
    return `resistance ${resistance}`;
  const {entryPrice, stopPrice, targetPrices} = plan;
  if (decision === 'wait') {
    return entryPrice === null && stopPrice === null && targetPrices.length === 0 ? null : 'wait';
  }
  const side = decision === 'long' ? 1 : -1;
  if (entryPrice !== price) return `entry ${entryPrice}`;
  if (stopPrice === null || side * (price - stopPrice) <= 0) return `stop ${stopPrice}`;
  const isBehind = targetPrices.some(target => side * (target - price) <= 0);
  return targetPrices.length === 0 || isBehind ? `targets ${targetPrices}` : null;
}

testWithRecordings('analyseCandles() gives sound verdicts on real candles, always the same', t => {
  const decisions = new Set<string>();
  for (const symbol of ['BTCUSDT', 'DOGEUSDT']) {
    const candles = readCandles('spot-12field-static-klines', symbol, '15m');
    for (let end = 500; end < 6_000; end += 50) {
      const window = candles.slice(end - 500, end);
      const price = Number(window.at(-1)?.[4]);
      const verdict = analyseCandles(price, window);
      t.is(problemOf(verdict, price), null, `${symbol} ${end}`);
      t.deepEqual(analyseCandles(price, structuredClone(window)), verdict);
      t.deepEqual(decodeVerdict(JSON.parse(JSON.stringify(verdict))), verdict);
      decisions.add(verdict.decision);
    }
  }
  t.deepEqual([...decisions].sort(), ['long', 'short', 'wait']);
});

test('analyseCandles() follows a trend that isn’t overdone, with stop and targets', t => {
  // Two steps up, one down: an RSI between the extremes.
  const rising = candlesOf(
    Array.from({length: 122}, (_, i) => 100 + i / 3 + (i % 3 === 2 ? -2 : 0)),
  );
  const price = Number(rising.at(-1)?.[4]);
  const long = analyseCandles(price, rising);
  t.is(long.decision, 'long');
  t.is(problemOf(long, price), null);
  const falling = candlesOf(
    Array.from({length: 122}, (_, i) => 200 - i / 3 + (i % 3 === 2 ? 2 : 0)),
  );
  const last = Number(falling.at(-1)?.[4]);
  const short = analyseCandles(last, falling);
  t.is(short.decision, 'short');
  t.is(problemOf(short, last), null);
});

test('analyseCandles() waits, sure of nothing, where there is too little to go by', t => {
  const few = candlesOf(Array.from({length: CANDLES_MIN - 1}, (_, i) => 100 + i));
  const flat = candlesOf(new Array(100).fill(5)).map(
    kline => kline.with(2, '5').with(3, '5') as Kline,
  );
  for (const candles of [[], few, flat]) {
    t.like(analyseCandles(5, candles), {
      decision: 'wait',
      confidence: 0,
      keyLevels: {support: [], resistance: []},
      plan: {entryPrice: null, stopPrice: null, targetPrices: []},
    });
  }
  const broken = candlesOf(new Array(100).fill(Number.NaN));
  t.is(analyseCandles(5, broken).decision, 'wait');
});

test('findKeyLevels() finds the turning points on either side, nearest first, three at most', t => {
  // Waves that turn at 90, 80, 70, 60 below and 110, 120, 130, 140 above.
  const turns = [140, 60, 130, 70, 120, 80, 110, 90, 100];
  const closes = turns.flatMap((from, i) => {
    const to = turns[i + 1] ?? from;
    return Array.from({length: 10}, (_, step) => from + ((to - from) * step) / 10);
  });
  const {support, resistance} = findKeyLevels(candlesOf(closes), 100, 2);
  t.is(support.length, 3);
  t.is(resistance.length, 3);
  // Lows reach 1 below the closes, highs 1 above.
  t.true(support.includes(89) && resistance.includes(111), `${support} | ${resistance}`);
});
