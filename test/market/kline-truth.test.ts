import test from 'ava';
import fc from 'fast-check';
import type {Kline} from '../../src/market/kline.js';
import {KlineStore} from '../../src/market/kline-store.js';
import {SharedKlines} from '../../src/screener/shared-klines.js';
import {candleAt} from '../support/candles.js';

const SYMBOL = 'BTCUSDT';
const CANDLES_MAX = 5;

/** A frame of the stream: a candle's position, how many of its three states it tells, and whether it is the last. */
interface Frame {
  readonly position: number;
  readonly state: 1 | 2 | 3;
}

/** What reaches the store, in its turn: a frame, or an answer of REST with all candles from one position up to what is known. */
type Step = Frame | {readonly repairFrom: number; readonly upTo: number};

const COUNT = 20;

/** All frames of `COUNT` candles, some lost, doubled, or moved by up to 25 places, beyond the window. */
const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.record({
      copies: fc.constantFrom(0, 1, 1, 1, 2),
      delay: fc.constantFrom(0, 0, 0, 0, 2, 9, 25),
      repairs: fc.constantFrom(false, false, false, false, true),
      depth: fc.integer({min: 0, max: 8}),
    }),
    {minLength: COUNT * 3, maxLength: COUNT * 3},
  )
  .chain(fates =>
    fc
      .array(fc.constantFrom(true, true, true, false), {minLength: COUNT, maxLength: COUNT})
      .map(isTold => {
        const placed: {at: number; step: Step}[] = [];
        fates.forEach(({copies, delay, repairs, depth}, index) => {
          const position = Math.floor(index / 3);
          const state = ((index % 3) + 1) as Frame['state'];
          for (let copy = 0; copy < copies && isTold[position]; copy += 1) {
            placed.push({at: index + (copy + 1) * delay, step: {position, state}});
          }
          if (!repairs) return;
          // The newest closed candle that REST knows at this moment.
          const upTo = state === 3 ? position : position - 1;
          placed.push({at: index + 0.5, step: {repairFrom: Math.max(0, upTo - depth), upTo}});
        });
        return placed.sort((a, b) => a.at - b.at).map(({step}) => step);
      }),
  );

/** A candle in one of its states; the third is the last. */
function stateOf({position, state}: Frame): Kline {
  return candleAt(position, 100 + position * 10 + state);
}

const LAST = 3;
const truthOf = (position: number) => stateOf({position, state: LAST});

function candlesOf(store: KlineStore): readonly Kline[] {
  const shared = new SharedKlines();
  shared.open(store.snapshot());
  return shared.candles(SYMBOL, '5m') ?? [];
}

const positionOf = (kline: readonly unknown[]) =>
  (Number(kline[0]) - candleAt(0)[0]) / (candleAt(1)[0] - candleAt(0)[0]);

test('record() and merge(): whatever is lost, doubled, late or reordered, a repair makes it the truth, and each hole counts once', t => {
  fc.assert(
    fc.property(steps, sequence => {
      const store = new KlineStore({candlesMax: CANDLES_MAX});
      // Positions between the first and the newest that were passed over, each once: what ought to be counted.
      const seen = new Set<number>();
      const passedOver = new Set<number>();
      let first = Number.NaN;
      let newest = Number.NaN;
      let counted = 0;
      const advance = (position: number) => {
        if (Number.isNaN(newest)) first = position;
        for (let p = newest + 1; p < position; p += 1) if (!seen.has(p)) passedOver.add(p);
        seen.add(position);
        if (!(position <= newest)) newest = position;
      };
      for (const step of sequence) {
        if ('position' in step) {
          const {missingCandles} = store.record(SYMBOL, '5m', stateOf(step), step.state === LAST);
          counted += missingCandles;
          if (!(step.position <= newest)) advance(step.position);
          continue;
        }
        if (step.upTo < 0 || Number.isNaN(newest)) continue;
        // As a repair asks: from its hole on, without a hole up to what REST knows.
        const rows = [];
        for (let p = Math.max(first, step.repairFrom); p <= step.upTo; p += 1)
          rows.push(truthOf(p));
        const before = newest;
        counted += store.merge(SYMBOL, '5m', rows, {isRepair: true}).missingCandles;
        for (const row of rows) {
          const position = positionOf(row);
          if (!(position > newest)) continue;
          advance(position);
          if (position > before) passedOver.add(position);
        }
      }
      if (Number.isNaN(newest)) return;
      t.is(counted, passedOver.size, 'missing candles');
      // At last a repair as the feed does it: from the oldest hole within the window on.
      const wantedFromMs = store.reach(SYMBOL, '5m')?.wantedFromMs;
      const from = wantedFromMs === undefined ? newest : positionOf([wantedFromMs]);
      const rows = [];
      for (let p = from; p <= newest + 1; p += 1) rows.push(truthOf(p));
      store.merge(SYMBOL, '5m', rows, {isRepair: true});
      const positions = candlesOf(store).map(positionOf);
      const length = positions.length;
      t.deepEqual(
        positions,
        Array.from({length}, (_, index) => newest + 2 - length + index),
        'no hole',
      );
      t.deepEqual(
        candlesOf(store).map(kline => kline.slice(0, 7).map(Number)),
        positions.map(position => truthOf(position).slice(0, 7).map(Number)),
        'the truth',
      );
      t.is(store.reach(SYMBOL, '5m')?.wantedFromMs, undefined);
      t.is([...store.series()][0]?.missingCandles, counted + 1);
    }),
    {numRuns: 300},
  );
});
