import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import {SLICED_LINES_MIN} from '../../src/hub/hub-pages.js';
import {MetricsHub} from '../../src/index.js';

const SERIES = SLICED_LINES_MIN;
const FORMATS = ['text', 'openmetrics'] as const;

/** A hub whose clock moves 1 ms each time it is asked: a slice is two blocks of lines, however fast the machine is. */
function newHub() {
  let ms = 0;
  const hub = new MetricsHub({now: () => ms++, seriesPerFamilyMax: 2 * SERIES});
  const counter = hub.recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  const time = hub.recorder.histogram({name: 'time', help: 'T'});
  const add = (from = 0) => {
    for (let i = from; i < from + SERIES; i++) counter.inc({kind: `k${i}`});
    time.observe(1);
  };
  add();
  return {hub, add};
}

/** What all counters of a page say, and how often the histogram counted: by its count, and by its last bucket. */
function momentOf(body: Uint8Array) {
  const page = new TextDecoder().decode(body);
  const jobs = [...page.matchAll(/^jobs_total\{[^}]*\} +(\S+)$/gm)].map(([, value]) => value);
  const [, bucket] = /^time_bucket\{le="\+Inf"\} +(\S+)$/m.exec(page) ?? [];
  const [, count] = /^time_count +(\S+)$/m.exec(page) ?? [];
  return {series: jobs.length, values: [...new Set(jobs)].map(Number), bucket, count};
}

/** A page on which everything was recorded so often. */
function allAt(times: number, series = SERIES) {
  return {series, values: [times], bucket: String(times), count: String(times)};
}

for (const format of FORMATS) {
  test(`renderInSlices() shows one moment after the call, whatever is recorded meanwhile: ${format}`, async t => {
    const {hub, add} = newHub();
    await hub.collect(format);
    const page = hub.renderInSlices(format)!;
    add();
    let turns = 0;
    let isDone = false;
    void page.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await nextTurn();
      turns++;
      add();
    }
    t.true(turns > 5, `${turns} turns`);
    // The call's own turn is over when its values are read, and one in which what there was by then was gathered.
    t.deepEqual(momentOf((await page).body), allAt(3));
    t.deepEqual(momentOf(hub.renderPage(format).body), allAt(2 + turns));
  });

  test(`renderInSlices() gives those who ask while a page is made the next one, together: ${format}`, async t => {
    const {hub, add} = newHub();
    await hub.collect(format);
    const first = hub.renderInSlices(format)!;
    await nextTurn();
    await nextTurn();
    add();
    const [second, third] = [hub.renderInSlices(format)!, hub.renderInSlices(format)!];
    t.is(hub.collect(format), undefined, 'which lays out what it shows');
    t.deepEqual(momentOf((await first).body), allAt(1));
    const fourth = hub.renderInSlices(format)!;
    t.deepEqual(momentOf((await second).body), allAt(2));
    t.is((await second).body, (await third).body);
    t.deepEqual(momentOf((await fourth).body), allAt(2));
  });

  test(`renderInSlices() and a renderPage() in between are both whole: ${format}`, async t => {
    const {hub, add} = newHub();
    await hub.collect(format);
    const sliced = hub.renderInSlices(format)!;
    await nextTurn();
    await nextTurn();
    // Some blocks are written; the lines of new series move others.
    add();
    add(SERIES);
    hub.forget('jobs_total', {kind: 'k7'});
    const between = momentOf(hub.renderPage(format).body);
    t.deepEqual([between.series, between.values], [2 * SERIES - 1, [2, 1]]);
    t.is(between.bucket, '3');
    t.deepEqual(momentOf((await sliced).body), allAt(1));
  });
}

test('renderInSlices() leaves a page of few lines to renderPage()', async t => {
  const hub = new MetricsHub();
  await hub.collect();
  t.is(hub.renderInSlices(), undefined);
  hub.renderPage();
  t.is(hub.renderInSlices(), undefined);
});

test('collectPage() gives a long page bytes of its own, and the formats agree', async t => {
  const {hub, add} = newHub();
  const pages = await Promise.all(FORMATS.map(format => hub.collectPage(format)));
  add();
  for (const format of FORMATS) hub.renderPage(format);
  for (const {body} of pages) t.deepEqual(momentOf(body), allAt(1));
  t.deepEqual(
    pages.map(({contentType}) => contentType),
    FORMATS.map(format => hub.renderPage(format).contentType),
  );
});

for (const format of FORMATS) {
  test(`collectPage() comes to an end while series come and go faster than they are laid out: ${format}`, async t => {
    let ms = 0;
    const hub = new MetricsHub({now: () => ms++, seriesPerFamilyMax: 2 * SERIES});
    const counter = hub.recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
    const kinds = Array.from({length: SERIES}, (_, i) => `k${i}`);
    for (const kind of kinds) counter.inc({kind});
    await hub.collectPage(format);
    let isDone = false;
    const page = hub.collectPage(format).finally(() => {
      isDone = true;
    });
    let turns = 0;
    for (; !isDone && turns < 1_000; turns++) {
      // One in each block of lines, so that all are to be laid out anew.
      for (let i = turns % 100; i < SERIES; i += 500) {
        counter.remove({kind: kinds[i]!});
        kinds[i] = `k${i} of ${turns}`;
        counter.inc({kind: kinds[i]!});
      }
      await nextTurn();
    }
    t.true(isDone, `${turns} turns`);
    t.deepEqual(momentOf((await page).body).values, [1]);
    t.is(momentOf((await page).body).series, SERIES);
    const shown = new TextDecoder().decode((await hub.collectPage(format)).body);
    t.deepEqual(
      [...shown.matchAll(/^jobs_total\{kind="([^"]*)"\} +1$/gm)].map(([, kind]) => kind).sort(),
      kinds.sort(),
    );
  });
}

test('renderInSlices() comes to an end while series come without end', async t => {
  const {hub, add} = newHub();
  await hub.collect();
  let isDone = false;
  const page = hub.renderInSlices()!.finally(() => {
    isDone = true;
  });
  let turns = 0;
  while (!isDone && turns < 1_000) {
    await nextTurn();
    hub.recorder.counter({name: `come_${turns++}_total`, help: 'C'}).inc();
  }
  t.true(isDone);
  t.deepEqual(momentOf((await page).body), allAt(1));
  add();
  t.deepEqual(momentOf((await hub.collectPage()).body), allAt(2));
});
