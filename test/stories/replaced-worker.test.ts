import test from 'ava';
import {MetricsHub} from '../../src/index.js';
import {startBusy} from '../support/counting.js';
import {sampleKey, watchMonotony} from '../support/exposition.js';

const REPLACEMENTS = 5;
const JOBS_AT_LEAST = 200;

test.serial(
  'worker terminated, replacement starts: totals never step back, and none is lost',
  async t => {
    const hub = new MetricsHub();
    const watch = watchMonotony(t, () => hub.renderPage().body);
    let [begun, done] = [0, 0];
    for (let life = 0; life < REPLACEMENTS; life++) {
      const worker = startBusy(t, hub, 'replaced');
      await worker.until(JOBS_AT_LEAST);
      watch.look();
      // A scrape between the kill and the settlement must not show less, either.
      const terminated = worker.worker.terminate();
      watch.look();
      await terminated;
      watch.look();
      await worker.attachment.settled();
      begun += worker.begun();
      done += worker.done();
      const samples = watch.look();
      const total = samples.get(sampleKey('jobs_total', {kind: 'replaced'})) ?? 0;
      // A kill may fall between a record and its mark: each life leaves at most one job in doubt.
      t.true(total >= done && total <= begun, `${done} <= ${total} <= ${begun}`);
      t.is(samples.get('hub_workers{}'), 0);
      t.is(samples.get('hub_settlements_total{}'), life + 1);
      t.false(samples.has('job_level{}'));
    }
    t.is(watch.pageCount(), 4 * REPLACEMENTS);
  },
);

test.serial(
  'worker terminated, replacement runs already: the page goes on with its gauge alone',
  async t => {
    const hub = new MetricsHub();
    const watch = watchMonotony(t, () => hub.renderPage().body);
    let worker = startBusy(t, hub, 'replaced');
    for (let life = 0; life < REPLACEMENTS; life++) {
      const replacement = startBusy(t, hub, 'replaced');
      await Promise.all([worker.until(JOBS_AT_LEAST), replacement.until(JOBS_AT_LEAST)]);
      watch.look();
      worker.worker.terminate();
      await worker.attachment.settled();
      t.is(watch.look().get('hub_workers{}'), 1);
      t.true(watch.look().has('job_level{}'));
      worker = replacement;
    }
  },
);
