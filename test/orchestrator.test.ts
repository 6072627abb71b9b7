import test from 'ava';
import {Orchestrator} from '../src/orchestrator.js';
import type {AnalysisRequest} from '../src/signals/analyser.js';
import type {Signal} from '../src/signals/signal.js';
import {sampleKey} from './support/exposition.js';
import {fillStore, startMachine, traderOf} from './support/machine.js';
import {ManualTimers, sequentialIds, startQueue} from './support/signals.js';

const idsOf = () => {
  const ids = sequentialIds();
  return ({madeAtMs}: {madeAtMs: number}) => ids.next(madeAtMs);
};

const signalling = () => ({idOf: idsOf(), source: 'test', analyse: () => {}});

test('screen() makes a signal of each new match and adds up what it found', async t => {
  const {metrics, pool, store, samples} = await startMachine(t, 2);
  fillStore(store, ['AUSDT', 'BUSDT']);
  const traders = [traderOf('t', "return ticker.s === 'AUSDT';"), traderOf('u', 'return true;')];
  const onTraderTrouble = (line: string) => t.fail(line);
  const orchestrator = new Orchestrator({
    pool,
    store,
    metrics,
    traders: () => traders,
    clock: () => 5,
    onTraderTrouble,
    ...signalling(),
  });
  const first = await orchestrator.screen();
  t.like(first, {screenings: 1, traders: 2, newMatches: 3, continuingMatches: 0, signals: 3});
  const second = await orchestrator.screen();
  t.like(second, {screenings: 1, newMatches: 0, continuingMatches: 3, signals: 0, errors: 0});
  t.like(orchestrator.total, {screenings: 2, matches: 6, signals: 3});
  const labels = {trader_id: 'u', trader_name: 'U'};
  t.is(samples().get(sampleKey('trader_signals_total', labels)), 2);
  t.is(samples().get(sampleKey('trader_matches_total', labels)), 4);
});

test('screen() tells once why a trader can match nothing, until that changes', async t => {
  const {metrics, pool, store} = await startMachine(t, 1);
  fillStore(store, ['AUSDT']);
  const lines: string[] = [];
  const orchestrator = new Orchestrator({
    pool,
    store,
    metrics,
    traders: () => [
      traderOf('throws', "throw new Error('boom');"),
      traderOf('blind', 'return true;', {filter: {code: 'return true;', refreshInterval: '1d'}}),
      traderOf('broken', 'return (;'),
      traderOf('fine', 'return false;'),
    ],
    clock: () => 5,
    onTraderTrouble: line => lines.push(line),
    ...signalling(),
  });
  await orchestrator.screen();
  await orchestrator.screen();
  t.is(lines.length, 3, lines.join('\n'));
  t.is(lines[0], 'The filter of trader THROWS fails on every symbol: Error: boom [filter_throws]');
  t.is(
    lines[1],
    'Trader BLIND sees no symbol: the market has no candles of its intervals yet [trader_blind]',
  );
  t.regex(lines[2] ?? '', /^Trader BROKEN can't be screened: Filter does not parse: SyntaxError/);
});

test('screen() gives the sink each new match as a signal, and then the analysis, with one id', async t => {
  const {metrics, pool, store, samples} = await startMachine(t, 2);
  fillStore(store, ['AUSDT', 'BUSDT']);
  const traders = [
    traderOf('t', "return {match: true, conditions: ['dip']};"),
    traderOf('u', 'return false;', {analysisPriority: 'low'}),
    traderOf('v', "return ticker.s === 'BUSDT';", {
      analysisPriority: 'high',
      filter: {code: "return ticker.s === 'BUSDT';", requiredTimeframes: ['15m', '5m']},
    }),
  ];
  const signals: Signal[] = [];
  const asked: [AnalysisRequest, string][] = [];
  const total = (id: string) => {
    const labels = {trader_id: id, trader_name: id.toUpperCase()};
    return samples().get(sampleKey('trader_signals_total', labels));
  };
  const orchestrator = new Orchestrator({
    pool,
    store,
    metrics,
    traders: () => traders,
    clock: () => 1_700_000_000_000,
    onTraderTrouble: line => t.fail(line),
    idOf: idsOf(),
    source: 'replay',
    sink: {
      async recordSignals(batch) {
        signals.push(...batch);
        // A screening without new matches has none, and is told all the same.
        if (batch.length === 0) return;
        // Nothing is counted or analysed before the sink has it.
        t.is(asked.length, 0);
        t.is(total('t'), 0);
      },
    },
    analyse: (request, priority) => asked.push([request, priority]),
  });
  await orchestrator.screen();
  t.is(total('t'), 2);
  t.deepEqual(signals[0], {
    id: '018bcfe5-6800-7000-8000-000000000000',
    traderId: 't',
    traderName: 'T',
    symbol: 'AUSDT',
    price: 100,
    matchedConditions: ['dip'],
    madeAtMs: 1_700_000_000_000,
    source: 'replay',
  });
  t.deepEqual(
    asked.map(([{signal, intervals}, priority]) => [signal, intervals, priority]),
    [
      [signals[0], ['5m'], 'normal'],
      [signals[1], ['5m'], 'normal'],
      [signals[2], ['15m', '5m'], 'high'],
    ],
  );
  const ids = signals.map(({id}) => id);
  t.deepEqual([...new Set(ids)].sort(), ids);
  await orchestrator.screen();
  t.is(signals.length, 3);
});

test('screen() waits for no analysis, and none that hangs keeps it from signalling on', async t => {
  const {metrics, pool, store} = await startMachine(t, 1);
  fillStore(store, ['AUSDT', 'BUSDT', 'CUSDT']);
  const {queue, counts} = startQueue({
    analyse: () => new Promise(() => {}),
    timers: new ManualTimers(),
    atOnceMax: 1,
    waitingMax: 1,
  });
  const traders = [traderOf('t', '')];
  const orchestrator = new Orchestrator({
    pool,
    store,
    metrics,
    traders: () => traders,
    clock: () => 5,
    onTraderTrouble: line => t.fail(line),
    ...signalling(),
    analyse: (request, priority) => queue.add(request, priority),
  });
  for (let round = 0; round < 4; round++) {
    traders[0] = traderOf('t', `return ${round % 2 === 0};`);
    await orchestrator.screen();
  }
  t.is(orchestrator.total.signals, 6);
  t.deepEqual(counts(), {
    pending: 2,
    analysed: 0,
    failed: 4,
    retries: 0,
    reasons: {queue_full: 4},
  });
});
