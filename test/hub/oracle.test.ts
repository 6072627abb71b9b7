import test from 'ava';
import fc from 'fast-check';
import client from 'prom-client';
import {AGGREGATORS} from '../../src/metrics/family.js';
import {parsePage} from '../support/exposition.js';
import {InProcessHub} from '../support/in-process.js';

const BUCKETS = [0.5, 1, 8];
const LABELS = ['kind'] as const;

interface Step {
  readonly worker: number;
  readonly act: 'inc' | 'set' | 'dec' | 'observe' | 'flush' | 'deliver' | 'sample';
  readonly kind: string;
  readonly value: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  worker: fc.nat(3),
  act: fc.constantFrom('inc', 'set', 'dec', 'observe', 'flush', 'deliver', 'sample'),
  kind: fc.constantFrom('a', 'b', 'c'),
  // Whole eighths add up exactly in any order.
  value: fc.integer({min: 0, max: 400}).map(n => n / 8),
});

/** One worker's metrics in prom-client. */
function newPeer() {
  const registry = new client.Registry();
  const common = {help: 'H', labelNames: LABELS, registers: [registry]};
  const counter = new client.Counter({...common, name: 'jobs_total'});
  const histogram = new client.Histogram({...common, name: 'job_time', buckets: BUCKETS});
  const gauges = AGGREGATORS.map(
    aggregator => new client.Gauge({...common, name: `level_${aggregator}`, aggregator}),
  );
  return {registry, counter, histogram, gauges};
}

/** The same metrics in ours. */
function newOurs(hub: InProcessHub, rank: number) {
  const writer = hub.newWriter(rank);
  const {recorder} = writer;
  const common = {help: 'H', labelNames: LABELS};
  const counter = recorder.counter({...common, name: 'jobs_total'});
  const histogram = recorder.histogram({...common, name: 'job_time', buckets: BUCKETS});
  const gauges = AGGREGATORS.map(aggregator =>
    recorder.gauge({...common, name: `level_${aggregator}`, aggregator}),
  );
  return {writer, counter, histogram, gauges};
}

test('the hub agrees with AggregatorRegistry.aggregate() over the same workers, for every aggregator', async t => {
  const run = async (workerCount: number, steps: readonly Step[]) => {
    const hub = new InProcessHub();
    const peers = Array.from({length: workerCount}, newPeer);
    const ours = Array.from({length: workerCount}, (_, rank) => newOurs(hub, rank));
    for (const {worker, act, kind, value} of steps) {
      const peer = peers[worker % workerCount]!;
      const own = ours[worker % workerCount]!;
      if (act === 'flush') own.writer.recorder.flush();
      else if (act === 'deliver') own.writer.deliver(3);
      else if (act === 'sample') own.writer.sample();
      for (const {counter, histogram, gauges} of [peer, own]) {
        if (act === 'inc') counter.inc({kind}, value);
        else if (act === 'observe') histogram.observe({kind}, value);
        else if (act === 'set') for (const gauge of gauges) gauge.set({kind}, value);
        else if (act === 'dec') for (const gauge of gauges) gauge.dec({kind}, value);
      }
    }
    for (const [i, {writer}] of ours.entries()) {
      // Either way the hub must know all: by what was posted, or by what it reads.
      if (i % 2 === 0) writer.recorder.flush();
      writer.deliver();
      if (i % 2 === 1) writer.sample();
    }
    const registries = await Promise.all(peers.map(peer => peer.registry.getMetricsAsJSON()));
    const text = await client.AggregatorRegistry.aggregate(registries).metrics();
    t.deepEqual(new Map([...parsePage(hub.text())].sort()), new Map([...parsePage(text)].sort()));
  };
  await fc.assert(
    fc.asyncProperty(fc.integer({min: 1, max: 4}), fc.array(step, {maxLength: 50}), run),
    {numRuns: 150},
  );
  t.pass();
});

test('gauges of a dead worker leave the aggregate, for every aggregator', t => {
  const hub = new InProcessHub();
  const [first, second] = [newOurs(hub, 0), newOurs(hub, 1)];
  for (const gauge of first.gauges) gauge.set({kind: 'a'}, 4);
  for (const gauge of second.gauges) gauge.set({kind: 'a'}, 10);
  for (const {writer} of [first, second]) {
    writer.recorder.flush();
    writer.deliver();
  }
  const level = (aggregator: string) => parsePage(hub.text()).get(`level_${aggregator}{kind="a"}`);
  t.deepEqual(AGGREGATORS.map(level), [14, 4, 4, 10, 7, undefined]);
  first.writer.die();
  t.deepEqual(AGGREGATORS.map(level), [10, 10, 10, 10, 10, undefined]);
  second.writer.die();
  t.deepEqual(AGGREGATORS.map(level), Array(6).fill(undefined));
});
