import test from 'ava';
import {Orchestrator} from '../src/orchestrator.js';
import {sampleKey} from './support/exposition.js';
import {fillStore, startMachine, traderOf} from './support/machine.js';

test('screen() makes a signal of each new match and adds up what it found', async t => {
  const {metrics, pool, store, samples} = await startMachine(t, 2);
  fillStore(store, ['AUSDT', 'BUSDT']);
  const traders = [traderOf('t', "return ticker.s === 'AUSDT';"), traderOf('u', 'return true;')];
  const onTraderTrouble = (line: string) => t.fail(line);
  const orchestrator = new Orchestrator({
    pool,
    store,
    metrics,
    traders,
    clock: () => 5,
    onTraderTrouble,
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
    traders: [
      traderOf('throws', "throw new Error('boom');"),
      traderOf('blind', 'return true;', {filter: {code: 'return true;', refreshInterval: '1d'}}),
      traderOf('broken', 'return (;'),
      traderOf('fine', 'return false;'),
    ],
    clock: () => 5,
    onTraderTrouble: line => lines.push(line),
  });
  await orchestrator.screen();
  await orchestrator.screen();
  t.is(lines.length, 3, lines.join('\n'));
  t.is(lines[0], 'The filter of trader THROWS fails on every symbol: Error: boom');
  t.is(lines[1], 'Trader BLIND sees no symbol: the market has no candles of its intervals yet');
  t.regex(lines[2] ?? '', /^Trader BROKEN can't be screened: Filter does not parse: SyntaxError/);
});
