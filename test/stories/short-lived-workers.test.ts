import v8 from 'node:v8';
import vm from 'node:vm';
import test from 'ava';
import {MetricsHub} from '../../src/index.js';
import {samplesOf, startCounting} from '../support/counting.js';
import {type Samples, sampleKey} from '../support/exposition.js';

const WORKERS = 1_000;
/** A worker takes some 90 ms of two cores to start and load the package; a loaded machine takes longer. */
const TIMEOUT_MS = 600_000;
/** Workers that live at once. */
const AT_ONCE = 4;
const JOBS = 7;
/** Workers after which the hub has all that it needs. */
const WARM = 40;
/** A hub that kept each worker's ledger or series would grow by more; 110 KB were measured. */
const GROWTH_BYTES_MAX = 1_048_576;

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function slotsOf(samples: Samples): string[] {
  return [...samples.keys()].filter(key => key.startsWith('lives_total'));
}

test.serial(
  '1,000 short-lived workers: totals are exact; series, slots and memory stay bounded',
  async t => {
    t.timeout(TIMEOUT_MS);
    const hub = new MetricsHub();
    let started = 0;
    const liveOneAfterAnother = async (until: number) => {
      while (started < until) {
        started++;
        await startCounting(hub, {jobs: JOBS, kind: 'short'}).attachment.settled();
      }
    };
    const run = (until: number) =>
      Promise.all(Array.from({length: AT_ONCE}, () => liveOneAfterAnother(until)));
    const look = () => {
      const samples = samplesOf(hub);
      const slots = slotsOf(samples);
      const known = slots.every(key => /worker_id="[0-3]"/.test(key));
      t.true(known && slots.length <= AT_ONCE, slots.join(' '));
      const lives = slots.reduce((sum, key) => sum + (samples.get(key) ?? 0), 0);
      t.is(lives, started);
      t.is(samples.get(sampleKey('jobs_total', {kind: 'short'})), JOBS * started);
      t.is(samples.get('job_time_count{}'), JOBS * started);
      t.is(samples.get('hub_settlements_total{}'), started);
      t.is(samples.get('hub_workers{}'), 0);
      return (samples.get('hub_series{}') ?? 0) - slots.length;
    };
    await run(WARM);
    const [series, bytes] = [look(), heapBytes()];
    await run(WORKERS);
    t.is(look(), series);
    const grown = heapBytes() - bytes;
    t.true(grown < GROWTH_BYTES_MAX, `grew by ${grown} bytes`);
    t.is(started, WORKERS);
  },
);
