import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import client from 'prom-client';
import {Counter, Histogram, Registry} from '../../src/worker.js';
import {parsePage, sampleKey} from '../support/exposition.js';
import {startWorkerSide} from '../support/worker-side.js';

/** A worker whose metrics are brought up to date as before a timed flush, and its page. */
function newSide() {
  const {page, collectors} = startWorkerSide();
  const registers = [new Registry()];
  const read = async () => {
    await new Promise<void>(resolve => collectors.runBefore(resolve));
    return parsePage(page());
  };
  return {read, registers};
}

test('a Counter whose collect resets it and adds an absolute value shows that value, however often it is read', async t => {
  const {read, registers} = newSide();
  let current = 100;
  const calls = new Counter({
    name: 'driver_calls_total',
    help: 'D',
    registers,
    collect() {
      this.reset();
      this.inc(current);
    },
  });
  for (let i = 0; i < 4; i++) {
    current += i;
    t.is((await read()).get('driver_calls_total{}'), current, `flush ${i}`);
    t.is((await calls.get()).values[0]?.value, current);
  }
  current = 30;
  for (let i = 0; i < 3; i++)
    t.is((await read()).get('driver_calls_total{}'), 136, 'it began anew');
  t.is((await calls.get()).values[0]?.value, 30);
});

test('collect of a Counter may count in parts, wait, and leave label sets out', async t => {
  const {read, registers} = newSide();
  let current: Record<string, number> = {a: 0.3, b: 5};
  const calls = new Counter({
    name: 'c',
    help: 'C',
    labelNames: ['kind'],
    registers,
    async collect() {
      await nextTurn();
      this.reset();
      for (const [kind, value] of Object.entries(current)) {
        for (let i = 0; i < 3; i++) this.inc({kind}, value / 3);
      }
      await nextTurn();
    },
  });
  const seen = async () => {
    const samples = await read();
    return ['a', 'b'].map(kind => Number(samples.get(sampleKey('c', {kind}))?.toFixed(9)));
  };
  t.deepEqual(await seen(), [0.3, 5]);
  t.deepEqual(await seen(), [0.3, 5]);
  current = {b: 6};
  t.deepEqual(await seen(), [0.3, 6], 'what is left out stays');
  t.is((await calls.get()).values.length, 1);
  current = {a: 0.4, b: 6};
  t.deepEqual(await seen(), [0.4, 6], 'and goes on');
  calls.inc({kind: 'a'}, 2);
  current = {a: 2.4, b: 6};
  t.deepEqual(await seen(), [2.4, 6], 'what was counted outside is in the total');
});

test('a Histogram whose collect resets it and observes all again counts each once', async t => {
  const {read, registers} = newSide();
  const observed = [0.5, 3, 9];
  const times = new Histogram({
    name: 'h',
    help: 'H',
    buckets: [1, 5],
    registers,
    collect() {
      this.reset();
      for (const value of observed) this.observe(value);
    },
  });
  const seen = async () => {
    const samples = await read();
    const keys = ['h_bucket{le="1"}', 'h_bucket{le="5"}', 'h_count{}', 'h_sum{}'];
    return keys.map(key => samples.get(key));
  };
  for (let i = 0; i < 3; i++) t.deepEqual(await seen(), [1, 2, 3, 12.5]);
  observed.push(0.25);
  for (let i = 0; i < 3; i++) t.deepEqual(await seen(), [2, 3, 4, 12.75]);
  observed.splice(0, 4, 2);
  for (let i = 0; i < 3; i++) t.deepEqual(await seen(), [2, 4, 5, 14.75], 'it began anew');
  t.is((await times.get()).values.at(-1)?.value, 1);
});

test('a reset outside of collect begins anew, in a metric with collect too', async t => {
  const {read, registers} = newSide();
  const jobs = new Counter({name: 'c', help: 'C', registers, collect() {}});
  jobs.inc(3);
  await read();
  jobs.reset();
  jobs.inc(3);
  t.is((await read()).get('c{}'), 6);
});

test("totals that rise or begin anew are counted as by prom-client's increase(), and get() shows them", async t => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(50), {minLength: 1, maxLength: 12}), async totals => {
      const {read, registers} = newSide();
      const oracle = new client.Registry();
      let current = 0;
      const configuration = {
        name: 'c',
        help: 'C',
        collect(this: {reset(): void; inc(value: number): void}) {
          this.reset();
          this.inc(current);
        },
      };
      const ours = new Counter({...configuration, registers});
      const theirs = new client.Counter({...configuration, registers: [oracle]});
      let [last, increase] = [0, 0];
      for (current of totals) {
        increase += current < last ? current : current - last;
        last = current;
        t.is((await read()).get('c{}'), increase);
        t.deepEqual((await ours.get()).values, (await theirs.get()).values);
      }
    }),
    {numRuns: 30},
  );
});
