import test from 'ava';
import type {Panel} from '../../../src/http/live/panels.js';
import {PANELS} from '../../../src/http/live/panels.js';
import {HISTORY_POINTS} from '../../../src/http/live/protocol.js';
import {TRACKS_MAX, TRACKS_PER_READING_MAX, TrackSet} from '../../../src/http/live/track-set.js';
import {bindCatalogue, MetricsHub} from '../../../src/index.js';

function panelOf(readings: Panel['readings']): Panel {
  const texts = {section: '', title: '', description: ''};
  return {id: 'one', ...texts, view: 'lines', readings};
}

/** A set that is brought up to date with its hub, a point at each update. */
function follow(panels: readonly Panel[]) {
  const hub = new MetricsHub();
  const tracks = new TrackSet(panels);
  let timeMs = 0;
  const update = () => {
    timeMs += 5_000;
    return hub.readTotals(totals => tracks.update(totals, timeMs));
  };
  const values = () =>
    Object.fromEntries(tracks.declarations().map(({name, value}) => [name, value]));
  return {hub, tracks, update, values};
}

test('update() makes a line of each value of a label, named by another', async t => {
  const reading = {family: 'runs_total', read: 'value', by: 'id', nameBy: 'name'} as const;
  const {hub, update, values, tracks} = follow([panelOf([reading])]);
  const labelNames = ['id', 'name', 'kind'] as const;
  const runs = hub.recorder.counter({name: 'runs_total', help: 'Runs.', labelNames});
  runs.inc({id: 'a', name: 'A', kind: 'x'}, 2);
  runs.inc({id: 'a', name: 'A', kind: 'y'}, 3);
  runs.inc({id: 'b', name: 'B', kind: 'x'}, 1);
  await update();
  t.deepEqual(values(), {A: 5, B: 1});
  const {version} = tracks;
  runs.inc({id: 'b', name: 'B', kind: 'y'}, 1);
  await update();
  t.deepEqual(values(), {A: 5, B: 2});
  t.is(tracks.version, version);
  t.deepEqual(tracks.changesSince(1), [1, 2]);
});

test('update() drops the line of a series that left, and renames one that has another name', async t => {
  const reading = {family: 'level', read: 'value', by: 'id', nameBy: 'name'} as const;
  const {hub, update, values, tracks} = follow([panelOf([reading])]);
  const labelNames = ['id', 'name'] as const;
  const level = hub.recorder.gauge({name: 'level', help: 'Level.', labelNames});
  level.set({id: 'a', name: 'old'}, 1);
  level.set({id: 'b', name: 'B'}, 2);
  await update();
  hub.forget('level', {id: 'a', name: 'old'});
  hub.forget('level', {id: 'b', name: 'B'});
  level.set({id: 'a', name: 'new'}, 3);
  await update();
  t.deepEqual(values(), {new: 3});
  t.is(tracks.trackCount, 1);
});

test('update() shows mean and percentile of what a histogram observed in the last minute', async t => {
  const {hub, update, values} = follow([
    panelOf([
      {family: 'time_ms', read: 'average', title: 'average'},
      {family: 'time_ms', read: 'p95', title: 'p95'},
    ]),
  ]);
  const time = hub.recorder.histogram({name: 'time_ms', help: 'Time.', buckets: [10, 20]});
  time.observe(1_000);
  await update();
  t.deepEqual(values(), {average: null, p95: null});
  for (let i = 0; i < 10; i++) time.observe(12);
  await update();
  // PromQL: 10 + (20 - 10) x 9.5 / 10.
  t.deepEqual(values(), {average: 12, p95: 19.5});
  for (let i = 0; i < 12; i++) await update();
  t.deepEqual(values(), {average: null, p95: null});
});

test('update() shows what a histogram that came later observed at once', async t => {
  const {hub, update, values} = follow([
    panelOf([{family: 'time_ms', read: 'average', title: 'average'}]),
  ]);
  await update();
  hub.recorder.histogram({name: 'time_ms', help: 'Time.', buckets: [10]}).observe(4);
  await update();
  t.deepEqual(values(), {average: 4});
});

test('update() counts a total from 0 where it came later, and from its value where it was there', async t => {
  const {hub, update, tracks} = follow([
    panelOf([
      {family: 'early_total', read: 'value', title: 'early'},
      {family: 'late_total', read: 'value', title: 'late'},
    ]),
  ]);
  hub.recorder.counter({name: 'early_total', help: 'Early.'}).inc(100);
  await update();
  hub.recorder.counter({name: 'late_total', help: 'Late.'}).inc(7);
  await update();
  const sums = [...tracks.history.tracks.values()].map(track => tracks.history.sumOf(track));
  t.deepEqual(sums, [0, 7]);
});

test('update() leaves out lines beyond the limits, and says how many', async t => {
  const readings = Array.from({length: 12}, (_, i) => {
    return {family: `f${i}`, read: 'value', by: 'id'} as const;
  });
  const {hub, update, tracks} = follow([panelOf(readings)]);
  for (const {family} of readings) {
    const gauge = hub.recorder.gauge({name: family, help: 'F.', labelNames: ['id']});
    for (let i = 0; i < TRACKS_PER_READING_MAX + 5; i++) gauge.set({id: i}, i);
  }
  await update();
  t.is(tracks.trackCount, TRACKS_MAX);
  t.is(tracks.leftOut, 12 * (TRACKS_PER_READING_MAX + 5) - TRACKS_MAX);
  t.is(tracks.history.dump([0]).length, 1);
  t.true(TRACKS_MAX * HISTORY_POINTS * 4 <= 3 * 1024 * 1024);
});

test('update() shows every family of any program as one line, panels without families not', async t => {
  const {hub, update, tracks, values} = follow(PANELS);
  const jobs = hub.recorder.counter({name: 'jobs_total', help: 'Jobs.', labelNames: ['kind']});
  jobs.inc({kind: 'a'}, 2);
  jobs.inc({kind: 'b'}, 3);
  const size = hub.recorder.summary({name: 'size_bytes', help: 'Size.', quantiles: [0.5]});
  size.observe(1);
  size.observe(2);
  const age = hub.recorder.gauge({
    name: 'age',
    help: 'Age.',
    labelNames: ['of'],
    aggregator: 'max',
  });
  age.set({of: 'a'}, 4);
  age.set({of: 'b'}, 9);
  await update();
  t.like(values(), {jobs_total: 5, size_bytes: 2, age: 9});
  const ids = tracks.panels().map(({id}) => id);
  t.true(ids.includes('families'));
  t.false(ids.includes('signals'));
});

test('every reading of a panel names a family and labels of the catalogue, or one that may be missing', async t => {
  const hub = new MetricsHub();
  bindCatalogue(hub.recorder);
  hub.collectThreadMetrics();
  const mayMiss = ['trader_errors_total', 'trader_quarantined', 'trader_runaways_total'];
  await hub.readTotals(({families}) => {
    for (const {readings} of PANELS) {
      for (const {family, by, nameBy, read} of readings) {
        const spec = families.get(family)?.spec;
        if (spec === undefined) {
          t.true(mayMiss.includes(family), family);
          continue;
        }
        for (const label of [by, nameBy]) {
          if (label !== undefined) t.true(spec.labelNames.includes(label), `${family} ${label}`);
        }
        if (read === 'average' || read === 'p95') t.is(spec.type, 'histogram', family);
      }
    }
  });
});
