import test from 'ava';
import fc from 'fast-check';
import * as peer from 'prom-client';
import * as ours from '../../src/worker.js';
import {parsePage} from '../support/exposition.js';
import {startWorkerSide} from '../support/worker-side.js';

/** A call by name, made in the same way of prom-client's object and of ours. */
interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** A call of the metric, of a handle taken for it, or of the handle that was taken so many steps ago. */
interface Step extends Call {
  readonly handle: 'none' | 'fresh' | 'kept';
  readonly handleArgs: readonly unknown[];
}

type Callable = Record<string, (...args: unknown[]) => unknown>;

const labelText = fc.constantFrom<unknown>('a', 'b', '', 1, 'q"\\\n', 'ö 漢', null);

const labelSet = fc.oneof(
  {weight: 8, arbitrary: fc.record({kind: labelText, zone: labelText}, {requiredKeys: []})},
  {weight: 1, arbitrary: fc.constantFrom({}, {bad: 'x'}, {kind: 'a', bad: 1}, ['a'])},
);

const labelArgs = fc.oneof(
  labelSet.map(labels => [labels]),
  fc.array(fc.constantFrom('a', 'b', ''), {maxLength: 3}),
);

// Whole eighths add up exactly in any order, and come off again.
const eighths = fc.integer({min: -80, max: 400}).map(n => n / 8);
const amounts = fc.oneof(
  {weight: 6, arbitrary: eighths.map(Math.abs)},
  {weight: 1, arbitrary: eighths},
);

/** Arguments of a record: a value, or labels and a value. */
function recordArgs(bad: readonly unknown[]) {
  const value = fc.oneof(
    {weight: 6, arbitrary: amounts as fc.Arbitrary<unknown>},
    {weight: 1, arbitrary: fc.constantFrom(...bad)},
  );
  return fc.oneof(
    fc.constant([]),
    value.map(only => [only]),
    {weight: 4, arbitrary: fc.tuple(labelSet, value)},
    labelSet.map(labels => [labels]),
    fc.tuple(fc.constantFrom<unknown>(null, undefined), value),
  );
}

const COMMON_BAD = ['x', '5', true, null, undefined, 1n, Symbol.iterator];
const NOT_FINITE = [Infinity, -Infinity];

function callsOf(method: string, args: fc.Arbitrary<readonly unknown[]>): fc.Arbitrary<Call> {
  return args.map(list => ({method, args: list}));
}

function stepsOf(records: fc.Arbitrary<Call>, handled: fc.Arbitrary<Call>, extra: readonly Call[]) {
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 6,
      arbitrary: records.map(call => ({...call, handle: 'none' as const, handleArgs: []})),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(handled, fc.constantFrom('fresh' as const, 'kept' as const), labelArgs)
        .map(([call, handle, handleArgs]) => ({...call, handle, handleArgs})),
    },
    {
      weight: 2,
      arbitrary: fc
        .oneof(callsOf('remove', labelArgs), fc.constantFrom(...extra))
        .map(call => ({...call, handle: 'none' as const, handleArgs: []})),
    },
  );
  return fc.array(step, {maxLength: 40});
}

/** What a call ends with, as far as both sides must agree. */
function outcomeOf(run: () => unknown): string {
  try {
    run();
    return 'done';
  } catch (error) {
    const thrown = error as Error;
    return `${thrown.constructor.name}: ${thrown.message}`;
  }
}

/** Fresh objects: prom-client keeps the ones that it is given. */
function fresh(args: readonly unknown[]): unknown[] {
  return args.map(arg => {
    if (Array.isArray(arg)) return [...arg];
    return typeof arg === 'object' && arg !== null ? {...arg} : arg;
  });
}

function runner(metric: Callable) {
  let kept: Callable | undefined;
  return ({method, args, handle, handleArgs}: Step) =>
    outcomeOf(() => {
      let target: Callable | undefined = metric;
      if (handle === 'kept') kept ??= metric.labels!(...fresh(handleArgs)) as Callable;
      if (handle === 'kept') target = kept;
      if (handle === 'fresh') target = metric.labels!(...fresh(handleArgs)) as Callable;
      target?.[method]?.(...fresh(args));
    });
}

const LABEL_NAMES = fc.constantFrom<readonly string[]>([], ['kind'], ['kind', 'zone']);

const asText = (value: unknown) => String(value);

/** What `get()` gives, in any order, with labels as the texts that they are on a page. Quantiles are as good as 0. */
async function valuesOf(metric: object) {
  const {values, ...rest} = await (metric as {get(): Promise<{values: Value[]}>}).get();
  const lines = values.map(({labels, ...rest}) => {
    const value = 'quantile' in labels ? {...rest, value: 0} : rest;
    const pairs = Object.entries(labels).map(([name, text]) => `${name}=${asText(text)}`);
    return JSON.stringify([pairs.sort(), value]);
  });
  return {rest, lines: lines.sort()};
}

interface Value {
  readonly labels: Record<string, unknown>;
}

type MetricClass = 'Counter' | 'Gauge' | 'Histogram' | 'Summary';

async function compare(
  t: import('ava').ExecutionContext,
  type: MetricClass,
  [labelNames, steps]: [readonly string[], readonly Step[]],
) {
  const {page} = startWorkerSide();
  const [theirs, own] = [peer, ours].map(api => {
    const registry = new api.Registry();
    const Metric = api[type] as unknown as new (configuration: object) => Callable;
    const registers = [registry];
    const metric = new Metric({name: 'x', help: 'X.', labelNames, registers, buckets: [1, 5, 9]});
    return {registry, metric, run: runner(metric)};
  });
  for (const step of steps) {
    const outcomes = [theirs, own].map(side => side!.run(step));
    t.is(outcomes[1], outcomes[0], fc.stringify(step));
  }
  t.deepEqual(await valuesOf(own!.metric), await valuesOf(theirs!.metric));
  const theirPage = parsePage(await theirs!.registry.metrics());
  t.deepEqual(sorted(parsePage(await own!.registry.metrics())), sorted(theirPage));
  const hasStartedAgain = steps.some(({method}) => ['reset', 'zero'].includes(method));
  if (!hasStartedAgain) t.deepEqual(sorted(parsePage(page())), sorted(theirPage), 'the hub');
}

/** Samples by name; quantiles are estimates on both sides, so of them only the names count. */
function sorted(samples: ReadonlyMap<string, number>) {
  return [...samples]
    .map(([key, value]) => [key, key.includes('quantile=') ? 0 : value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

const reset: Call = {method: 'reset', args: []};

const PROGRAMS: Record<MetricClass, fc.Arbitrary<readonly Step[]>> = {
  Counter: stepsOf(
    callsOf('inc', recordArgs([...COMMON_BAD, ...NOT_FINITE])),
    callsOf('inc', fc.array(fc.oneof(amounts, fc.constantFrom('x', -1, null)), {maxLength: 1})),
    [reset],
  ),
  Gauge: stepsOf(
    fc.oneof(
      callsOf('set', recordArgs([...COMMON_BAD, Infinity])),
      callsOf('inc', recordArgs(COMMON_BAD)),
      callsOf('dec', recordArgs(COMMON_BAD.filter(value => value !== 'x'))),
    ),
    fc
      .constantFrom('set', 'inc', 'dec')
      .chain(method =>
        callsOf(
          method,
          fc.array(fc.oneof(amounts, fc.constantFrom('5', 1n, null)), {maxLength: 1}),
        ),
      ),
    [reset],
  ),
  Histogram: stepsOf(
    callsOf('observe', recordArgs([...COMMON_BAD, ...NOT_FINITE, Number.NaN])),
    callsOf('observe', fc.array(fc.oneof(amounts, fc.constantFrom('x', null)), {maxLength: 1})),
    [reset],
  ),
  Summary: stepsOf(
    callsOf('observe', recordArgs([...COMMON_BAD, ...NOT_FINITE, Number.NaN])),
    callsOf('observe', fc.array(fc.oneof(amounts, fc.constantFrom('x', null)), {maxLength: 1})),
    [reset],
  ),
};

for (const type of ['Counter', 'Gauge', 'Histogram', 'Summary'] as const) {
  test(`${type}: the same calls give prom-client's samples and errors`, async t => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(LABEL_NAMES, PROGRAMS[type]), program => compare(t, type, program)),
      {numRuns: 300},
    );
  });

  test(`${type}: the same configurations give prom-client's errors`, t => {
    const configuration = fc.record(
      {
        name: fc.constantFrom<unknown>('jobs', 'known', 'bad name', '', undefined, 5),
        help: fc.constantFrom<unknown>('Help.', 'Help.', '', undefined, null),
        labelNames: fc.constantFrom<unknown>(
          [],
          ['a', 'b'],
          ['a-b'],
          ['le'],
          ['quantile'],
          [''],
          [5],
        ),
        collect: fc.constantFrom<unknown>(undefined, () => {}, 5, 'x', 0),
        aggregator: fc.constantFrom('sum', 'first', 'min', 'max', 'average', 'omit'),
        buckets: fc.constantFrom([1, 2], [0.5], []),
        percentiles: fc.constantFrom([0.1, 0.9], [0.9, 0.1], []),
        compressCount: fc.constantFrom(1, 1_000),
        enableExemplars: fc.boolean(),
      },
      {requiredKeys: ['name', 'help']},
    );
    const bad = fc.constantFrom<unknown>(undefined, null, 'jobs', 5);
    fc.assert(
      fc.property(fc.oneof({weight: 9, arbitrary: configuration}, bad), given => {
        startWorkerSide();
        const outcomes = [peer, ours].map(api => {
          const registry = new api.Registry();
          const Metric = api[type] as new (configuration: unknown) => object;
          const registers = [registry];
          new Metric({name: 'known', help: 'K.', registers});
          const whole = typeof given === 'object' && given !== null ? {...given, registers} : given;
          return outcomeOf(() => new Metric(whole));
        });
        t.deepEqual(outcomes[1], outcomes[0], fc.stringify(given));
      }),
      {numRuns: 400},
    );
  });
}

test('linearBuckets(), exponentialBuckets() and the rest are those of prom-client', t => {
  const {Counter, Gauge, Histogram, Summary, ...rest} = peer.default as unknown as Record<
    string,
    unknown
  >;
  for (const [name, value] of Object.entries(rest)) {
    if (name === 'contentType' || name === 'collectDefaultMetrics') continue;
    t.is((ours as Record<string, unknown>)[name], value, name);
    t.is((ours.default as unknown as Record<string, unknown>)[name], value, name);
  }
  for (const Metric of [Counter, Gauge, Histogram, Summary]) {
    t.false(Object.values(ours).includes(Metric as never));
  }
});

test('collectDefaultMetrics() is loaded when it is called, and collects what that of prom-client does', t => {
  const namesBy = (api: Pick<typeof peer, 'collectDefaultMetrics'>) => {
    const register = new peer.Registry();
    api.collectDefaultMetrics({register, prefix: 'own_'});
    return register.getMetricsAsArray().map(({name}) => name);
  };
  t.deepEqual(namesBy(ours), namesBy(peer));
  const {metricsList} = peer.collectDefaultMetrics;
  t.deepEqual(ours.collectDefaultMetrics.metricsList, metricsList);
  t.true(metricsList.length > 5);
});
