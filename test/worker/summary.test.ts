import test from 'ava';
import fc from 'fast-check';
import client from 'prom-client';
import {Registry, Summary} from '../../src/worker.js';
import {parsePage} from '../support/exposition.js';
import {InProcessHub} from '../support/in-process.js';
import {nearestRank} from '../support/nearest-rank.js';
import {startWorkerSide} from '../support/worker-side.js';

const SIZE = {name: 'size', help: 'S', registers: []};

/** What `get()` shows: the value of each quantile, then the sum and the count. */
async function numbersOf(summary: {get(): Promise<{values: readonly {value: number}[]}>}) {
  return (await summary.get()).values.map(({value}) => value);
}

test('Summaries of several workers show the quantiles of all observations, within 1 %', async t => {
  const observed = fc.double({min: 1e-6, max: 1e6, noNaN: true});
  const parts = fc.array(fc.array(observed, {maxLength: 60}), {minLength: 2, maxLength: 4});
  await fc.assert(
    fc.asyncProperty(parts, async lists => {
      const hub = new InProcessHub();
      const peer = new client.Summary(SIZE);
      const sides = lists.map(values => {
        const side = startWorkerSide(hub);
        const summary = new Summary(SIZE);
        for (const value of values) {
          summary.observe(value);
          peer.observe(value);
        }
        return side;
      });
      for (const {page} of sides) page();
      const page = parsePage(hub.text());
      const pooled = lists.flat().sort((a, b) => a - b);
      t.is(page.get('size_count{}'), pooled.length);
      for (const {labels, metricName, value} of (await peer.get()).values) {
        const {quantile} = labels as {quantile?: number};
        if (metricName === 'size_sum') {
          t.true(Math.abs(page.get('size_sum{}')! - value) <= value * 1e-12);
        }
        if (quantile === undefined) continue;
        const exact = nearestRank(pooled, quantile);
        const error = Math.abs(page.get(`size{quantile="${quantile}"}`)! - exact);
        t.true(error <= exact * 0.01 * (1 + 1e-9), `quantile ${quantile} of ${exact}`);
      }
    }),
    {numRuns: 60},
  );
});

test("get() has the samples of prom-client's in their order, an empty summary's at 0", async t => {
  startWorkerSide();
  const configuration = {...SIZE, labelNames: ['k'] as const, percentiles: [0.5, 0.9]};
  const pair = [new client.Summary(configuration), new Summary(configuration)] as const;
  for (const summary of pair) {
    summary.observe({k: 'a'}, 0);
    summary.labels('b').observe(0);
  }
  t.deepEqual(await pair[1].get(), await pair[0].get());
  const empty = [new client.Summary({...SIZE, name: 'e'}), new Summary({...SIZE, name: 'e'})];
  t.deepEqual(await empty[1]!.get(), await empty[0]!.get());
});

test('reset() begins again at 0 with the same label sets, and sets nothing of the hub back', async t => {
  const {page} = startWorkerSide();
  const summary = new Summary({...SIZE, labelNames: ['k'], percentiles: [0.5]});
  const handle = summary.labels('a');
  for (let round = 1; round < 4; round++) {
    handle.observe(8);
    summary.observe({k: 'a'}, 8);
    const [median = 0, ...rest] = await numbersOf(summary);
    t.true(Math.abs(median - 8) <= 0.08);
    t.deepEqual(rest, [16, 2]);
    summary.reset();
    t.deepEqual(await numbersOf(summary), [0, 0, 0]);
    const samples = parsePage(page());
    t.is(samples.get('size_sum{k="a"}'), 16 * round);
    t.is(samples.get('size_count{k="a"}'), 2 * round);
  }
});

test('remove() takes a series off the page', async t => {
  const {page} = startWorkerSide();
  const summary = new Summary({...SIZE, labelNames: ['k']});
  const handle = summary.labels({k: 'a'});
  handle.observe(1);
  summary.remove('a');
  t.deepEqual(await numbersOf(summary), []);
  t.is(parsePage(page()).get('size_count{k="a"}'), undefined);
  handle.observe(1);
  t.is(parsePage(page()).get('size_count{k="a"}'), 1);
});

test('startTimer() observes the seconds that it returns, with the labels of both ends', async t => {
  startWorkerSide();
  const summary = new Summary({...SIZE, labelNames: ['a', 'b'] as const, percentiles: []});
  const seconds = summary.startTimer({a: '1'})({b: '2'});
  t.deepEqual(
    (await summary.get()).values.map(({labels, value}) => [labels, value]),
    [
      [{a: '1', b: '2'}, seconds],
      [{a: '1', b: '2'}, 1],
    ],
  );
});

test('collect() is run before get()', async t => {
  startWorkerSide();
  const summary = new Summary({
    ...SIZE,
    percentiles: [],
    collect() {
      this.observe(2);
    },
  });
  t.deepEqual(await numbersOf(summary), [2, 1]);
});

test('percentiles are shown in ascending order', async t => {
  startWorkerSide();
  const summary = new Summary({...SIZE, percentiles: [0.9, 0.1]});
  t.deepEqual(summary.percentiles, [0.1, 0.9]);
});

test('percentiles that the hub does not take are refused, and leave nothing in the registry', t => {
  startWorkerSide();
  const registers = [new Registry()];
  for (const percentiles of [[50], [-1], [0.5, 0.5], [Number.NaN], 0.5 as never]) {
    t.throws(() => new Summary({...SIZE, registers, percentiles}), {
      instanceOf: TypeError,
      message: /^Expected `quantiles` of size to be at most 64 ascending numbers from 0 to 1, got /,
    });
  }
  t.is(registers[0]?.getSingleMetric('size'), undefined);
});

test('options of a sliding window that can be none are refused, and leave nothing in the registry', t => {
  startWorkerSide();
  const registers = [new Registry()];
  const wrong = [
    {maxAgeSeconds: -1, ageBuckets: 5},
    {maxAgeSeconds: 600, ageBuckets: -1},
    {maxAgeSeconds: 600, ageBuckets: 101},
    {maxAgeSeconds: 600, ageBuckets: 1.5},
  ];
  for (const window of wrong) {
    t.throws(() => new Summary({...SIZE, registers, ...window}), {
      instanceOf: TypeError,
      message: /^Expected `(maxAgeSeconds|ageBuckets)` of size to be /,
    });
  }
  t.is(registers[0]?.getSingleMetric('size'), undefined);
  t.notThrows(() => new Summary({...SIZE, registers, compressCount: 1}));
});
