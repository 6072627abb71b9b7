import test from 'ava';
import {
  AGE_BUCKETS_MAX,
  BUCKETS_MAX,
  cellCountOf,
  conflictBetween,
  DEFAULT_AGE_BUCKETS,
  DEFAULT_BUCKETS,
  DEFAULT_QUANTILES,
  defineFamily,
  type FamilyOptions,
  type FamilyType,
  LABELS_MAX,
  QUANTILES_MAX,
} from '../../src/metrics/family.js';
import {SUMMARY_CELLS} from '../../src/metrics/summary-cells.js';

/** What each programmer error says. The options are what JavaScript could pass. */
const MISTAKES: readonly (readonly [
  type: FamilyType,
  options: Record<string, unknown>,
  message: string,
])[] = [
  ['counter', {}, 'Expected a metric name like `jobs_total`, got `undefined`'],
  ['counter', {name: ''}, 'Expected a metric name like `jobs_total`, got ``'],
  ['counter', {name: 5}, 'Expected a metric name like `jobs_total`, got `5`'],
  ['counter', {name: '1st'}, 'Expected a metric name like `jobs_total`, got `1st`'],
  ['counter', {name: 'a-b'}, 'Expected a metric name like `jobs_total`, got `a-b`'],
  ['counter', {name: 'jöbs'}, 'Expected a metric name like `jobs_total`, got `jöbs`'],
  ['counter', {name: 'jobs\n'}, 'Expected a metric name like `jobs_total`, got `jobs\\n`'],
  ['gauge', {name: 'a'}, 'Expected `help` of a to be a text, got `undefined`'],
  ['gauge', {name: 'a', help: ''}, 'Expected `help` of a to be a text, got ``'],
  ['gauge', {name: 'a', help: ['x']}, 'Expected `help` of a to be a text, got `["x"]`'],
  [
    'gauge',
    {name: 'a', help: 'A', aggregator: 'median'},
    'Expected `aggregator` of a to be one of sum, first, min, max, average, omit, got `median`',
  ],
  [
    'counter',
    {name: 'a', help: 'A', labelNames: 'kind'},
    `Expected \`labelNames\` of a to be a list of at most ${LABELS_MAX} names, got \`kind\``,
  ],
  [
    'counter',
    {name: 'a', help: 'A', labelNames: Array.from({length: LABELS_MAX + 1}, () => 'k')},
    `Expected \`labelNames\` of a to be a list of at most ${LABELS_MAX} names, ` +
      `got \`${JSON.stringify(Array(20).fill('k')).slice(0, 60)}…\``,
  ],
  [
    'counter',
    {name: 'a', help: 'A', labelNames: ['a:b']},
    'Expected a label name like `kind` in a, got `a:b`',
  ],
  [
    'counter',
    {name: 'a', help: 'A', labelNames: [null]},
    'Expected a label name like `kind` in a, got `null`',
  ],
  [
    'histogram',
    {name: 'a', help: 'A', labelNames: ['kind', 'le']},
    'Expected labels of the histogram a without `le`, got `le`',
  ],
  [
    'summary',
    {name: 'a', help: 'A', labelNames: ['kind', 'quantile']},
    'Expected labels of the summary a without `quantile`, got `quantile`',
  ],
  ...(
    [
      [[0.9, 0.5], '0.9, 0.5'],
      [[0.5, 0.5], '0.5, 0.5'],
      [[0.5, 1.001], '0.5, 1.001'],
      [[-0.1], '-0.1'],
      [[Number.NaN], 'NaN'],
      [['0.5'], '0.5'],
      [7, '7'],
      [Array.from({length: QUANTILES_MAX + 1}, (_, i) => i / 100), undefined],
    ] as const
  ).map(
    ([quantiles, got]) =>
      [
        'summary',
        {name: 'a', help: 'A', quantiles},
        'Expected `quantiles` of a to be at most 64 ascending numbers from 0 to 1, ' +
          `got \`${got ?? '0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1…'}\``,
      ] as const,
  ),
  [
    'counter',
    {name: 'a', help: 'A', labelNames: ['b', 'c', 'b']},
    'Expected each label of a once, got `b, c, b`',
  ],
  [
    'histogram',
    {name: 'a', help: 'A', buckets: [5, 1]},
    'Expected `buckets` of a to be at most 512 ascending finite numbers, got `5, 1`',
  ],
  [
    'histogram',
    {name: 'a', help: 'A', buckets: [1, 1]},
    'Expected `buckets` of a to be at most 512 ascending finite numbers, got `1, 1`',
  ],
  [
    'histogram',
    {name: 'a', help: 'A', buckets: [Number.NaN]},
    'Expected `buckets` of a to be at most 512 ascending finite numbers, got `NaN`',
  ],
  [
    'histogram',
    {name: 'a', help: 'A', buckets: [Number.NEGATIVE_INFINITY, 1]},
    'Expected `buckets` of a to be at most 512 ascending finite numbers, got `-Infinity, 1`',
  ],
  [
    'histogram',
    {name: 'a', help: 'A', buckets: ['1', '2']},
    'Expected `buckets` of a to be at most 512 ascending finite numbers, got `1, 2`',
  ],
  [
    'histogram',
    {name: 'a', help: 'A', buckets: ['x'.repeat(1_000)]},
    'Expected `buckets` of a to be at most 512 ascending finite numbers, ' +
      `got \`${'x'.repeat(60)}…\``,
  ],
  [
    'histogram',
    {name: 'a', help: 'A', buckets: Array(2 ** 32 - 1)},
    `Expected \`buckets\` of a to be at most 512 ascending finite numbers, got \`${', '.repeat(11)}\``,
  ],
  [
    'histogram',
    {name: 'a', help: 'A', buckets: 7},
    'Expected `buckets` of a to be at most 512 ascending finite numbers, got `7`',
  ],
  [
    'histogram',
    {name: 'a', help: 'A', buckets: Array.from({length: BUCKETS_MAX + 1}, (_, i) => i)},
    'Expected `buckets` of a to be at most 512 ascending finite numbers, ' +
      'got `0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11`',
  ],
];

for (const [type, options, message] of MISTAKES) {
  test(`defineFamily() throws: ${message.replaceAll('`', "'")}`, t => {
    t.throws(() => defineFamily(type, options as unknown as FamilyOptions), {
      instanceOf: TypeError,
      message,
    });
  });
}

test('defineFamily() throws for a name or a help that the wire would refuse', t => {
  const long = 'a'.repeat(8_193);
  const shown = `${'a'.repeat(60)}…`;
  t.throws(() => defineFamily('counter', {name: long, help: 'A'}), {
    instanceOf: TypeError,
    message: `Expected a metric name of at most 8192 characters, got \`${shown}\``,
  });
  t.throws(() => defineFamily('counter', {name: 'a', help: long}), {
    instanceOf: TypeError,
    message: `Expected \`help\` of a to be at most 8192 characters, got \`${shown}\``,
  });
  t.is(defineFamily('counter', {name: 'a', help: 'a'.repeat(8_192)}).help.length, 8_192);
});

test('defineFamily() takes a window for summaries alone, and refuses what is none', t => {
  const windowOf = (type: FamilyType, options: object) => {
    const {maxAgeSeconds, ageBuckets, pruneAgedBuckets} = defineFamily(type, {
      name: 'a',
      help: 'A',
      ...options,
    });
    return [maxAgeSeconds, ageBuckets, pruneAgedBuckets];
  };
  const all = {maxAgeSeconds: 60, ageBuckets: 3, pruneAgedBuckets: true};
  t.deepEqual(windowOf('summary', all), [60, 3, true]);
  t.deepEqual(windowOf('summary', {maxAgeSeconds: 60}), [60, DEFAULT_AGE_BUCKETS, false]);
  t.deepEqual(windowOf('summary', {ageBuckets: 3}), [Infinity, 1, false]);
  t.deepEqual(windowOf('histogram', all), [Infinity, 1, false]);
  for (const maxAgeSeconds of [0, -1, Number.NaN, '60']) {
    t.throws(() => windowOf('summary', {maxAgeSeconds}), {
      instanceOf: TypeError,
      message: /^Expected `maxAgeSeconds` of a to be a number above 0, got /,
    });
  }
  for (const ageBuckets of [0, 1.5, -1, AGE_BUCKETS_MAX + 1, Number.NaN, '5']) {
    t.throws(() => windowOf('summary', {maxAgeSeconds: 1, ageBuckets}), {
      instanceOf: TypeError,
      message: /^Expected `ageBuckets` of a to be an integer from 1 to 100, got /,
    });
  }
});

test('defineFamily() fills in the defaults', t => {
  const common = {
    name: 'a',
    help: 'A',
    labelNames: [],
    aggregator: 'sum',
    maxAgeSeconds: Infinity,
    ageBuckets: 1,
    pruneAgedBuckets: false,
  } as const;
  t.deepEqual(defineFamily('counter', {name: 'a', help: 'A'}), {
    ...common,
    type: 'counter',
    buckets: [],
    quantiles: [],
  });
  t.deepEqual(defineFamily('histogram', {name: 'a', help: 'A'}), {
    ...common,
    type: 'histogram',
    buckets: DEFAULT_BUCKETS,
    quantiles: [],
  });
  t.deepEqual(defineFamily('summary', {name: 'a', help: 'A'}), {
    ...common,
    type: 'summary',
    buckets: [],
    quantiles: DEFAULT_QUANTILES,
  });
});

test('defineFamily() takes names with colons, digits and underscores', t => {
  for (const name of ['a', '_a', ':a', 'job:time_ms:rate5m', 'A9']) {
    t.is(defineFamily('gauge', {name, help: 'A', labelNames: ['_a9']}).name, name);
  }
});

test('defineFamily() takes `+Inf` as last bucket for said', t => {
  const buckets = [1, 2, Number.POSITIVE_INFINITY];
  t.deepEqual(defineFamily('histogram', {name: 'a', help: 'A', buckets}).buckets, [1, 2]);
});

test('defineFamily() gives no buckets and quantiles to counters and gauges', t => {
  t.deepEqual(defineFamily('gauge', {name: 'a', help: 'A', quantiles: [1]}).quantiles, []);
  t.deepEqual(defineFamily('gauge', {name: 'a', help: 'A', buckets: [1]}).buckets, []);
});

test('defineFamily() keeps nothing of the lists that it was given', t => {
  const labelNames = ['a'];
  const buckets = [1];
  const spec = defineFamily('histogram', {name: 'a', help: 'A', labelNames, buckets});
  labelNames.push('b');
  buckets.push(0);
  t.deepEqual([spec.labelNames, spec.buckets], [['a'], [1]]);
  t.true(
    Object.isFrozen(spec) && Object.isFrozen(spec.labelNames) && Object.isFrozen(spec.buckets),
  );
});

test('cellCountOf() a histogram counts its buckets, `+Inf` and the sum', t => {
  t.is(cellCountOf(defineFamily('counter', {name: 'a', help: 'A'})), 1);
  t.is(cellCountOf(defineFamily('gauge', {name: 'a', help: 'A'})), 1);
  t.is(cellCountOf(defineFamily('histogram', {name: 'a', help: 'A', buckets: [1, 2, 3]})), 5);
});

test('cellCountOf() a summary counts the cells of its sketch and the sum, whatever its quantiles', t => {
  for (const quantiles of [[], [0.5, 0.9]]) {
    const spec = defineFamily('summary', {name: 'a', help: 'A', quantiles});
    t.is(cellCountOf(spec), SUMMARY_CELLS);
  }
});

test('conflictBetween() names the quantiles that differ', t => {
  const [known, other] = [[0.5], [0.5, 0.9]].map(quantiles =>
    defineFamily('summary', {name: 'a', help: 'A', quantiles}),
  );
  t.is(
    conflictBetween(known!, other!),
    'Expected a with quantiles `0.5` as first declared, got `0.5,0.9`',
  );
});

test('conflictBetween() names what was declared first and what came', t => {
  const known = defineFamily('histogram', {
    name: 'a',
    help: 'A',
    labelNames: ['x', 'y'],
    buckets: [1, 2],
  });
  const common = {name: 'a', help: 'Another help', labelNames: ['x', 'y'], buckets: [1, 2]};
  const conflict = (type: FamilyType, options: FamilyOptions) =>
    conflictBetween(known, defineFamily(type, options));
  t.is(conflict('histogram', common), undefined);
  t.is(
    conflict('counter', common),
    'Expected a with type `histogram` as first declared, got `counter`',
  );
  t.is(
    conflict('histogram', {...common, labelNames: ['y', 'x']}),
    'Expected a with labelNames `x,y` as first declared, got `y,x`',
  );
  t.is(
    conflict('histogram', {...common, buckets: [1, 3]}),
    'Expected a with buckets `1,2` as first declared, got `1,3`',
  );
});
