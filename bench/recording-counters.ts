import * as successor from '@prometheus-io/client';
import * as promClient from 'prom-client';
import {Counter} from '../src/worker.js';
import {expectEqual} from './measure.js';
import {type CheckedContender, peerCounts, type RecordingBench, SERIES} from './recording-bench.js';
import {BareCell, bareArray, bareClosure, nestedMap, sumOf} from './recording-floors.js';
import {LABEL_NAMES, LABEL_SETS} from './series-shapes.js';

const names = [...LABEL_NAMES];

export function counterBound(bench: RecordingBench): CheckedContender[] {
  const array = bareArray(SERIES);
  const cells = LABEL_SETS.map((_, i) => new BareCell(array, i));
  const closed = bareArray(SERIES);
  const closures = LABEL_SETS.map((_, i) => bareClosure(closed, i));
  const ours = new Counter({name: 'bound_total', help: 'B', labelNames: names, registers: []});
  const handles = LABEL_SETS.map(labels => ours.labels(labels));
  const core = bench.recorder.counter({
    name: 'core_bound_total',
    help: 'B',
    labelNames: LABEL_NAMES,
  });
  const coreHandles = LABEL_SETS.map(labels => core.labels(labels));
  const prom = new promClient.Counter({name: 'a', help: 'A', labelNames: names, registers: []});
  const promHandles = LABEL_SETS.map(labels => prom.labels(labels));
  const next = new successor.Counter({name: 'a', help: 'A', labelNames: names, registers: []});
  const nextHandles = LABEL_SETS.map(labels => next.labels(labels));
  return [
    bench.contender(
      'bare array[i] += 1 of a handle',
      'floor',
      () => {
        for (let i = 0; i < SERIES; i++) cells[i]!.add();
      },
      passes => expectEqual(sumOf(array), passes * SERIES, 'the bare cells'),
    ),
    bench.contender(
      'bare array[i] += 1 of a closure',
      'floor',
      () => {
        for (let i = 0; i < SERIES; i++) closures[i]!.add();
      },
      passes => expectEqual(sumOf(closed), passes * SERIES, 'the cells of the closures'),
    ),
    bench.contender(
      'threadtally, recorder',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) coreHandles[i]!.inc();
      },
      bench.oursCounts('core_bound_total'),
    ),
    bench.contender(
      'threadtally, Counter',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) handles[i]!.inc();
      },
      bench.oursCounts('bound_total'),
    ),
    bench.contender(
      'prom-client 15',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) promHandles[i]!.inc();
      },
      peerCounts(prom, 'prom-client'),
    ),
    bench.contender(
      'successor 0.16',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) nextHandles[i]!.inc();
      },
      peerCounts(next, 'the successor'),
    ),
  ];
}

export function counterLabels(bench: RecordingBench): CheckedContender[] {
  const array = bareArray(SERIES);
  const tree = nestedMap();
  const ours = new Counter({name: 'labels_total', help: 'L', labelNames: names, registers: []});
  const core = bench.recorder.counter({
    name: 'core_labels_total',
    help: 'L',
    labelNames: LABEL_NAMES,
  });
  const prom = new promClient.Counter({name: 'b', help: 'B', labelNames: names, registers: []});
  const next = new successor.Counter({name: 'b', help: 'B', labelNames: names, registers: []});
  const otel = bench.meter.createCounter('otel_counter');
  return [
    bench.contender(
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
    bench.contender(
      'threadtally, recorder',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) core.inc(LABEL_SETS[i]!);
      },
      bench.oursCounts('core_labels_total'),
    ),
    bench.contender(
      'threadtally, Counter',
      'ours',
      () => {
        for (let i = 0; i < SERIES; i++) ours.inc(LABEL_SETS[i]!);
      },
      bench.oursCounts('labels_total'),
    ),
    bench.contender(
      'prom-client 15',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) prom.inc(LABEL_SETS[i]!);
      },
      peerCounts(prom, 'prom-client'),
    ),
    bench.contender(
      'successor 0.16',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) next.inc(LABEL_SETS[i]!);
      },
      peerCounts(next, 'the successor'),
    ),
    bench.contender(
      'OpenTelemetry',
      'peer',
      () => {
        for (let i = 0; i < SERIES; i++) otel.add(1, LABEL_SETS[i]!);
      },
      bench.otelCounts('otel_counter'),
    ),
  ];
}
