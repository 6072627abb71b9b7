import test from 'ava';
import fc from 'fast-check';
import {canonicalNumber} from '../../src/metrics/canonical-number.js';

/** The first two rows are the specification's own examples. */
const EXAMPLES: readonly (readonly [value: number, text: string])[] = [
  ...[0, 0.001, 0.002, 0.01, 0.1, 0.9, 0.95, 0.999, 1, 1.7, 10].map(
    value => [value, Number.isInteger(value) ? `${value}.0` : `${value}`] as const,
  ),
  ...Array.from({length: 21}, (_, i) => i - 10).map(
    power => [Number(`1e${power}`), powerText(power)] as const,
  ),
  [-5, '-5.0'],
  [-0, '0.0'],
  [30_000, '30000.0'],
  [999_999, '999999.0'],
  [1_234_567, '1.234567e+06'],
  [0.000_123_4, '0.0001234'],
  [0.000_012_34, '1.234e-05'],
  [1e21, '1e+21'],
  [-2.5e-7, '-2.5e-07'],
  [Number.MIN_VALUE, '5e-324'],
  [Number.MAX_VALUE, '1.7976931348623157e+308'],
];

function powerText(power: number): string {
  if (power >= 6) return `1e+${String(power).padStart(2, '0')}`;
  if (power < -4) return `1e-${String(-power).padStart(2, '0')}`;
  return power < 0 ? `0.${'1'.padStart(-power, '0')}` : `${'1'.padEnd(power + 1, '0')}.0`;
}

test('canonicalNumber() writes the examples of the specification, and as Go does', t => {
  for (const [value, text] of EXAMPLES) t.is(canonicalNumber(Number(value)), text);
});

test('canonicalNumber() writes any finite double so that it reads back, and never as an integer', t => {
  fc.assert(
    fc.property(fc.double({noNaN: true, noDefaultInfinity: true}), value => {
      const text = canonicalNumber(value);
      return Number(text) === value && /^-?\d+\.\d+$|^-?\d(\.\d+)?e[-+]\d{2,3}$/.test(text);
    }),
    {numRuns: 2_000},
  );
  t.pass();
});
