import * as successor from '@prometheus-io/client';
import * as promClient from 'prom-client';
import {Histogram} from '../src/worker.js';
import {expectEqual} from './measure.js';
import {type CheckedContender, peerCounts, type RecordingBench, SERIES} from './recording-bench.js';
import {
  BareBuckets,
  bareArray,
  bareBucketsClosure,
  nestedMap,
  observationsIn,
} from './recording-floors.js';
import {BUCKETS, LABEL_NAMES, LABEL_SETS, OBSERVATIONS} from './series-shapes.js';

const names = [...LABEL_NAMES];
const buckets = [...BUCKETS];

export function histogramBound(bench: RecordingBench): CheckedContender[] {
  const array = bareArray(SERIES * 14);
  const cells = LABEL_SETS.map((_, i) => new BareBuckets(array, i * 14));
  const closed = bareArray(SERIES * 14);
  const closures = LABEL_SETS.map((_, i) => bareBucketsClosure(closed, i * 14));
  const options = {help: 'H', labelNames: names, buckets, registers: []};
  const ours = new Histogram({...options, name: 'bound'});
  const handles = LABEL_SETS.map(labels => ours.labels(labels));
  const core = bench.recorder.histogram({
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
    bench.contender(
      'bare search and two additions',
      'floor',
      () => {
        for (let i = 0; i < SERIES; i++) cells[i]!.add(OBSERVATIONS[i]!);
      },
      passes => expectEqual(observationsIn(array), passes * SERIES, 'the bare buckets'),
    ),
    bench.contender(
      'bare search and two additions of a closure',
      'floor',
      () => {
        for (let i = 0; i < SERIES; i++) closures[i]!.add(OBSERVATIONS[i]!);
      },
      passes => expectEqual(observationsIn(closed), passes * SERIES, 'the buckets of the closures'),
    ),
    bench.contender(
      'threadtally, recorder',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) coreHandles[i]!.observe(OBSERVATIONS[i]!);
      },
      bench.oursCounts('core_bound_count'),
    ),
    bench.contender(
      'threadtally, Histogram',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) handles[i]!.observe(OBSERVATIONS[i]!);
      },
      bench.oursCounts('bound_count'),
    ),
    bench.contender(
      'prom-client 15',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) promHandles[i]!.observe(OBSERVATIONS[i]!);
      },
      peerCounts(prom, 'prom-client'),
    ),
    bench.contender(
      'successor 0.16',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) nextHandles[i]!.observe(OBSERVATIONS[i]!);
      },
      peerCounts(next, 'the successor'),
    ),
  ];
}

export function histogramLabels(bench: RecordingBench): CheckedContender[] {
  const array = bareArray(SERIES * 14);
  const cells = LABEL_SETS.map((_, i) => new BareBuckets(array, i * 14));
  const tree = nestedMap();
  const options = {help: 'H', labelNames: names, buckets, registers: []};
  const ours = new Histogram({...options, name: 'labels'});
  const core = bench.recorder.histogram({
    name: 'core_labels',
    help: 'H',
    labelNames: LABEL_NAMES,
    buckets,
  });
  const prom = new promClient.Histogram({...options, name: 'd'});
  const next = new successor.Histogram({...options, name: 'd'});
  const otel = bench.meter.createHistogram('otel_histogram', {
    advice: {explicitBucketBoundaries: buckets},
  });
  return [
    bench.contender(
      'nested Map, search and two additions',
      'floor',
      () => {
        for (let i = 0; i < SERIES; i++) {
          const {method, status} = LABEL_SETS[i]!;
          cells[tree.get(method)!.get(status)!]!.add(OBSERVATIONS[i]!);
        }
      },
      passes => expectEqual(observationsIn(array), passes * SERIES, 'the bare buckets'),
    ),
    bench.contender(
      'threadtally, recorder',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) core.observe(LABEL_SETS[i]!, OBSERVATIONS[i]!);
      },
      bench.oursCounts('core_labels_count'),
    ),
    bench.contender(
      'threadtally, Histogram',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) ours.observe(LABEL_SETS[i]!, OBSERVATIONS[i]!);
      },
      bench.oursCounts('labels_count'),
    ),
    bench.contender(
      'prom-client 15',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) prom.observe(LABEL_SETS[i]!, OBSERVATIONS[i]!);
      },
      peerCounts(prom, 'prom-client'),
    ),
    bench.contender(
      'successor 0.16',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) next.observe(LABEL_SETS[i]!, OBSERVATIONS[i]!);
      },
      peerCounts(next, 'the successor'),
    ),
    bench.contender(
      'OpenTelemetry',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) otel.record(OBSERVATIONS[i]!, LABEL_SETS[i]!);
      },
      bench.otelCounts('otel_histogram'),
    ),
  ];
}
