import {PrometheusSerializer} from '@opentelemetry/exporter-prometheus';
import {MeterProvider, MetricReader} from '@opentelemetry/sdk-metrics';
import * as successor from '@prometheus-io/client';
import * as promClient from 'prom-client';
import {MetricsHub, type PageFormat} from '../src/index.js';
import {type Contender, compare, expectEqual, msOf, msUntil} from './measure.js';
import {atMost, fasterThanPeers, type Goal, type Table} from './table.js';

const FAMILY = 'requests_total';
const LABELS = ['route', 'status'] as const;
const OURS = 'threadtally';
const OURS_KEPT = 'threadtally, and a copy to keep';
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
  const small = await measurePages(new Recording(10_000, 'ones'), 15);
  const large = await measurePages(new Recording(100_000, 'ones'), 7);
  const fractions = await measurePages(new Recording(10_000, 'fractions'), 15);
  return [
    {...small, goals: [fasterThanPeers(small.figures, {of: OURS, times: 20}), ...copyGoals(small)]},
    {...large, goals: [fasterThanPeers(large.figures, {of: OURS, times: 25}), ...copyGoals(large)]},
    fractions,
  ];
}

function copyGoals({figures}: Table): Goal[] {
  return [OURS, OURS_KEPT].map(of => atMost(figures, {of, times: 2, than: COPY}));
}

/** What is recorded before each page. */
class Recording {
  readonly labelSets: LabelSets;
  readonly #amounts: 'ones' | 'fractions';

  constructor(lines: number, amounts: 'ones' | 'fractions') {
    this.labelSets = Array.from({length: lines}, (_, i) => ({
      route: `/route/${i >> 3}`,
      status: `s${i & 7}`,
    }));
    this.#amounts = amounts;
  }

  get title(): string {
    const count = this.labelSets.length.toLocaleString('en-US');
    const added = this.#amounts === 'ones' ? '' : ', by fractions of up to 17 digits';
    return `Text page, ${count} lines, all changed${added}`;
  }

  get id(): string {
    return `text-page-${this.labelSets.length}${this.#amounts === 'ones' ? '' : '-fractions'}`;
  }

  /** What a series gets in a round. */
  amount(series: number, round: number): number {
    return this.#amounts === 'ones' ? 1 : ((series * 7_919 + round * 104_729) % 99_991) / 99_989;
  }

  /** That all samples stand on a page, with what was added in so many rounds. */
  check(page: string, rounds: number, who: string): void {
    const values = [...page.matchAll(/^requests_total\{[^}]*\} +(\S+)/gm)].map(
      ([, value]) => value,
    );
    const expected = this.labelSets.map((_, i) => {
      let sum = 0;
      for (let round = 1; round <= rounds; round++) sum += this.amount(i, round);
      return String(sum);
    });
    expectEqual(values.sort().join(), expected.sort().join(), who);
  }
}

async function measurePages(recording: Recording, rounds: number): Promise<Table> {
  const subjects = await subjectsOf(recording);
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    for (const {sample} of subjects) await sample();
  }
  const figures = await compare(subjects, rounds);
  return {
    id: recording.id,
    title: recording.title,
    unit: 'ms',
    figures,
    goals: [],
    notes: [
      'Each contender adds to every series before a sample; only the rendering is timed. Ours is `renderPage()`, in one piece: the server',
      'makes pages of 20,000 lines and more in slices, which takes longer and blocks for less; see below.',
      'Ours is a view of bytes, as uWebSockets.js takes them and copies them; the peers make a string, whose encoding is left out.',
    ],
  };
}

async function subjectsOf(recording: Recording): Promise<Contender[]> {
  const ours = ourPage(recording);
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
    {name: OURS, role: 'ours', sample: () => ours.sample('text')},
    {
      name: OURS_KEPT,
      role: 'ours',
      sample: () => ours.sample('text', body => body.slice()),
    },
    {name: 'threadtally, OpenMetrics', role: 'ours', sample: () => ours.sample('openmetrics')},
    peerPage('prom-client 15', promClient, recording),
    peerPage('successor 0.16', successor as unknown as typeof promClient, recording),
    otelPage(recording),
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

function ourPage(recording: Recording) {
  const {labelSets} = recording;
  const hub = new MetricsHub({seriesPerFamilyMax: labelSets.length});
  const counter = hub.recorder.counter({name: FAMILY, help: 'Requests.', labelNames: LABELS});
  const series = labelSets.map(labels => counter.labels(labels));
  let adds = 0;
  const sample = (format: PageFormat, keep = (body: Uint8Array) => body) => {
    adds++;
    for (let i = 0; i < series.length; i++) series[i]!.inc(recording.amount(i, adds));
    let body = new Uint8Array();
    const ms = msOf(() => {
      body = keep(hub.renderPage(format).body) as typeof body;
    });
    recording.check(Buffer.from(body).toString(), adds, format);
    return ms;
  };
  sample('text');
  sample('openmetrics');
  return {hub, sample};
}

function peerPage(name: string, peer: typeof promClient, recording: Recording): Contender {
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
    for (const [i, labels] of recording.labelSets.entries())
      counter.inc(labels, recording.amount(i, adds));
    let text = '';
    const ms = await msUntil(async () => {
      text = await registry.metrics();
    });
    recording.check(text, adds, name);
    return ms;
  };
  return {name, role: 'peer', sample};
}

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function otelPage(recording: Recording): Contender {
  const {labelSets} = recording;
  // Its default bound is 2,000 label sets a family.
  const reader = new ManualReader({cardinalitySelector: () => labelSets.length + 1});
  const provider = new MeterProvider({readers: [reader]});
  const counter = provider.getMeter('bench').createCounter(FAMILY);
  const serializer = new PrometheusSerializer('', false, undefined, true, true);
  let adds = 0;
  const sample = async () => {
    adds++;
    for (const [i, labels] of labelSets.entries()) counter.add(recording.amount(i, adds), labels);
    let text = '';
    const ms = await msUntil(async () => {
      text = serializer.serialize((await reader.collect()).resourceMetrics);
    });
    recording.check(text, adds, 'OpenTelemetry');
    return ms;
  };
  return {name: 'OpenTelemetry', role: 'peer', sample};
}
