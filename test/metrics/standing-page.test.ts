import test from 'ava';
import fc from 'fast-check';
import type {FamilyType} from '../../src/metrics/family.js';
import {OpenMetricsPage} from '../../src/metrics/open-metrics-page.js';
import type {PageCopy} from '../../src/metrics/slot-page.js';
import {TextPage} from '../../src/metrics/text-page.js';
import {Totals} from '../../src/metrics/totals.js';
import {InProcessWriter, newComplaints} from '../support/in-process.js';

const KINDS = [
  'record',
  'record',
  'record',
  'remove',
  'forget',
  'flush',
  'sample',
  'age',
  'label',
  'join',
  'die',
  'prepare',
  'copy',
  'advance',
  'compare',
] as const;

/** Names of which some begin alike, or end as samples do; each with the type of its family. */
const FAMILIES: readonly (readonly [string, FamilyType])[] = [
  ['x', 'histogram'],
  ['x_created', 'gauge'],
  ['y', 'summary'],
  ['y_info', 'gauge'],
  ['z', 'gauge'],
  ['z_total_total', 'counter'],
  ['a_total', 'counter'],
  ['recent', 'summary'],
];

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    family: fc.constantFrom(...FAMILIES),
    writer: fc.nat(3),
    /** The first of the labels that it is about, and how many. */
    first: fc.nat(40),
    count: fc.nat(6),
    value: fc.oneof(fc.integer({min: 1, max: 9}), fc.integer({min: 1e6, max: 1e15})),
  }),
  {minLength: 30, maxLength: 120, size: 'max'},
);

type Step = typeof steps extends fc.Arbitrary<(infer S)[]> ? S : never;

/** Totals with writers that come and go, and a page of each format that stands all the while. */
class Fleet {
  nowMs = 0;
  readonly totals: Totals;
  readonly pages: readonly {
    page: TextPage | OpenMetricsPage;
    newPage: () => TextPage | OpenMetricsPage;
  }[];
  /** Preparations that were begun and are suspended. */
  readonly #preparations: Iterator<unknown>[] = [];
  /** Copies that were begun, with the page of that moment. */
  readonly #copies: {copy: PageCopy; expected: string}[] = [];
  readonly #writers: InProcessWriter[] = [];

  constructor(createdSamples: boolean) {
    const totals = new Totals(
      5_000,
      () => this.nowMs,
      () => 1e9,
    );
    this.totals = totals;
    const newPages = [
      () => new TextPage(totals),
      () => new OpenMetricsPage(totals, {createdSamples}),
    ];
    this.pages = newPages.map(newPage => ({page: newPage(), newPage}));
    this.#join();
  }

  take(step: Step): void {
    const {kind, family, first, count} = step;
    const writer = this.#writers[step.writer % this.#writers.length]!;
    const labels = Array.from({length: count}, (_, i) => String(first + i));
    if (kind === 'record') for (const l of labels) record(writer, step, l);
    else if (kind === 'remove') for (const l of labels) metricOf(writer, family).remove({l});
    else if (kind === 'forget') for (const l of labels) this.totals.forget(family[0], [l]);
    else if (kind === 'flush') {
      writer.recorder.flush();
      writer.deliver(first);
    } else if (kind === 'sample') writer.sample();
    else if (kind === 'age') {
      this.nowMs += first * 100;
      this.totals.refresh();
    } else if (kind === 'label') this.totals.setDefaultLabels(count > 3 ? {} : {d: String(count)});
    else if (kind === 'join') this.#join();
    else if (kind === 'die') this.#die(writer);
    else if (kind === 'prepare') this.#preparations.push(this.pages[count % 2]!.page.prepare());
    else if (kind === 'copy') this.#copy(count % 2);
    else if (kind === 'advance') this.#advance(count);
  }

  #copy(i: number): void {
    const {page, newPage} = this.pages[i]!;
    const expected = decode(newPage().render());
    this.#copies.push({copy: page.copy(), expected});
  }

  /** Pages that were copied while others were made and recorded, and what they should be. */
  endCopies(): {copied: string; expected: string}[] {
    return this.#copies.splice(0).map(({copy: {steps, sink}, expected}) => {
      while (steps.next().done === false);
      return {copied: decode(sink.body), expected};
    });
  }

  #join(): void {
    if (this.#writers.length > 3) return;
    this.#writers.push(new InProcessWriter(this.totals, this.#writers.length, newComplaints()));
  }

  #die(writer: InProcessWriter): void {
    if (this.#writers.length === 1) return;
    this.#writers.splice(this.#writers.indexOf(writer), 1);
    writer.die();
  }

  #advance(count: number): void {
    for (let i = 0; i < count && this.#preparations.length > 0; i++) {
      if (this.#preparations[0]!.next().done) this.#preparations.shift();
    }
    for (const {copy} of this.#copies) copy.steps.next();
  }
}

function metricOf({recorder}: InProcessWriter, [name, type]: Step['family']) {
  const options = {name, help: 'H', labelNames: ['l'] as const};
  const window = {maxAgeSeconds: 5, ageBuckets: 2, pruneAgedBuckets: true};
  if (type !== 'summary') return recorder[type](options);
  return recorder.summary({...options, ...(name === 'recent' ? window : {})});
}

function record(writer: InProcessWriter, {family, value}: Step, l: string): void {
  const metric = metricOf(writer, family);
  if ('observe' in metric) metric.observe({l}, value);
  else metric.inc({l}, value);
}

const decoder = new TextDecoder();

function decode(body: Uint8Array): string {
  return decoder.decode(body);
}

test('a page that stands equals a new one of the same totals, whatever came, went and was half prepared', t => {
  fc.assert(
    fc.property(steps, fc.boolean(), (steps, createdSamples) => {
      const fleet = new Fleet(createdSamples);
      for (const step of [...steps, {...steps[0]!, kind: 'compare' as const}]) {
        fleet.take(step);
        if (step.kind !== 'compare') continue;
        for (const {page, newPage} of fleet.pages) {
          const [standing, anew] = [decode(page.render()), decode(newPage().render())];
          if (standing !== anew) t.is(standing, anew);
        }
      }
      for (const {copied, expected} of fleet.endCopies()) {
        if (copied !== expected) t.is(copied, expected);
      }
    }),
    {numRuns: 15},
  );
  t.pass();
});
