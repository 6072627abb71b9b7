import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import * as peer from 'prom-client';
import * as ours from '../../src/worker.js';
import {inStrictForm, parseOpenMetrics} from '../support/open-metrics.js';
import {startWorkerSide} from '../support/worker-side.js';

type Callable = Record<string, (...args: unknown[]) => unknown>;

interface Step {
  readonly method: string;
  readonly args: readonly unknown[];
}

const {OPENMETRICS_CONTENT_TYPE, PROMETHEUS_CONTENT_TYPE} = peer.Registry;

const labelSet = fc.oneof(
  {weight: 8, arbitrary: fc.record({kind: fc.constantFrom('a', 'b', '')}, {requiredKeys: []})},
  {weight: 1, arbitrary: fc.constantFrom<unknown>({bad: 'x'}, undefined)},
);

const exemplarLabels = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        trace_id: fc.constantFrom<unknown>('t1', 't2', 7, '"q\\\n', undefined),
        span_id: fc.string(),
      },
      {requiredKeys: []},
    ),
  },
  {weight: 1, arbitrary: fc.constantFrom<unknown>({}, undefined, null)},
);

const value = fc.oneof(
  {weight: 8, arbitrary: fc.integer({min: 0, max: 100}).map<unknown>(n => n / 8)},
  {weight: 1, arbitrary: fc.constantFrom<unknown>(-1, Infinity, 'x', null, undefined)},
);

function stepsOf(method: string, extra: readonly Step[]) {
  const parts = {labels: labelSet, value, exemplarLabels};
  const record = fc.oneof(
    {weight: 8, arbitrary: fc.record(parts, {requiredKeys: []}).map(data => [data])},
    {weight: 1, arbitrary: fc.constantFrom<unknown[]>([], [undefined], [null])},
  );
  const step = fc.oneof(
    {weight: 8, arbitrary: record.map(args => ({method, args}))},
    {weight: 1, arbitrary: fc.constantFrom(...extra)},
  );
  return fc.array(step, {maxLength: 30});
}

const remove: Step = {method: 'remove', args: [{kind: 'a'}]};
const reset: Step = {method: 'reset', args: []};
const zero: Step = {method: 'zero', args: [{}]};

const PROGRAMS = {
  Counter: stepsOf('inc', [remove, reset]),
  Histogram: stepsOf('observe', [remove, reset, zero]),
};

function registryOf({Registry}: Pick<typeof peer, 'Registry'>, contentType: string) {
  const registry = new Registry();
  registry.setContentType(contentType as peer.PrometheusContentType);
  return registry;
}

function outcomeOf(run: () => unknown): string {
  try {
    run();
    return 'done';
  } catch (error) {
    return `${(error as Error).constructor.name}: ${(error as Error).message}`;
  }
}

/** What `get()` gives, with a word in the place of each time. */
async function shown(t: ExecutionContext, metric: Callable) {
  const {values, ...rest} = (await metric.get!()) as {values: Record<string, unknown>[]};
  const lines = values.map(line => {
    const {exemplar} = line as {exemplar?: {timestamp?: number} | null};
    if (exemplar === undefined || exemplar === null) return line;
    // What prom-client leaves where it has refused the labels; see the faults below.
    if (exemplar.timestamp === undefined) {
      const {exemplar: _, ...rest} = line;
      return rest;
    }
    t.true(Math.abs(exemplar.timestamp - Date.now() / 1_000) < 3_600, 'in seconds since 1970');
    return {...line, exemplar: {...exemplar, timestamp: 'now'}};
  });
  return {rest, lines: new Set(lines)};
}

for (const type of ['Counter', 'Histogram'] as const) {
  test(`${type} with enableExemplars: the same calls give prom-client's exemplars and errors`, async t => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<string[]>([], ['kind']),
        PROGRAMS[type],
        async (labelNames, steps) => {
          startWorkerSide();
          const sides = [peer, ours].map(api => {
            const registry = registryOf(api, OPENMETRICS_CONTENT_TYPE);
            const Metric = api[type] as unknown as new (configuration: object) => Callable;
            const configuration = {name: 'x', help: 'X.', labelNames, buckets: [1, 5, 9]};
            const registers = [registry];
            return new Metric({...configuration, registers, enableExemplars: true});
          });
          for (const {method, args} of steps) {
            const [theirs, own] = sides.map(metric =>
              outcomeOf(() => metric[method]!(...structuredClone(args))),
            );
            t.is(own, theirs, fc.stringify({method, args}));
          }
          const [theirs, own] = await Promise.all(sides.map(metric => shown(t, metric)));
          t.deepEqual(own, theirs);
        },
      ),
      {numRuns: 300},
    );
  });
}

test('a registry of text refuses metrics with exemplars of any type, as for prom-client', t => {
  for (const type of ['Counter', 'Gauge', 'Histogram', 'Summary'] as const) {
    startWorkerSide();
    for (const contentType of [PROMETHEUS_CONTENT_TYPE, OPENMETRICS_CONTENT_TYPE]) {
      const [theirs, own] = [peer, ours].map(api => {
        const Metric = api[type] as new (configuration: object) => {enableExemplars: unknown};
        const registers = [registryOf(api, contentType)];
        const configuration = {name: 'x', help: 'X.', registers, enableExemplars: true};
        return outcomeOf(() => t.true(new Metric(configuration).enableExemplars));
      });
      t.is(own, theirs, type);
      t.is(own === 'done', contentType === OPENMETRICS_CONTENT_TYPE);
    }
  }
});

test('without enableExemplars a record with exemplars is a label set that is refused', t => {
  startWorkerSide();
  const counter = new ours.Counter({name: 'c', help: 'C', registers: []});
  t.false(counter.enableExemplars);
  t.throws(() => counter.inc({value: 1, exemplarLabels: {trace_id: 'a'}}), {
    message: 'Added label "value" is not included in initial labelset: []',
  });
});

function newMetrics() {
  const side = startWorkerSide();
  const options = {help: 'H', labelNames: ['kind'] as const, registers: [], enableExemplars: true};
  const counter = new ours.Counter({...options, name: 'c'});
  const histogram = new ours.Histogram({...options, name: 'h', buckets: [1, 5]});
  /** The exemplars of the hub, by family and offset. */
  const told = (name: string, kind?: string) => {
    side.page();
    const series = side.hub.totals.families.get(name)?.series.get(JSON.stringify([kind ?? null]));
    return [...(side.hub.totals.exemplars.of(series!) ?? [])].map(
      ([offset, {labels, value}]) => [offset, Object.fromEntries(labels), value] as const,
    );
  };
  return {...side, counter, histogram, told};
}

test("prom-client's fault: labels().inc() of a counter with exemplars counts in its own series", async t => {
  const {counter, histogram, page} = newMetrics();
  counter.labels('a').inc(3);
  counter.labels({kind: 'a'}).inc();
  histogram.labels('a').observe(2);
  histogram.labels('a').startTimer()();
  t.deepEqual((await counter.get()).values, [{value: 4, labels: {kind: 'a'}}]);
  t.regex(page(), /^c\{kind="a"\} +4$/m);
  t.regex(page(), /^h_count\{kind="a"\} +2$/m);
});

test("prom-client's fault: labels that are too long leave the exemplar as it was, or none", async t => {
  const {counter, told} = newMetrics();
  const trace_id = 'x'.repeat(120);
  for (const kind of ['a', 'b']) {
    if (kind === 'a') counter.inc({labels: {kind}, exemplarLabels: {trace_id}});
    t.throws(() => counter.inc({labels: {kind}, exemplarLabels: {trace_id: `${trace_id}y`}}), {
      instanceOf: RangeError,
      message: 'Label set size must be smaller than 128 UTF-8 chars',
    });
  }
  const [a, b] = (await counter.get()).values as {value: number; exemplar?: {labelSet: object}}[];
  t.deepEqual([a?.value, a?.exemplar?.labelSet], [2, {trace_id}]);
  t.deepEqual([b?.value, b?.exemplar], [1, undefined]);
  t.deepEqual(told('c', 'a'), [[0, {trace_id}, 1]]);
  t.deepEqual(told('c', 'b'), []);
});

test('an exemplar keeps the labels as they were when it was recorded', async t => {
  const {histogram, told} = newMetrics();
  const exemplarLabels = {trace_id: 'first'};
  histogram.observe({value: 1, exemplarLabels});
  exemplarLabels.trace_id = 'second';
  const [bucket] = (await histogram.get()).values as {exemplar?: {labelSet: object}}[];
  t.deepEqual(bucket?.exemplar?.labelSet, {trace_id: 'first'});
  t.deepEqual(told('h'), [[0, {trace_id: 'first'}, 1]]);
});

test('startTimer() joins the exemplar labels of both calls', t => {
  const {histogram, told} = newMetrics();
  const seconds = histogram.startTimer({kind: 'a'}, {trace_id: 't', span_id: 'start'})(
    {},
    {span_id: 'end'},
  );
  t.deepEqual(told('h', 'a'), [[0, {trace_id: 't', span_id: 'end'}, seconds]]);
});

test('the hub keeps the latest exemplar of a counter and of each bucket, also after reset()', t => {
  const {counter, histogram, told} = newMetrics();
  for (const [i, value] of [0.5, 3, 1, 7, 5].entries()) {
    const exemplarLabels = {trace_id: i};
    counter.inc({value, exemplarLabels});
    histogram.observe({value, exemplarLabels});
  }
  counter.reset();
  histogram.reset();
  t.deepEqual(told('c'), [[0, {trace_id: '4'}, 5]]);
  t.deepEqual(told('h').toSorted(), [
    [0, {trace_id: '2'}, 1],
    [1, {trace_id: '4'}, 5],
    [2, {trace_id: '3'}, 7],
  ]);
});

test('an exemplar that no page can show is counted as dropped, its sample as recorded', t => {
  const {counter, hub, page} = newMetrics();
  counter.inc({labels: {kind: 'a'}, exemplarLabels: {'trace-id': 'x'}});
  t.regex(page(), /^c\{kind="a"\} +1$/m);
  t.regex(hub.wholeText(), /^hub_exemplars_dropped_total\{reason="malformed"\} +1$/m);
  t.deepEqual(hub.complaints.refused, []);
});

test('a removed series takes its exemplar along, and the next in its cells begins without', t => {
  const {counter, told} = newMetrics();
  counter.inc({labels: {kind: 'a'}, exemplarLabels: {trace_id: 'a'}});
  counter.remove('a');
  counter.inc({labels: {kind: 'b'}});
  t.deepEqual(told('c', 'b'), []);
  counter.inc({labels: {kind: 'b'}, exemplarLabels: {trace_id: 'b'}});
  t.is(told('c', 'b').length, 1);
  counter.remove('b');
  counter.inc({labels: {kind: 'b'}});
  t.deepEqual(told('c', 'b'), []);
});

test("exemplars stand on the page of the worker's own OpenMetrics registry", async t => {
  startWorkerSide();
  const registry = registryOf(ours, OPENMETRICS_CONTENT_TYPE);
  const registers = [registry];
  const options = {help: 'H', registers, enableExemplars: true};
  new ours.Counter({...options, name: 'c_total'}).inc({value: 2, exemplarLabels: {trace_id: 'x'}});
  const {exemplars} = parseOpenMetrics(inStrictForm(await registry.metrics()));
  t.deepEqual(exemplars.get('c_total{}')?.labels, {trace_id: 'x'});
  t.is(exemplars.get('c_total{}')?.value, 2);
});

/** What is written for prom-client's types. Its exemplars have the labels of their metric alone. */
function recordBoth(
  counter: Pick<peer.Counter<'kind'>, 'inc'>,
  histogram: Pick<peer.Histogram<'kind'>, 'observe' | 'startTimer'>,
): void {
  const exemplarLabels: peer.LabelValues<'kind'> = {kind: 'x'};
  const data: peer.IncreaseDataWithExemplar<'kind'> = {labels: {kind: 'a'}, exemplarLabels};
  counter.inc(data);
  const observed: peer.ObserveDataWithExemplar<'kind'> = {value: 2, exemplarLabels};
  histogram.observe(observed);
  histogram.startTimer({kind: 'a'}, exemplarLabels)({kind: 'a'}, {kind: 'y'});
}

test("code that is typed for prom-client's exemplars takes our metrics", t => {
  const {counter, histogram, told} = newMetrics();
  recordBoth(counter, histogram);
  t.deepEqual(told('c', 'a'), [[0, {kind: 'x'}, 1]]);
  t.deepEqual(told('h'), [[1, {kind: 'x'}, 2]]);
  t.deepEqual(
    told('h', 'a').map(([, labels]) => labels),
    [{kind: 'y'}],
  );
});
