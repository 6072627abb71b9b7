import test from 'ava';
import {decodeVerdict, NOTE_CHARS_MAX, PRICES_MAX} from '../../src/schemas.js';
import {AnalysisError} from '../../src/signals/analyser.js';
import type {Verdict} from '../../src/signals/signal.js';
import {WAIT} from '../support/signals.js';

const {plan, keyLevels} = WAIT;

test('decodeVerdict() takes a verdict and leaves out what it doesn’t know', t => {
  const long = {
    ...WAIT,
    decision: 'long',
    plan: {entryPrice: 2, stopPrice: 1.5, targetPrices: [3, 4], note: 'up'},
  };
  const more: unknown = {...long, model: 'x', plan: {...long.plan, size: 3}};
  t.deepEqual(decodeVerdict(more), long as Verdict);
});

const wrong: readonly [string, unknown][] = [
  ['the answer', null],
  ['the answer', 'long'],
  ['decision', {...WAIT, decision: 'buy'}],
  ['confidence', {...WAIT, confidence: '0.5'}],
  ['confidence', {...WAIT, confidence: -0.1}],
  ['keyLevels', {...WAIT, keyLevels: undefined}],
  ['keyLevels.support[1]', {...WAIT, keyLevels: {...keyLevels, support: [1, 0]}}],
  [
    'keyLevels.support',
    {...WAIT, keyLevels: {...keyLevels, support: new Array(PRICES_MAX + 1).fill(1)}},
  ],
  ['plan.entryPrice', {...WAIT, plan: {...plan, entryPrice: Number.POSITIVE_INFINITY}}],
  ['plan.note', {...WAIT, plan: {...plan, note: 'n'.repeat(NOTE_CHARS_MAX + 1)}}],
];

for (const [i, [place, json]] of wrong.entries()) {
  test(`decodeVerdict() refuses a wrong ${place} in a line that names it (${i})`, t => {
    const error = t.throws(() => decodeVerdict(json), {instanceOf: AnalysisError});
    t.is(error.code, 'analysis_invalid');
    t.true(error.message.startsWith(`${place}: `), error.message);
    t.false(error.message.includes('\n'));
  });
}
