/* All contenders of the recording tables in one worker thread, where recording is done. */
import {parentPort} from 'node:worker_threads';
import {MeterProvider, MetricReader} from '@opentelemetry/sdk-metrics';
import * as successor from '@prometheus-io/client';
import * as promClient from 'prom-client';
import {Counter, connect, defaultConnection, Histogram} from '../src/worker.js';
import {
  type Contender,
  compare,
  expectEqual,
  type Figure,
  nsPerOperation,
  type Role,
} from './measure.js';
import {BUCKETS, LABEL_NAMES, LABEL_SETS, OBSERVATIONS} from './series-shapes.js';

/** What the worker tells when it is done. */
export interface Recorded {
  readonly figures: Readonly<Record<RecordingTable, readonly Figure[]>>;
  /** What ours must have counted, by family. */
  readonly counted: Readonly<Record<string, number>>;
}

/** The four tables. */
export type RecordingTable =
  | 'counterBound'
  | 'counterLabels'
  | 'histogramBound'
  | 'histogramLabels';

const SERIES = LABEL_SETS.length;
const names = [...LABEL_NAMES];
const buckets = [...BUCKETS];
const counted: Record<string, number> = {};
const {recorder} = connect({flushIntervalMs: 0});

/** One pass over all series is `pass`; passes are counted, so that what was counted can be checked. */
function contender(
  name: string,
  role: Role,
  pass: () => void,
  check?: (passes: number) => void | Promise<void>,
): Contender & {readonly check: () => unknown} {
  let passes = 0;
  const work = () => {
    passes++;
    pass();
  };
  const sample = () => nsPerOperation(work, SERIES);
  return {name, role, sample, check: () => check?.(passes)};
}

/** A handle's addition and nothing about it: the array and the index, held by an object. */
class BareCell {
  readonly #array: Float64Array;
  readonly #index: number;
  constructor(array: Float64Array, index: number) {
    this.#array = array;
    this.#index = index;
  }
  add(): void {
    this.#array[this.#index]! += 1;
  }
}

function bareArray(cells: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(cells * 8));
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

async function sumOfPeer(metric: {
  get(): Promise<{values: {value: number; metricName?: string}[]}>;
}): Promise<number> {
  const {values} = await metric.get();
  const counts = values.filter(({metricName}) => metricName?.endsWith('_count') ?? true);
  return sumOf(counts.map(({value}) => value));
}

/** That a peer has counted all passes. */
function peerCounts(metric: Parameters<typeof sumOfPeer>[0], what: string) {
  return async (passes: number) => expectEqual(await sumOfPeer(metric), passes * SERIES, what);
}

/** That our family will have counted them, which the main thread checks on the hub's page. */
function oursCounts(family: string) {
  return (passes: number) => {
    counted[family] = passes * SERIES;
  };
}

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const reader = new ManualReader();
const meter = new MeterProvider({readers: [reader]}).getMeter('bench');

async function otelCount(name: string): Promise<number> {
  const {resourceMetrics} = await reader.collect();
  const metric = resourceMetrics.scopeMetrics
    .flatMap(({metrics}) => metrics)
    .find(({descriptor}) => descriptor.name === name);
  const points = metric?.dataPoints ?? [];
  return sumOf(
    points.map(({value}) => (typeof value === 'number' ? value : (value as {count: number}).count)),
  );
}

function counterBound() {
  const array = bareArray(SERIES);
  const cells = LABEL_SETS.map((_, i) => new BareCell(array, i));
  const ours = new Counter({name: 'bound_total', help: 'B', labelNames: names, registers: []});
  const handles = LABEL_SETS.map(labels => ours.labels(labels));
  const core = recorder.counter({name: 'core_bound_total', help: 'B', labelNames: LABEL_NAMES});
  const coreHandles = LABEL_SETS.map(labels => core.labels(labels));
  const prom = new promClient.Counter({name: 'a', help: 'A', labelNames: names, registers: []});
  const promHandles = LABEL_SETS.map(labels => prom.labels(labels));
  const next = new successor.Counter({name: 'a', help: 'A', labelNames: names, registers: []});
  const nextHandles = LABEL_SETS.map(labels => next.labels(labels));
  return [
    contender(
      'bare array[i] += 1 of a handle',
      'floor',
      () => {
        for (let i = 0; i < SERIES; i++) cells[i]!.add();
      },
      passes => expectEqual(sumOf(array), passes * SERIES, 'the bare cells'),
    ),
    contender(
      'threadtally, recorder',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) coreHandles[i]!.inc();
      },
      oursCounts('core_bound_total'),
    ),
    contender(
      'threadtally, Counter',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) handles[i]!.inc();
      },
      oursCounts('bound_total'),
    ),
    contender(
      'prom-client 15',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) promHandles[i]!.inc();
      },
      peerCounts(prom, 'prom-client'),
    ),
    contender(
      'successor 0.16',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) nextHandles[i]!.inc();
      },
      peerCounts(next, 'the successor'),
    ),
  ];
}

function counterLabels() {
  const array = bareArray(SERIES);
  const tree = nestedMap();
  const ours = new Counter({name: 'labels_total', help: 'L', labelNames: names, registers: []});
  const core = recorder.counter({name: 'core_labels_total', help: 'L', labelNames: LABEL_NAMES});
  const prom = new promClient.Counter({name: 'b', help: 'B', labelNames: names, registers: []});
  const next = new successor.Counter({name: 'b', help: 'B', labelNames: names, registers: []});
  const otel = meter.createCounter('otel_counter');
  return [
    contender(
      'nested Map and array[i] += 1',
      'floor',
      () => {
        for (let i = 0; i < SERIES; i++) {
          const {method, status} = LABEL_SETS[i]!;
          array[tree.get(method)!.get(status)!]! += 1;
        }
      },
      passes => expectEqual(sumOf(array), passes * SERIES, 'the bare cells'),
    ),
    contender(
      'threadtally, recorder',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) core.inc(LABEL_SETS[i]!);
      },
      oursCounts('core_labels_total'),
    ),
    contender(
      'threadtally, Counter',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) ours.inc(LABEL_SETS[i]!);
      },
      oursCounts('labels_total'),
    ),
    contender(
      'prom-client 15',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) prom.inc(LABEL_SETS[i]!);
      },
      peerCounts(prom, 'prom-client'),
    ),
    contender(
      'successor 0.16',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) next.inc(LABEL_SETS[i]!);
      },
      peerCounts(next, 'the successor'),
    ),
    contender(
      'OpenTelemetry',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) otel.add(1, LABEL_SETS[i]!);
      },
      async passes =>
        expectEqual(await otelCount('otel_counter'), passes * SERIES, 'OpenTelemetry'),
    ),
  ];
}

function histogramBound() {
  const array = bareArray(SERIES * 14);
  const cells = LABEL_SETS.map((_, i) => new BareBuckets(array, i * 14));
  const options = {help: 'H', labelNames: names, buckets, registers: []};
  const ours = new Histogram({...options, name: 'bound'});
  const handles = LABEL_SETS.map(labels => ours.labels(labels));
  const core = recorder.histogram({
    name: 'core_bound',
    help: 'H',
    labelNames: LABEL_NAMES,
    buckets,
  });
  const coreHandles = LABEL_SETS.map(labels => core.labels(labels));
  const prom = new promClient.Histogram({...options, name: 'c'});
  const promHandles = LABEL_SETS.map(labels => prom.labels(labels));
  const next = new successor.Histogram({...options, name: 'c'});
  const nextHandles = LABEL_SETS.map(labels => next.labels(labels));
  return [
    contender('bare search and two additions', 'floor', () => {
      for (let i = 0; i < SERIES; i++) cells[i]!.add(OBSERVATIONS[i]!);
    }),
    contender(
      'threadtally, recorder',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) coreHandles[i]!.observe(OBSERVATIONS[i]!);
      },
      oursCounts('core_bound_count'),
    ),
    contender(
      'threadtally, Histogram',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) handles[i]!.observe(OBSERVATIONS[i]!);
      },
      oursCounts('bound_count'),
    ),
    contender(
      'prom-client 15',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) promHandles[i]!.observe(OBSERVATIONS[i]!);
      },
      peerCounts(prom, 'prom-client'),
    ),
    contender(
      'successor 0.16',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) nextHandles[i]!.observe(OBSERVATIONS[i]!);
      },
      peerCounts(next, 'the successor'),
    ),
  ];
}

function histogramLabels() {
  const array = bareArray(SERIES * 14);
  const cells = LABEL_SETS.map((_, i) => new BareBuckets(array, i * 14));
  const tree = nestedMap();
  const options = {help: 'H', labelNames: names, buckets, registers: []};
  const ours = new Histogram({...options, name: 'labels'});
  const core = recorder.histogram({
    name: 'core_labels',
    help: 'H',
    labelNames: LABEL_NAMES,
    buckets,
  });
  const prom = new promClient.Histogram({...options, name: 'd'});
  const next = new successor.Histogram({...options, name: 'd'});
  const otel = meter.createHistogram('otel_histogram', {
    advice: {explicitBucketBoundaries: buckets},
  });
  return [
    contender('nested Map, search and two additions', 'floor', () => {
      for (let i = 0; i < SERIES; i++) {
        const {method, status} = LABEL_SETS[i]!;
        cells[tree.get(method)!.get(status)!]!.add(OBSERVATIONS[i]!);
      }
    }),
    contender(
      'threadtally, recorder',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) core.observe(LABEL_SETS[i]!, OBSERVATIONS[i]!);
      },
      oursCounts('core_labels_count'),
    ),
    contender(
      'threadtally, Histogram',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) ours.observe(LABEL_SETS[i]!, OBSERVATIONS[i]!);
      },
      oursCounts('labels_count'),
    ),
    contender(
      'prom-client 15',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) prom.observe(LABEL_SETS[i]!, OBSERVATIONS[i]!);
      },
      peerCounts(prom, 'prom-client'),
    ),
    contender(
      'successor 0.16',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) next.observe(LABEL_SETS[i]!, OBSERVATIONS[i]!);
      },
      peerCounts(next, 'the successor'),
    ),
    contender(
      'OpenTelemetry',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) otel.record(OBSERVATIONS[i]!, LABEL_SETS[i]!);
      },
      async passes =>
        expectEqual(await otelCount('otel_histogram'), passes * SERIES, 'OpenTelemetry'),
    ),
  ];
}

/** What a histogram can't do without: find the bucket, add there, add to the sum. */
class BareBuckets {
  readonly #array: Float64Array;
  readonly #index: number;
  constructor(array: Float64Array, index: number) {
    this.#array = array;
    this.#index = index;
  }
  add(value: number): void {
    let bucket = 0;
    while (bucket < 12 && value > BUCKETS[bucket]!) bucket++;
    this.#array[this.#index + bucket]! += 1;
    this.#array[this.#index + 13]! += value;
  }
}

/** Series index by the values of the two labels. */
function nestedMap(): Map<string, Map<string, number>> {
  const tree = new Map<string, Map<string, number>>();
  for (const [i, {method, status}] of LABEL_SETS.entries()) {
    const inner = tree.get(method) ?? new Map<string, number>();
    tree.set(method, inner.set(status, i));
  }
  return tree;
}

const tables = {counterBound, counterLabels, histogramBound, histogramLabels};
const figures: Partial<Record<RecordingTable, readonly Figure[]>> = {};
for (const [name, contendersOf] of Object.entries(tables)) {
  const contenders = contendersOf();
  figures[name as RecordingTable] = await compare(contenders);
  for (const {check} of contenders) await check();
}
defaultConnection().flush();
parentPort?.postMessage({figures, counted} as Recorded);
