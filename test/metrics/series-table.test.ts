import test from 'ava';
import fc from 'fast-check';
import {SeriesTable} from '../../src/metrics/series-table.js';

const NAMES = ['a', 'b', 'c'] as const;

/** Texts that differ where the hash doesn't look, and few of them, so that they meet. */
const text = fc.constantFrom(
  '',
  'x',
  'xy',
  'id-1-xx',
  'id-2-xx',
  'id-3-xx',
  'id-4-xx',
  'id-5-xx',
  'é',
);

function labelsOf(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(values.map((value, i) => [NAMES[i]!, value]));
}

test('find() never finds another series, whatever was added, replaced and removed', t => {
  fc.assert(
    fc.property(
      fc
        .integer({min: 1, max: 3})
        .chain(count =>
          fc.tuple(
            fc.constant(count),
            fc.array(
              fc.tuple(
                fc.constantFrom('add', 'remove', 'replace'),
                fc.array(text, {minLength: count, maxLength: count}),
              ),
              {maxLength: 400},
            ),
          ),
        ),
      ([count, steps]) => {
        const table = new SeriesTable<{key: string; version: number}>(NAMES.slice(0, count));
        const known = new Map<string, number>();
        let version = 0;
        for (const [step, values] of steps) {
          const key = JSON.stringify(values);
          if (step === 'add' && !known.has(key)) {
            known.set(key, version);
            table.add(values, {key, version});
          } else if (step === 'remove') {
            known.delete(key);
            table.remove(values);
          } else if (step === 'replace') {
            version++;
            for (const one of known.keys()) known.set(one, version);
            table.replaceAll(series => ({...series, version}));
          }
          const found = table.find(labelsOf(values));
          // It may miss one, and then another way is taken.
          if (found === undefined) continue;
          t.is(found.key, key);
          t.is(found.version, known.get(key) ?? -1);
        }
      },
    ),
  );
});

test('find() finds usual label sets in whichever order they are written', t => {
  const table = new SeriesTable<{i: number}>(['route', 'status']);
  const count = 1_000;
  for (let i = 0; i < count; i++) table.add([`/route/${i >> 2}`, `${200 + (i & 3)}`], {i});
  let found = 0;
  for (let i = 0; i < count; i++) {
    const labels = {status: `${200 + (i & 3)}`, route: `/route/${i >> 2}`};
    const series = table.find(labels);
    if (series === undefined) continue;
    t.is(series.i, i);
    found++;
  }
  t.true(found > count * 0.95, `${found} of ${count}`);
});

test('find() leaves to another way what is no whole set of known texts', t => {
  const table = new SeriesTable<object>(['a', 'b']);
  table.add(['1', '2'], {});
  const others: Record<string, unknown>[] = [
    {a: '1'},
    {a: '1', b: 2},
    {a: '1', b: '2', c: '3'},
    {a: '1', b: null},
    {},
  ];
  for (const labels of others) t.is(table.find(labels), undefined);
  t.not(table.find({b: '2', a: '1'}), undefined);
});
