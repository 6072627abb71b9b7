import test from 'ava';
import fc from 'fast-check';
import {SKETCH_CELLS, sketchCellOf, sketchValueOf} from '../../src/metrics/sketch.js';
import {VALUE_BYTES} from '../../src/metrics/text-value.js';
import {parsePage, sampleKey} from '../support/exposition.js';
import {HandWritten} from '../support/hand-written.js';

/** A sample line with its value right-aligned. */
function line(name: string, value: string): string {
  return `${name} ${value.padStart(VALUE_BYTES)}`;
}

function lines(...texts: string[]): string {
  return texts.map(text => `${text}\n`).join('');
}

test('render() writes counters, gauges and histograms in the order of their declaration', t => {
  const hand = new HandWritten();
  const jobs = hand.family('counter', {name: 'jobs_total', help: 'Jobs done.', labelNames: ['k']});
  const level = hand.family('gauge', {name: 'level', help: 'Level now.'});
  const time = hand.family('histogram', {
    name: 'time_ms',
    help: 'Time.',
    labelNames: ['k'],
    buckets: [0.5, 10, 1e21],
  });
  hand.totals.add(hand.series(jobs, 'b'), 0, 3);
  hand.totals.add(hand.series(jobs, 'a'), 0, 12);
  hand.set(hand.series(level), -2.5);
  const series = hand.series(time, 'a');
  for (const [offset, amount] of [2, 3, 0, 1, 77.25].entries()) {
    hand.totals.add(series, offset, amount);
  }
  t.is(
    hand.text(),
    `# HELP jobs_total Jobs done.
# TYPE jobs_total counter
jobs_total{k="b"}                         3
jobs_total{k="a"}                        12
# HELP level Level now.
# TYPE level gauge
level                      -2.5
# HELP time_ms Time.
# TYPE time_ms histogram
time_ms_bucket{k="a",le="0.5"}                         2
time_ms_bucket{k="a",le="10"}                         5
time_ms_bucket{k="a",le="1e+21"}                         5
time_ms_bucket{k="a",le="+Inf"}                         6
time_ms_sum{k="a"}                     77.25
time_ms_count{k="a"}                         6
`,
  );
});

test('render() writes the quantiles of a summary, then its sum and count', t => {
  const hand = new HandWritten();
  const options = {name: 'size', help: 'Size.', labelNames: ['k'], quantiles: [0, 0.5, 1]};
  const family = hand.family('summary', options);
  const series = hand.series(family, 'a');
  hand.series(family, undefined);
  for (const value of [-8, 0, 0, 8]) hand.totals.add(series, sketchCellOf(value), 1);
  hand.totals.add(series, SKETCH_CELLS, 0.25);
  const eight = String(sketchValueOf(sketchCellOf(8)));
  t.is(
    hand.text(),
    lines(
      '# HELP size Size.',
      '# TYPE size summary',
      line('size{k="a",quantile="0"}', `-${eight}`),
      line('size{k="a",quantile="0.5"}', '0'),
      line('size{k="a",quantile="1"}', eight),
      line('size_sum{k="a"}', '0.25'),
      line('size_count{k="a"}', '4'),
      line('size{quantile="0"}', '0'),
      line('size{quantile="0.5"}', '0'),
      line('size{quantile="1"}', '0'),
      line('size_sum', '0'),
      line('size_count', '0'),
    ),
  );
});

test('render() of nothing is empty', t => {
  t.is(new HandWritten().text(), '');
});

test('render() escapes backslashes and newlines of a help, and leaves its quotes', t => {
  const hand = new HandWritten();
  hand.family('counter', {name: 'a_total', help: 'One "a"\nper C:\\dir, 漢 🚀'});
  t.is(
    hand.text(),
    lines('# HELP a_total One "a"\\nper C:\\\\dir, 漢 🚀', '# TYPE a_total counter'),
  );
});

test('render() escapes quotes, backslashes and newlines of label values, and nothing else', t => {
  const hand = new HandWritten();
  const family = hand.family('counter', {name: 'a_total', help: 'A', labelNames: ['k']});
  const values = ['say "hi"', 'C:\\n', 'two\nlines', 'Grüße 漢字', '🚀', '{a="b"} 5', '\t', ''];
  for (const [i, value] of values.entries()) hand.totals.add(hand.series(family, value), 0, i);
  t.is(
    hand.text(),
    lines(
      '# HELP a_total A',
      '# TYPE a_total counter',
      line('a_total{k="say \\"hi\\""}', '0'),
      line('a_total{k="C:\\\\n"}', '1'),
      line('a_total{k="two\\nlines"}', '2'),
      line('a_total{k="Grüße 漢字"}', '3'),
      line('a_total{k="🚀"}', '4'),
      line('a_total{k="{a=\\"b\\"} 5"}', '5'),
      line('a_total{k="\t"}', '6'),
      line('a_total{k=""}', '7'),
    ),
  );
});

test('render() leaves out a label that the series has not, and braces with none', t => {
  const hand = new HandWritten();
  const family = hand.family('gauge', {name: 'level', help: 'L', labelNames: ['a', 'b']});
  hand.series(family, undefined, 'x');
  hand.series(family, undefined, undefined);
  const expected = [line('level{b="x"}', '0'), line('level', '0')];
  t.is(hand.text(), lines('# HELP level L', '# TYPE level gauge', ...expected));
});

test('render() writes head lines of a family without series', t => {
  const hand = new HandWritten();
  hand.family('histogram', {name: 'time_ms', help: 'T', labelNames: ['k']});
  t.is(hand.text(), lines('# HELP time_ms T', '# TYPE time_ms histogram'));
});

test('render() leaves out families that are to be omitted', t => {
  const hand = new HandWritten();
  for (const type of ['counter', 'gauge', 'histogram', 'summary'] as const) {
    const family = hand.family(type, {name: `a_${type}`, help: 'A', aggregator: 'omit'});
    hand.series(family);
  }
  hand.level();
  t.is(hand.text(), lines('# HELP level L', '# TYPE level gauge', line('level', '0')));
});

const VALUES: readonly (readonly [value: number, text: string])[] = [
  [0, '0'],
  [-0, '0'],
  [99, '99'],
  [5, '5'],
  [-5, '-5'],
  [1_234_567_890, '1234567890'],
  [2 ** 53 - 1, '9007199254740991'],
  [2 ** 53, '9007199254740992'],
  [-(2 ** 53), '-9007199254740992'],
  [123_456_789_012_345_680_000, '123456789012345680000'],
  [1e21, '1e+21'],
  [0.1 + 0.2, '0.30000000000000004'],
  [-1.5, '-1.5'],
  [1e-7, '1e-7'],
  [-1.234_567_890_123_456_8e-300, '-1.2345678901234568e-300'],
  [-1.234_567_890_123_456_7e-6, '-0.0000012345678901234567'],
  [Number.MAX_VALUE, '1.7976931348623157e+308'],
  [Number.MIN_VALUE, '5e-324'],
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
];

for (const [value, text] of VALUES) {
  test(`render() writes ${Object.is(value, -0) ? '-0' : value} as \`${text}\``, t => {
    const hand = new HandWritten();
    hand.set(hand.level(), value);
    t.is(hand.text(), lines('# HELP level L', '# TYPE level gauge', line('level', text)));
  });
}

test('render() leaves nothing of a longer value behind a shorter one', t => {
  const hand = new HandWritten();
  const series = hand.level();
  for (const [value, text] of [...VALUES, ...VALUES.toReversed()]) {
    hand.set(series, value);
    t.is(hand.text(), lines('# HELP level L', '# TYPE level gauge', line('level', text)));
  }
});

test('render() writes any finite double so that it reads back as the same', t => {
  const hand = new HandWritten();
  const series = hand.level();
  const finite = fc.oneof(
    fc.double({noNaN: true, noDefaultInfinity: true}),
    // Where JavaScript writes the longest texts: many zeros, all digits and no exponent.
    fc.double({noNaN: true, min: -1e-5, max: -1e-6}),
    fc.integer(),
    fc.maxSafeInteger(),
  );
  fc.assert(
    fc.property(finite, value => {
      hand.set(series, value);
      const [, text] = /^level +(\S+)$/m.exec(hand.text()) ?? [];
      // The page shows -0 as 0, which is equal.
      return text !== undefined && Number(text) === value;
    }),
    {numRuns: 2_000},
  );
  t.pass();
});

test('render() writes any label value and any help so that a parser reads the same', t => {
  const text = fc.string({unit: 'grapheme', minLength: 1, maxLength: 40});
  fc.assert(
    fc.property(fc.uniqueArray(text, {maxLength: 8}), text, (values, help) => {
      const hand = new HandWritten();
      // The parser knows no blank help.
      const options = {name: 'a_total', help: `Help: ${help}`, labelNames: ['k']};
      const family = hand.family('counter', options);
      for (const [i, value] of values.entries()) hand.totals.add(hand.series(family, value), 0, i);
      const samples = parsePage(hand.text());
      t.deepEqual(
        values.map(value => samples.get(sampleKey('a_total', {k: value}))),
        values.map((_, i) => i),
      );
    }),
  );
});

test('render() without a change gives the same bytes', t => {
  const hand = new HandWritten();
  const time = hand.family('histogram', {name: 'time_ms', help: 'T', buckets: [1]});
  hand.totals.add(hand.series(time), 0, 7);
  hand.set(hand.level(), 0.25);
  const first = hand.page.render().slice();
  t.deepEqual(hand.page.render(), first);
});

test('render() keeps the page in one place while only values change', t => {
  const hand = new HandWritten();
  const series = hand.level();
  const first = hand.page.render();
  hand.set(series, 1e21);
  t.is(hand.page.render(), first);
});

test('render() lays the page out anew when a series comes or leaves, the others in their order', t => {
  const hand = new HandWritten();
  const family = hand.family('gauge', {name: 'level', help: 'L', labelNames: ['k']});
  const [a, b] = [hand.series(family, 'a'), hand.series(family, 'b')];
  hand.set(a, 1);
  hand.set(b, 22);
  const sampleLines = () => hand.text().split('\n').slice(2, -1);
  t.deepEqual(sampleLines(), [line('level{k="a"}', '1'), line('level{k="b"}', '22')]);
  hand.set(hand.series(family, 'c'), 333);
  const [lineA, lineB, lineC] = ['a 1', 'b 22', 'c 333'].map(text => {
    const [label, value = ''] = text.split(' ');
    return line(`level{k="${label}"}`, value);
  });
  t.deepEqual(sampleLines(), [lineA, lineB, lineC]);
  hand.totals.leave(a, hand.writer);
  t.deepEqual(sampleLines(), [lineB, lineC]);
  hand.set(hand.series(family, 'a'), 1);
  t.deepEqual(sampleLines(), [lineB, lineC, lineA]);
});

test('render() shows a family that is declared after the first page', t => {
  const hand = new HandWritten();
  hand.level();
  hand.text();
  hand.family('counter', {name: 'late_total', help: 'Late.'});
  t.true(hand.text().endsWith('# HELP late_total Late.\n# TYPE late_total counter\n'));
});
