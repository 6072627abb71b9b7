import {PrometheusSerializer} from '@opentelemetry/exporter-prometheus';
import {MeterProvider, MetricReader} from '@opentelemetry/sdk-metrics';
import * as successor from '@prometheus-io/client';
import * as promClient from 'prom-client';
import {MetricsHub, type PageFormat} from '../src/index.js';
import {type Contender, compare, expectEqual, msOf, msUntil} from './measure.js';
import {atMost, fasterThanPeers, type Table} from './table.js';

const FAMILY = 'requests_total';
const LABELS = ['route', 'status'] as const;
const COPY = 'copy of the bytes';

/** Of all contenders, before the first that counts: their code is compiled then, as after the first scrapes of a server. */
const WARM_UP_ROUNDS = 10;

/**
 * The text page: rendering when every value changed, to bytes that could be sent.
 *
 * The floor is a copy into new memory: whoever hands a page on and goes on recording can't do without, since the page must stay
 * as it is until its last byte is sent, to one slow client or to several. Its cost is that of the copy and of the system's
 * pages behind new memory; which of them are new is the allocator's affair, as it is for a server. A copy into room that is
 * there and touched stands beside it: no server has such room for each answer, but it shows what the bytes alone cost.
 */
export async function run(): Promise<readonly Table[]> {
  const tables = [];
  for (const [lines, rounds, times] of [
    [10_000, 15, 20],
    [100_000, 7, 25],
  ] as const) {
    tables.push(await measurePages(lines, rounds, times));
  }
  return tables;
}

async function measurePages(lines: number, rounds: number, times: number): Promise<Table> {
  const subjects = await subjectsOf(lines);
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    for (const {sample} of subjects) await sample();
  }
  const figures = await compare(subjects, rounds);
  return {
    id: `text-page-${lines}`,
    title: `Text page, ${lines.toLocaleString('en-US')} lines, all changed`,
    unit: 'ms',
    figures,
    goals: [
      fasterThanPeers(figures, {of: 'threadtally', times}),
      atMost(figures, {of: 'threadtally', times: 2, than: COPY}),
      atMost(figures, {of: 'threadtally, and a copy to keep', times: 2, than: COPY}),
    ],
    notes: [
      'Each contender adds 1 to every series before a sample; only the rendering is timed.',
      'Ours is a view of bytes, as uWebSockets.js takes them and copies them; the peers make a string, whose encoding is left out.',
    ],
  };
}

async function subjectsOf(lines: number): Promise<Contender[]> {
  const labelSets = Array.from({length: lines}, (_, i) => ({
    route: `/route/${i >> 3}`,
    status: `s${i & 7}`,
  }));
  const ours = ourPage(labelSets);
  const page = ours.hub.renderPage();
  const from = page.body.slice();
  const there = new Uint8Array(from.length);
  const copyThere = () => {
    there.set(from);
    return there;
  };
  return [
    copying(COPY, from, () => from.slice()),
    copying('copy into room that is there', from, copyThere),
    {name: 'threadtally', role: 'ours', sample: () => ours.sample('text')},
    {
      name: 'threadtally, and a copy to keep',
      role: 'ours',
      sample: () => ours.sample('text', body => body.slice()),
    },
    {name: 'threadtally, OpenMetrics', role: 'ours', sample: () => ours.sample('openmetrics')},
    peerPage('prom-client 15', promClient, labelSets),
    peerPage('successor 0.16', successor as unknown as typeof promClient, labelSets),
    otelPage(labelSets),
  ];
}

function copying(name: string, from: Uint8Array, copy: () => Uint8Array): Contender {
  const sample = () => {
    from[0] = (from[0] ?? 0) ^ 1;
    let to = from;
    const ms = msOf(() => {
      to = copy();
    });
    expectEqual(to !== from && to[0], from[0], name);
    return ms;
  };
  return {name, role: 'floor', sample};
}

type LabelSets = readonly Readonly<Record<(typeof LABELS)[number], string>>[];

function ourPage(labelSets: LabelSets) {
  const hub = new MetricsHub({seriesPerFamilyMax: labelSets.length});
  const counter = hub.recorder.counter({name: FAMILY, help: 'Requests.', labelNames: LABELS});
  const series = labelSets.map(labels => counter.labels(labels));
  let adds = 0;
  const sample = (format: PageFormat, keep = (body: Uint8Array) => body) => {
    adds++;
    for (const one of series) one.inc();
    let body = new Uint8Array();
    const ms = msOf(() => {
      body = keep(hub.renderPage(format).body) as typeof body;
    });
    expectEqual(valuesOf(Buffer.from(body).toString()), `${labelSets.length} of ${adds}`, format);
    return ms;
  };
  sample('text');
  sample('openmetrics');
  return {hub, sample};
}

function peerPage(name: string, peer: typeof promClient, labelSets: LabelSets): Contender {
  const registry = new peer.Registry();
  const counter = new peer.Counter({
    name: FAMILY,
    help: 'Requests.',
    labelNames: LABELS,
    registers: [registry],
  });
  let adds = 0;
  const sample = async () => {
    adds++;
    for (const labels of labelSets) counter.inc(labels);
    let text = '';
    const ms = await msUntil(async () => {
      text = await registry.metrics();
    });
    expectEqual(valuesOf(text), `${labelSets.length} of ${adds}`, name);
    return ms;
  };
  return {name, role: 'peer', sample};
}

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function otelPage(labelSets: LabelSets): Contender {
  // Its default bound is 2,000 label sets a family.
  const reader = new ManualReader({cardinalitySelector: () => labelSets.length + 1});
  const provider = new MeterProvider({readers: [reader]});
  const counter = provider.getMeter('bench').createCounter(FAMILY);
  const serializer = new PrometheusSerializer('', false, undefined, true, true);
  let adds = 0;
  const sample = async () => {
    adds++;
    for (const labels of labelSets) counter.add(1, labels);
    let text = '';
    const ms = await msUntil(async () => {
      text = serializer.serialize((await reader.collect()).resourceMetrics);
    });
    expectEqual(valuesOf(text), `${labelSets.length} of ${adds}`, 'OpenTelemetry');
    return ms;
  };
  return {name: 'OpenTelemetry', role: 'peer', sample};
}

/** How many samples of the family stand on a page, and which value all of them have: `10000 of 3`. */
function valuesOf(page: string): string {
  const values = [...page.matchAll(/^requests_total\{[^}]*\} +(\S+)/gm)].map(([, value]) => value);
  return `${values.length} of ${[...new Set(values)].join(' and ')}`;
}
