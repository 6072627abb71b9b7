import test from 'ava';
import fc from 'fast-check';
import {TextPage} from '../../src/metrics/text-page.js';
import {Totals} from '../../src/metrics/totals.js';
import {parsePage} from '../support/exposition.js';
import {InProcessWriter, newComplaints} from '../support/in-process.js';

/** One a label: what is recorded under it is a multiple, so that a total tells what doesn't belong there. */
const PRIMES = [1009, 1013, 1019, 1021, 1031, 1033, 1039, 1049];

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom(
      'record',
      'record',
      'record',
      'record',
      'flush',
      'deliver',
      'sample',
      'remove',
      'forget',
      'die',
      'read',
    ),
    isHistogram: fc.boolean(),
    writer: fc.nat(1),
    label: fc.nat(PRIMES.length - 1),
    count: fc.integer({min: 1, max: 5}),
  }),
  {minLength: 40, maxLength: 150, size: 'max'},
);

type Step = typeof steps extends fc.Arbitrary<(infer S)[]> ? S : never;

/** Two workers at a time that record, forget and die, and what the page may show of it. */
class Ledgers {
  readonly complaints = newComplaints();
  readonly #totals = new Totals();
  readonly #page = new TextPage(this.#totals);
  readonly #writers: InProcessWriter[] = [];
  #rank = 0;
  /** By the page's key: all that was ever recorded. */
  readonly #recorded = new Map<string, number>();

  constructor() {
    this.#join();
    this.#join();
  }

  /** Returns what of the page can't be, one text each. */
  take(step: Step): string[] {
    const {kind, label, count} = step;
    const writer = this.#writers[step.writer]!;
    const labels = {l: String(label)};
    if (kind === 'record') this.#record(writer, step);
    else if (kind === 'flush') writer.recorder.flush();
    else if (kind === 'deliver') writer.deliver(count);
    else if (kind === 'sample') writer.sample();
    else if (kind === 'remove') metricOf(writer, step).remove(labels);
    else if (kind === 'forget') this.#totals.forget(step.isHistogram ? 'h' : 'c_total', [labels.l]);
    else if (kind === 'die') {
      writer.die();
      this.#writers.splice(step.writer, 1);
      this.#join();
    } else return this.#read();
    return [];
  }

  #join(): void {
    this.#writers.push(new InProcessWriter(this.#totals, this.#rank++, this.complaints));
  }

  #record(writer: InProcessWriter, step: Step): void {
    const amount = PRIMES[step.label]! * step.count;
    // Not by a handle: cells of which one was given out are never used again.
    const metric = metricOf(writer, step);
    if ('observe' in metric) metric.observe({l: String(step.label)}, amount);
    else metric.inc({l: String(step.label)}, amount);
    const key = `${step.isHistogram ? 'h_sum' : 'c_total'}{l="${step.label}"}`;
    this.#recorded.set(key, (this.#recorded.get(key) ?? 0) + amount);
  }

  #read(): string[] {
    for (const writer of this.#writers) {
      writer.deliver();
      writer.sample();
    }
    const wrong: string[] = [];
    for (const [key, value] of parsePage(this.#page.render())) {
      const label = /^(?:h_sum|c_total)\{l="(\d+)"\}$/.exec(key)?.[1];
      if (label === undefined) continue;
      const recorded = this.#recorded.get(key) ?? 0;
      if (value % PRIMES[Number(label)]! !== 0) wrong.push(`${key} ${value}: another's`);
      if (value > recorded) wrong.push(`${key} ${value}: more than ${recorded}`);
    }
    return wrong;
  }
}

function metricOf({recorder}: InProcessWriter, {isHistogram}: Step) {
  const labelNames = ['l'] as const;
  return isHistogram
    ? recorder.histogram({name: 'h', help: 'H', labelNames, buckets: [10]})
    : recorder.counter({name: 'c_total', help: 'C', labelNames});
}

test('nothing is credited to another label set, or twice, while label sets and workers come and go', t => {
  fc.assert(
    fc.property(steps, steps => {
      const ledgers = new Ledgers();
      const wrong = steps.flatMap(step => ledgers.take(step));
      wrong.push(...ledgers.take({...steps[0]!, kind: 'read'}));
      if (wrong.length > 0) t.deepEqual(wrong, []);
      if (ledgers.complaints.refused.length > 0) t.deepEqual(ledgers.complaints.refused, []);
    }),
    {numRuns: 40},
  );
  t.pass();
});
