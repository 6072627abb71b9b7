import test from 'ava';
import {MetricsHub} from '../../src/index.js';
import {parsePage} from '../support/exposition.js';

const SERIES = 20_000;

/** A hub whose clock moves 1 ms each time it is asked: a slice is four steps, however fast the machine is. */
function newHub() {
  let ms = 0;
  const hub = new MetricsHub({now: () => ms++, seriesPerFamilyMax: SERIES + 1});
  const counter = hub.recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  return {hub, counter};
}

test('collect() lays many new series out by slices, between which others have their turn', async t => {
  const {hub, counter} = newHub();
  for (let i = 0; i < SERIES; i++) counter.inc({kind: `k${i}`}, i);
  for (const format of ['text', 'openmetrics'] as const) {
    let turns = 0;
    let isDone = false;
    const countTurns = () => {
      turns++;
      if (!isDone) setImmediate(countTurns);
    };
    setImmediate(countTurns);
    await hub.collect(format);
    isDone = true;
    t.true(turns > 3, `${turns} turns`);
  }
  t.is(hub.collect('text'), undefined);
  const samples = parsePage(hub.renderPage().body);
  for (const i of [0, 7, SERIES - 1]) t.is(samples.get(`jobs_total{kind="k${i}"}`), i);
});

test('collect() leaves a page that is asked for in between, and changed in between, whole', async t => {
  const {hub, counter} = newHub();
  for (let i = 0; i < SERIES; i++) counter.inc({kind: `k${i}`}, 1);
  const collected = hub.collect();
  // One that is half laid out, one that is not, and one that is new.
  for (const kind of ['k1', `k${SERIES - 1}`]) hub.forget('jobs_total', {kind});
  counter.inc({kind: 'new'}, 3);
  const look = () => {
    const jobs = [...parsePage(hub.renderPage().body)].filter(([key]) => key.startsWith('jobs_'));
    t.is(jobs.length, SERIES - 1);
    const sum = jobs.reduce((total, [, value]) => total + value, 0);
    t.is(sum, SERIES - 2 + 3);
  };
  look();
  await collected;
  look();
});
