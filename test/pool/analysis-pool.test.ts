import test from 'ava';
import fc from 'fast-check';
import {KlineStore} from '../../src/market/kline-store.js';
import {AnalysisPool} from '../../src/pool/analysis-pool.js';
import {AnalysisError} from '../../src/signals/analyser.js';
import {analyseCandles} from '../../src/signals/built-in-analysis.js';
import {FATES, type Fate, type MortalRequest} from '../fixtures/mortal-analyst.js';
import {Gate} from '../support/gate.js';
import {fillStore} from '../support/machine.js';
import {readCandles, testWithRecordings} from '../support/recordings.js';
import {HurriedTimers, requestOf, settle, startQueue} from '../support/signals.js';

testWithRecordings(
  'analyse() gives in its worker what the candles give here, as at the match',
  async t => {
    const pool = new AnalysisPool();
    t.teardown(() => pool.shutdown());
    const candles = readCandles('spot-12field-static-klines', 'BTCUSDT', '15m').slice(0, 540);
    const store = new KlineStore();
    for (const kline of candles.slice(0, 500)) store.record('BTCUSDT', '15m', kline, true);
    const request = requestOf('a', store.snapshot());
    // What closes after the match is no part of it.
    for (const kline of candles.slice(500)) store.record('BTCUSDT', '15m', kline, true);
    const price = Number(candles[499]?.[4]);
    const {signal} = new AbortController();
    const priced = {...request, signal: {...request.signal, price}};
    const verdict = await pool.analyse(priced, signal);
    t.deepEqual(verdict, analyseCandles(price, candles.slice(0, 500)));
    t.not(verdict.confidence, 0);
    t.deepEqual(await pool.analyse(priced, signal), verdict);
  },
);

test('analyse() refuses a signal whose candles are overwritten', async t => {
  const pool = new AnalysisPool();
  t.teardown(() => pool.shutdown());
  const store = new KlineStore({candlesMax: 2, slackCandles: 1});
  fillStore(store, ['BTCUSDT'], 3);
  const request = requestOf('a', store.snapshot());
  fillStore(store, ['BTCUSDT'], 20);
  const error = await t.throwsAsync(pool.analyse(request, new AbortController().signal), {
    instanceOf: AnalysisError,
  });
  t.is(error?.code, 'analysis_refused');
  t.regex(error?.message ?? '', /overrun/);
});

test('analyse() answers what waited when the worker died or was ended', async t => {
  const pool = new AnalysisPool(new URL('../fixtures/mortal-analyst.js', import.meta.url));
  t.teardown(() => pool.shutdown());
  for (const fate of ['exit', 'crash', 'hang'] as const) {
    const gate = new Gate();
    const abort = new AbortController();
    if (fate === 'hang') void gate.begun(1).then(() => abort.abort());
    const analyse = (fate: Fate, {signal}: AbortController) =>
      pool.analyse({...requestOf('a'), fate, gate: gate.memory} as MortalRequest, signal);
    const waiting = ['throw', 'answer', 'answer'] as const;
    const ends = await Promise.allSettled([
      analyse(fate, abort),
      ...waiting.map(next => analyse(next, new AbortController())),
    ]);
    const said = ends.map(({status}) => status);
    t.deepEqual(said, ['rejected', 'rejected', 'fulfilled', 'fulfilled'], fate);
  }
});

test('every signal ends once, as analysed or failed, whatever its tries and workers die of', async t => {
  const pool = new AnalysisPool(new URL('../fixtures/mortal-analyst.js', import.meta.url));
  t.teardown(() => pool.shutdown());
  const fate = fc.constantFrom<Fate>(...FATES, 'answer', 'answer');
  // A signal is what its tries will come to; those behind the list are answered.
  const signals = fc.array(fc.array(fate, {maxLength: 5}), {minLength: 1, maxLength: 12});
  const limits = fc.record({
    atOnceMax: fc.integer({min: 1, max: 4}),
    waitingMax: fc.integer({min: 0, max: 6}),
    perMinuteMax: fc.constantFrom(0, 3),
  });
  let analysedCount = 0;
  await fc.assert(
    fc.asyncProperty(signals, limits, fc.array(fc.boolean()), async (lives, bounds, pauses) => {
      const timers = new HurriedTimers();
      const {queue, analyses, failures, counts} = startQueue({
        ...bounds,
        timers,
        analyse(request, abort) {
          const expire = timers.expireLast;
          const next = lives[Number(request.signal.id)]?.shift() ?? 'answer';
          const gate = new Gate();
          // Killed while it hangs, not while it starts.
          if (next === 'hang') void gate.begun(1).then(expire);
          const mortal = {...request, fate: next, gate: gate.memory};
          return pool.analyse(mortal, abort);
        },
      });
      const made = lives.length;
      for (let i = 0; i < made; i++) {
        queue.add(requestOf(String(i)));
        if (pauses[i]) await settle();
        const {pending, analysed, failed} = counts();
        t.is(pending, queue.pendingCount);
        t.is(pending + analysed + failed, i + 1);
        t.true(pending <= bounds.atOnceMax * 2 + bounds.waitingMax);
      }
      await queue.idle();
      const {pending, analysed, failed} = counts();
      t.deepEqual([pending, analysed + failed], [0, made]);
      t.deepEqual([analyses.length, failures.length], [analysed, failed]);
      const ended = [...analyses, ...failures].map(({signalId}) => Number(signalId));
      t.deepEqual(
        ended.sort((a, b) => a - b),
        Array.from({length: made}, (_, i) => i),
      );
      analysedCount += analysed;
    }),
    {numRuns: 12},
  );
  t.true(analysedCount > 0);
});
