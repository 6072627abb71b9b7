import test from 'ava';
import fc from 'fast-check';
import {AGGREGATORS, defineFamily, type FamilyType} from '../../src/metrics/family.js';
import {OpenMetricsPage} from '../../src/metrics/open-metrics-page.js';
import {sketchCellOf} from '../../src/metrics/sketch.js';
import {SUM_OFFSET} from '../../src/metrics/summary-cells.js';
import {type TotalFamily, Totals} from '../../src/metrics/totals.js';
import {parsePage, sampleKey} from '../support/exposition.js';
import {HandWritten} from '../support/hand-written.js';
import {parseOpenMetrics} from '../support/open-metrics.js';

test('render() writes counters, gauges and histograms as OpenMetrics 1.0.0', t => {
  const hand = new HandWritten();
  const jobs = hand.family('counter', {name: 'jobs_total', help: 'Jobs done.', labelNames: ['k']});
  const level = hand.family('gauge', {name: 'level', help: 'Level now.'});
  const time = hand.family('histogram', {
    name: 'time_ms',
    help: 'Time.',
    labelNames: ['k'],
    buckets: [0.5, 5, 1e6],
  });
  hand.totals.add(hand.series(jobs, 'b'), 0, 3);
  hand.totals.add(hand.series(jobs, 'a'), 0, 12);
  hand.set(hand.series(level), -2.5);
  const series = hand.series(time, 'a');
  for (const [offset, amount] of [2, 3, 0, 1, 77.25].entries()) {
    hand.totals.add(series, offset, amount);
  }
  t.is(
    hand.openMetrics(),
    `# TYPE jobs counter
# HELP jobs Jobs done.
jobs_total{k="b"} 3
jobs_total{k="a"} 12
# TYPE level gauge
# HELP level Level now.
level -2.5
# TYPE time_ms histogram
# HELP time_ms Time.
time_ms_bucket{k="a",le="0.5"} 2
time_ms_bucket{k="a",le="5.0"} 5
time_ms_bucket{k="a",le="1e+06"} 5
time_ms_bucket{k="a",le="+Inf"} 6
time_ms_sum{k="a"} 77.25
time_ms_count{k="a"} 6
# EOF
`,
  );
});

test('render() of nothing is the end alone', t => {
  t.is(new HandWritten().openMetrics(), '# EOF\n');
});

test('render() samples a counter whose name lacks _total with it, at each rendering', t => {
  const hand = new HandWritten();
  hand.series(hand.family('counter', {name: 'jobs', help: 'J'}));
  for (let i = 0; i < 2; i++) {
    t.is(hand.openMetrics(), '# TYPE jobs counter\n# HELP jobs J\njobs_total 0\n# EOF\n');
    t.regex(hand.text(), /^jobs +0$/m);
  }
});

test('render() leaves a counter its own name where OpenMetrics has another family of it', t => {
  const hand = new HandWritten();
  const pairs = [
    ['jobs_total', 'counter'],
    ['jobs', 'gauge'],
    ['runs', 'counter'],
    ['runs_total', 'counter'],
    ['_total', 'counter'],
    ['x_total_total', 'counter'],
    ['x_total', 'counter'],
  ] as const;
  for (const [name, type] of pairs) hand.series(hand.family(type, {name, help: 'H'}));
  const {types, samples} = parseOpenMetrics(hand.openMetrics());
  const unknown = pairs.map(([name, type]) => [name, type === 'gauge' ? type : 'unknown'] as const);
  const expected = [...unknown.filter(([name]) => name !== 'x_total'), ['x', 'counter'] as const];
  t.deepEqual([...types].toSorted(), expected.toSorted());
  t.deepEqual(
    [...samples.keys()],
    pairs.map(([name]) => sampleKey(name)),
  );
});

test('render() has room for a counter again once what bore its name is omitted', t => {
  const hand = new HandWritten();
  hand.series(hand.family('gauge', {name: 'jobs', help: 'J', aggregator: 'omit'}));
  hand.series(hand.family('counter', {name: 'jobs_total', help: 'J'}));
  t.is(hand.openMetrics(), '# TYPE jobs counter\n# HELP jobs J\njobs_total 0\n# EOF\n');
});

test('render() escapes quotes, backslashes and newlines of labels and of helps', t => {
  const hand = new HandWritten();
  const family = hand.family('gauge', {name: 'a', help: 'One "a"\nper C:\\dir', labelNames: ['k']});
  hand.series(family, 'say "hi"\n\\n 漢 🚀');
  t.is(
    hand.openMetrics(),
    `# TYPE a gauge
# HELP a One \\"a\\"\\nper C:\\\\dir
a{k="say \\"hi\\"\\n\\\\n 漢 🚀"} 0
# EOF
`,
  );
});

test('render() leaves out sum and count of a histogram with negative bounds, as the specification says', t => {
  const hand = new HandWritten();
  const time = hand.series(hand.family('histogram', {name: 'drift', help: 'D', buckets: [-1, 1]}));
  hand.totals.add(time, 0, 2);
  hand.totals.add(time, 3, -4);
  t.is(
    hand.openMetrics(),
    `# TYPE drift histogram
# HELP drift D
drift_bucket{le="-1.0"} 2
drift_bucket{le="1.0"} 2
drift_bucket{le="+Inf"} 2
# EOF
`,
  );
  t.regex(hand.text(), /^drift_sum +-4\ndrift_count +2$/m);
});

test("render() leaves out a summary's sum once something negative was observed, as it is no counter", t => {
  const hand = new HandWritten();
  const family = hand.family('summary', {
    name: 'drift',
    help: 'D',
    labelNames: ['k'],
    quantiles: [],
  });
  const [below, above] = [hand.series(family, 'a'), hand.series(family, 'b')];
  for (const [series, value] of [
    [below, 3],
    [above, 2],
  ] as const) {
    hand.totals.add(series, sketchCellOf(value), 1);
    hand.totals.add(series, SUM_OFFSET, value);
  }
  const before = hand.openMetrics();
  t.regex(before, /^drift_sum\{k="a"\} 3$/m);
  hand.totals.add(below, sketchCellOf(-1), 1);
  hand.totals.add(below, SUM_OFFSET, -1);
  const lines = hand
    .openMetrics()
    .split('\n')
    .filter(line => line.startsWith('drift'));
  t.deepEqual(lines, ['drift_count{k="a"} 2', 'drift_sum{k="b"} 2', 'drift_count{k="b"} 1']);
  t.regex(hand.text(), /^drift_sum\{k="a"\} +2$/m);
});

test('render() writes a summary with floats as quantiles', t => {
  const hand = new HandWritten();
  const quantiles = [0, 0.5, 1];
  const size = hand.family('summary', {name: 'size', help: 'S', labelNames: ['k'], quantiles});
  const series = hand.series(size, 'a');
  hand.totals.add(series, sketchCellOf(0), 3);
  hand.totals.add(series, SUM_OFFSET, 2.5);
  t.is(
    hand.openMetrics(),
    `# TYPE size summary
# HELP size S
size{k="a",quantile="0.0"} 0
size{k="a",quantile="0.5"} 0
size{k="a",quantile="1.0"} 0
size_sum{k="a"} 2.5
size_count{k="a"} 3
# EOF
`,
  );
});

test('render() has one blank before values of any width, and nothing of a longer one behind', t => {
  const hand = new HandWritten();
  const series = hand.level();
  const texts = [
    '0',
    '-0.0000012345678901234567',
    '7',
    '+Inf',
    '1e+21',
    '-Inf',
    '9007199254740991',
  ];
  for (const text of texts) {
    hand.set(series, Number(text.replace('Inf', 'Infinity')));
    t.is(hand.openMetrics(), `# TYPE level gauge\n# HELP level L\nlevel ${text}\n# EOF\n`);
  }
});

const NAMES = ['jobs', 'jobs_total', 'runs', 'runs_total', 'level', '_total', 'a_total_total'];
const finite = fc.oneof(
  fc.double({noNaN: true, noDefaultInfinity: true}),
  fc.integer({min: -20, max: 20}),
);

interface RandomFamily {
  readonly name: string;
  readonly type: FamilyType;
  readonly help: string;
  readonly aggregator: (typeof AGGREGATORS)[number];
  readonly buckets: readonly number[];
  readonly quantiles: readonly number[];
}

const randomFamily: fc.Arbitrary<RandomFamily> = fc.record({
  name: fc.constantFrom(...NAMES),
  type: fc.constantFrom('counter', 'gauge', 'histogram', 'summary'),
  help: fc.string({unit: 'grapheme', maxLength: 10}).map(text => `Help: ${text}`),
  aggregator: fc.constantFrom(...AGGREGATORS),
  buckets: fc.uniqueArray(finite, {maxLength: 5, comparator: (a, b) => a === b}).map(ascending),
  quantiles: fc.subarray([0, 1e-7, 0.5, 0.999, 1]),
});

function ascending(bounds: readonly number[]): number[] {
  return bounds.map(bound => bound + 0).toSorted((a, b) => a - b);
}

const randomSample = fc.record({
  family: fc.nat(),
  label: fc.option(fc.string({unit: 'grapheme', maxLength: 6}), {nil: undefined}),
  offset: fc.nat(10),
  value: finite,
  isRendered: fc.boolean(),
});

type RandomSample = typeof randomSample extends fc.Arbitrary<infer T> ? T : never;

/** Writes a sample: adds to a counter, a bucket or a sum, or sets a gauge. */
function write(hand: HandWritten, family: TotalFamily, {label, offset, value}: RandomSample): void {
  const series = hand.series(family, label);
  const {type, buckets} = family.spec;
  if (type === 'gauge') hand.set(series, value);
  else if (type === 'counter') hand.totals.add(series, 0, Math.abs(value));
  else if (type === 'summary') {
    hand.totals.add(series, sketchCellOf(value), Math.abs(Math.round(value)) % 1_000);
    hand.totals.add(series, SUM_OFFSET, value);
  } else if (offset > buckets.length) hand.totals.add(series, buckets.length + 1, value);
  else hand.totals.add(series, offset, Math.abs(Math.round(value)) % 1_000);
}

/** The samples of the text page, as the OpenMetrics page has to name them. */
function expectedOf(hand: HandWritten, types: ReadonlyMap<string, string>) {
  const expected = [...parsePage(hand.text())].flatMap(([key, value]) => {
    const [name = ''] = key.split('{');
    const spec = hand.totals.families.get(name)?.spec;
    if (spec?.type === 'counter' && types.get(name) === 'counter' && !name.endsWith('_total')) {
      return [[key.replace('{', '_total{'), value] as const];
    }
    const summed = hand.totals.families.get(name.replace(/_(sum|count)$/, ''));
    const isSummary = summed?.spec.type === 'summary';
    const hasNegative = [...(summed?.series.values() ?? [])].some(
      series =>
        series.hasNegative &&
        key === sampleKey(name, Object.fromEntries(hand.totals.labelPairs(series))),
    );
    const isLeftOut =
      spec === undefined &&
      summed !== undefined &&
      (isSummary ? name.endsWith('_sum') && hasNegative : summed.spec.buckets[0]! < 0);
    return isLeftOut ? [] : [[key, value] as const];
  });
  return new Map(expected.toSorted());
}

test('both pages of one moment agree, whatever was declared and recorded', t => {
  const run = (families: readonly RandomFamily[], samples: readonly RandomSample[]) => {
    const hand = new HandWritten();
    const declared = families.map(({type, ...options}) =>
      hand.family(type, {...options, labelNames: ['k']}),
    );
    for (const sample of samples) {
      write(hand, declared[sample.family % declared.length]!, sample);
      // A page in between: digits are renewed, lines laid out anew.
      if (sample.isRendered) hand.openMetrics();
    }
    const {types, samples: read} = parseOpenMetrics(hand.openMetrics());
    t.deepEqual(new Map([...read].toSorted()), expectedOf(hand, types));
  };
  const someFamilies = fc.uniqueArray(randomFamily, {
    minLength: 1,
    maxLength: NAMES.length,
    selector: ({name}) => name,
  });
  fc.assert(fc.property(someFamilies, fc.array(randomSample, {maxLength: 30}), run), {
    numRuns: 300,
  });
});

test('a counter whose name without _total is a sample of another family stays of type unknown', t => {
  const totals = new Totals();
  for (const [type, name] of [
    ['histogram', 'x'],
    ['counter', 'x_count_total'],
  ] as const) {
    totals.declareFamily(
      defineFamily(type, {name, help: 'H', ...(type === 'histogram' && {buckets: [1]})}),
    );
  }
  const page = new TextDecoder().decode(new OpenMetricsPage(totals).render());
  t.true(page.includes('# TYPE x_count_total unknown\n'), page);
});
