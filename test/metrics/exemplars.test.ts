import test from 'ava';
import fc from 'fast-check';
import {
  decodeDeclaration,
  EXEMPLARS_PER_MESSAGE_MAX,
  type WireExemplar,
} from '../../src/metrics/delta.js';
import {EXEMPLAR_LABELS_LENGTH_MAX, type Exemplar} from '../../src/metrics/exemplar.js';
import {EXEMPLARS_KEPT_MAX, KeptExemplars} from '../../src/metrics/kept-exemplars.js';
import {OpenMetricsPage} from '../../src/metrics/open-metrics-page.js';
import {Totals} from '../../src/metrics/totals.js';
import {HandWritten} from '../support/hand-written.js';
import {InProcessHub, type InProcessWriter} from '../support/in-process.js';
import {parseOpenMetrics} from '../support/open-metrics.js';

function exemplar(value: number, changes: Partial<Exemplar> = {}): Exemplar {
  return {labels: [['trace_id', 't']], value, timestampSeconds: 1_000.25, ...changes};
}

const GOOD: WireExemplar = {cell: 3, ...exemplar(1)};

test('decodeDeclaration() takes exemplars, and none of what else rides along', t => {
  const labels = Object.assign([['trace_id', 't']], {more: 'x'});
  const message = {kind: 'exemplars', exemplars: [{...GOOD, labels, more: 'x'}], more: 'x'};
  t.deepEqual(decodeDeclaration(structuredClone(message)), {
    kind: 'exemplars',
    exemplars: [GOOD],
  } as never);
});

test('decodeDeclaration() refuses exemplars of any other form', t => {
  const long = 'x'.repeat(EXEMPLAR_LABELS_LENGTH_MAX);
  const bad: Record<string, unknown>[] = [
    {cell: -1},
    {cell: '3'},
    {value: '1'},
    {value: Number.NaN},
    {value: Infinity},
    {timestampSeconds: -1},
    {timestampSeconds: Number.NaN},
    {timestampSeconds: Infinity},
    {timestampSeconds: undefined},
    {labels: 'trace_id'},
    {labels: {trace_id: 't'}},
    {labels: ['ab']},
    {labels: [['trace_id']]},
    {labels: [['trace_id', 't', 'u']]},
    {labels: [['trace_id', 7]]},
    {labels: [['trace-id', 't']]},
    {labels: [['', 't']]},
    {labels: [['a', long]]},
    {
      labels: [
        ['a', 't'],
        ['a', 'u'],
      ],
    },
    {labels: new Array(EXEMPLAR_LABELS_LENGTH_MAX + 1).fill(['a', ''])},
  ];
  for (const change of bad) {
    const message = {kind: 'exemplars', exemplars: [GOOD, {...GOOD, ...change}]};
    t.is(typeof decodeDeclaration(message), 'string', fc.stringify(change));
  }
  const many = new Array(EXEMPLARS_PER_MESSAGE_MAX + 1).fill(GOOD);
  for (const exemplars of [undefined, 'x', [null], new Array(1), many]) {
    t.is(typeof decodeDeclaration({kind: 'exemplars', exemplars}), 'string');
  }
  t.is(typeof decodeDeclaration({kind: 'exemplars', exemplars: many.slice(1)}), 'object');
});

test('decodeDeclaration() never throws, whatever stands for exemplars', t => {
  const anything = fc.anything({withBigInt: true, withNullPrototype: true, withSparseArray: true});
  const message = fc.record({
    kind: fc.constant('exemplars'),
    exemplars: fc.oneof(
      anything,
      fc.array(fc.record({cell: fc.nat(), labels: anything, value: anything})),
    ),
  });
  fc.assert(fc.property(message, given => t.notThrows(() => decodeDeclaration(given))));
});

function newWriters() {
  const hub = new InProcessHub();
  const openMetrics = new OpenMetricsPage(hub.totals);
  const page = () => new TextDecoder().decode(openMetrics.render());
  const writers = [0, 1].map(rank => {
    const writer = hub.newWriter(rank);
    const jobs = writer.recorder.familyCells('counter', {name: 'jobs_total', help: 'J'});
    const time = writer.recorder.familyCells('histogram', {
      name: 'time',
      help: 'T',
      buckets: [1, 5],
    });
    return Object.assign(writer, {job: jobs.cells({})!.cell, time: time.cells({})!.cell});
  });
  const flush = (writer: InProcessWriter) => {
    writer.recorder.flush();
    writer.deliver();
  };
  return {hub, page, flush, one: writers[0]!, two: writers[1]!};
}

test('the newest exemplar by its time wins, whichever worker tells it last', t => {
  const {page, flush, one, two} = newWriters();
  one.recorder.keepExemplar(one.job, exemplar(1, {timestampSeconds: 20}));
  flush(one);
  two.recorder.keepExemplar(two.job, exemplar(2, {timestampSeconds: 10}));
  flush(two);
  t.regex(page(), /^jobs_total 0 # \{trace_id="t"\} 1 20$/m);
  two.recorder.keepExemplar(two.job, exemplar(3, {timestampSeconds: 30}));
  flush(two);
  t.regex(page(), /^jobs_total 0 # \{trace_id="t"\} 3 30$/m);
});

test('exemplars stay when their worker dies, but for what it had not flushed', t => {
  const {page, flush, one} = newWriters();
  one.recorder.keepExemplar(one.job, exemplar(1));
  flush(one);
  one.recorder.keepExemplar(one.job, exemplar(2, {timestampSeconds: 2_000}));
  one.die();
  t.regex(page(), /^jobs_total 0 # \{trace_id="t"\} 1 1000.25$/m);
});

test('exemplars arrive before the delta with their counts', t => {
  const {hub, one} = newWriters();
  const told: string[] = [];
  const jobs = one.recorder.counter({name: 'more_total', help: 'M'});
  one.deliver();
  jobs.inc();
  one.recorder.keepExemplar(one.job, exemplar(1));
  one.recorder.flush();
  one.deliver(1);
  told.push(`${hub.totals.exemplars.count} ${one.source.sequence}`);
  one.deliver(1);
  told.push(`${hub.totals.exemplars.count} ${one.source.sequence}`);
  t.deepEqual(told, ['1 0', '1 1']);
});

test('exemplars without any change have a sequence number of their own', t => {
  const {flush, one} = newWriters();
  flush(one);
  const {sequence} = one.source;
  one.recorder.keepExemplar(one.job, exemplar(1));
  flush(one);
  t.is(one.source.sequence, sequence + 1);
  flush(one);
  t.is(one.source.sequence, sequence + 1);
});

test('an exemplar outside its bucket, or of what has none, is refused alone', t => {
  const {hub, flush, one} = newWriters();
  const {recorder} = one;
  const level = recorder.familyCells('gauge', {name: 'level', help: 'L'}).cells({})!.cell;
  const spread = recorder.familyCells('summary', {name: 'spread', help: 'S'}).cells({})!.cell;
  const wrong = [
    [one.time, 1.5],
    [one.time + 1, 1],
    [one.time + 2, 5],
    [one.time + 3, 9],
    [level, 1],
    [spread, 1],
    [9_999, 1],
  ] as const;
  for (const [cell, value] of wrong) recorder.keepExemplar(cell, exemplar(value));
  recorder.keepExemplar(one.job, exemplar(1));
  flush(one);
  t.is(hub.complaints.refused.length, wrong.length);
  t.is(hub.totals.exemplars.count, 1);
  for (const [i, value] of [1, 5, 5.5].entries()) {
    recorder.keepExemplar(one.time + i, exemplar(value));
  }
  flush(one);
  t.is(hub.complaints.refused.length, wrong.length);
  t.is(hub.totals.exemplars.count, 4);
});

test('a flush takes the exemplars of so many cells; further ones are dropped and counted', t => {
  const {hub, flush, one} = newWriters();
  const {recorder} = one;
  const family = {name: 'many_total', help: 'M', labelNames: ['i']};
  const cells = recorder.familyCells('counter', family);
  for (let i = 0; i < EXEMPLARS_PER_MESSAGE_MAX + 5; i++) {
    recorder.keepExemplar(cells.cells({i: String(i)})!.cell, exemplar(i));
  }
  recorder.keepExemplar(cells.cells({i: '0'})!.cell, exemplar(77));
  flush(one);
  t.is(hub.totals.exemplars.count, EXEMPLARS_PER_MESSAGE_MAX);
  const first = hub.totals.families.get('many_total')!.series.get('["0"]')!;
  t.is(hub.totals.exemplars.of(first)?.get(0)?.value, 77, 'those known are renewed');
  t.regex(hub.wholeText(), /^hub_exemplars_dropped_total\{reason="flush_limit"\} +5$/m);
});

test('exemplars of a series that the hub has not are dropped and counted', t => {
  const hub = new InProcessHub(1);
  const writer = hub.newWriter(0, {seriesPerFamilyMax: 10});
  const jobs = writer.recorder.familyCells('counter', {name: 'j', help: 'J', labelNames: ['k']});
  for (const k of ['a', 'b']) writer.recorder.keepExemplar(jobs.cells({k})!.cell, exemplar(1));
  writer.recorder.flush();
  writer.deliver();
  t.deepEqual(hub.complaints.droppedExemplars, ['no_series']);
  hub.totals.forget('j', ['a']);
  t.is(hub.totals.exemplars.count, 0, 'what is forgotten leaves with its exemplars');
});

test('KeptExemplars holds so many, and renews them all the same', t => {
  const kept = new KeptExemplars();
  const [series, other] = [{}, {}];
  for (let i = 0; i < EXEMPLARS_KEPT_MAX; i++) t.true(kept.keep(series, i, exemplar(i)));
  t.false(kept.keep(other, 0, exemplar(0)));
  t.is(kept.of(other), undefined);
  t.true(kept.keep(series, 0, exemplar(9)));
  t.is(kept.of(series)?.get(0)?.value, 9);
  kept.forget(series);
  t.is(kept.count, 0);
  t.true(kept.keep(other, 0, exemplar(0)));
});

test('render() puts exemplars behind counters and buckets, and the text page has none', t => {
  const hand = new HandWritten();
  const jobs = hand.family('counter', {name: 'jobs_total', help: 'J', labelNames: ['k']});
  const time = hand.family('histogram', {name: 'time', help: 'T', buckets: [1, 5]});
  const [a, b] = [hand.series(jobs, 'a'), hand.series(jobs, 'b')];
  const seconds = hand.series(time);
  hand.totals.add(b, 0, 12);
  hand.totals.add(seconds, 1, 3);
  const {exemplars} = hand.totals;
  exemplars.keep(seconds, 2, exemplar(7.5, {labels: []}));
  exemplars.keep(b, 0, exemplar(12, {labels: [['trace_id', 'ö "q" \\ \n']]}));
  exemplars.keep(seconds, 1, exemplar(1e-7, {timestampSeconds: 1_700_000_000.123}));
  const page = hand.openMetrics();
  t.is(
    page,
    `# TYPE jobs counter
# HELP jobs J
jobs_total{k="a"} 0
jobs_total{k="b"} 12 # {trace_id="ö \\"q\\" \\\\ \\n"} 12 1000.25
# TYPE time histogram
# HELP time T
time_bucket{le="1.0"} 0
time_bucket{le="5.0"} 3 # {trace_id="t"} 1e-7 1700000000.123
time_bucket{le="+Inf"} 3 # {} 7.5 1000.25
time_sum 0
time_count 3
# EOF
`,
  );
  t.is(parseOpenMetrics(page).exemplars.size, 3);
  t.false(hand.text().includes(' # '));
  exemplars.forget(seconds);
  hand.totals.add(a, 0, 100);
  t.deepEqual([...parseOpenMetrics(hand.openMetrics()).exemplars.keys()], ['jobs_total{k="b"}']);
});

test('render() gives exemplars to any samples, and leaves the rest of the page as it is', t => {
  const amounts = fc.array(fc.nat(1e12), {minLength: 3, maxLength: 3});
  const rows = fc.array(fc.record({amounts, chosen: fc.subarray([0, 1, 2])}), {maxLength: 30});
  fc.assert(
    fc.property(rows, given => {
      const hand = new HandWritten();
      const family = hand.family('histogram', {
        name: 't',
        help: 'T',
        labelNames: ['i'],
        buckets: [1, 5],
      });
      const all = given.map((_, i) => hand.series(family, String(i)));
      for (const [i, {amounts}] of given.entries()) {
        for (const [offset, amount] of amounts.entries()) hand.totals.add(all[i]!, offset, amount);
      }
      const plain = hand.openMetrics();
      let count = 0;
      for (const [i, {chosen}] of given.entries()) {
        for (const offset of chosen) {
          hand.totals.exemplars.keep(all[i]!, offset, exemplar(i * 3 + offset));
          count++;
        }
      }
      const page = hand.openMetrics();
      t.is(page.replace(/ # \{.*$/gm, ''), plain);
      const {exemplars} = parseOpenMetrics(page);
      t.is(exemplars.size, count);
      for (const [i, {chosen}] of given.entries()) {
        for (const offset of chosen) {
          const key = `t_bucket{i="${i}",le="${['1', '5', '+Inf'][offset]}"}`;
          t.is(exemplars.get(key)?.value, i * 3 + offset, key);
        }
      }
    }),
  );
});

test('render() shows no exemplar of a counter whose name makes it of type unknown', t => {
  const hand = new HandWritten();
  const jobs = hand.series(hand.family('counter', {name: 'jobs_total', help: 'J'}));
  hand.set(hand.series(hand.family('gauge', {name: 'jobs', help: 'J'})), 1);
  hand.totals.exemplars.keep(jobs, 0, exemplar(1));
  t.regex(hand.openMetrics(), /^jobs_total 0$/m);
});

test('render() writes _created on request: when each series was first known', t => {
  let seconds = 1_700_000_000.5;
  const hand = new HandWritten(new Totals(undefined, undefined, () => seconds));
  const jobs = hand.family('counter', {name: 'jobs_total', help: 'J', labelNames: ['k']});
  const time = hand.family('histogram', {name: 'time', help: 'T', buckets: [-1]});
  const spread = hand.family('summary', {name: 'spread', help: 'S', quantiles: [0.5]});
  const level = hand.family('gauge', {name: 'level', help: 'L'});
  const twin = hand.family('counter', {name: 'twin_total', help: 'T'});
  hand.series(jobs, 'a');
  for (const family of [time, spread, level, twin]) hand.series(family);
  hand.series(hand.family('gauge', {name: 'twin_created', help: 'Another.'}));
  const page = new OpenMetricsPage(hand.totals, {createdSamples: true});
  const render = () => new TextDecoder().decode(page.render());
  render();
  seconds++;
  const b = hand.series(jobs, 'b');
  hand.totals.add(b, 0, 3);
  hand.totals.exemplars.keep(b, 0, exemplar(3));
  const created = render()
    .split('\n')
    .filter(line => line.includes('_created'));
  t.deepEqual(created, [
    'jobs_created{k="a"} 1700000000.5',
    'jobs_created{k="b"} 1700000001.5',
    'time_created 1700000000.5',
    'spread_created 1700000000.5',
    '# TYPE twin_created gauge',
    '# HELP twin_created Another.',
    'twin_created 0',
  ]);
  const {samples, exemplars} = parseOpenMetrics(render());
  t.is(samples.get('jobs_total{k="b"}'), 3);
  t.is(exemplars.get('jobs_total{k="b"}')?.value, 3);
  t.false(hand.openMetrics().includes('jobs_created'), 'not unless asked for');
  t.false(hand.text().includes('jobs_created'));
});
