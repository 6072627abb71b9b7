import {setImmediate} from 'node:timers/promises';
import test from 'ava';
import {TURN_PAGE_MS_MAX} from '../../src/hub/turn-pages.js';
import {MetricsHub} from '../../src/index.js';
import {parsePage} from '../support/exposition.js';

/** The first may still come in this turn: it follows the polling. */
async function nextTurn() {
  for (let i = 0; i < 2; i++) await setImmediate();
}

function startCounting() {
  const clock = {nowMs: 0};
  const hub = new MetricsHub({now: () => clock.nowMs});
  const jobs = hub.recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  jobs.inc({kind: 'a'});
  const shown = (key: string) => parsePage(hub.renderPageOfTurn().body).get(key);
  const inc = (kind: string) => jobs.inc({kind});
  return {hub, clock, inc, shown};
}

test('renderPageOfTurn() renders once a turn of the event loop, and anew in the next', async t => {
  const {inc, shown} = startCounting();
  t.is(shown('jobs_total{kind="a"}'), 1);
  inc('a');
  t.is(shown('jobs_total{kind="a"}'), 1);
  await nextTurn();
  t.is(shown('jobs_total{kind="a"}'), 2);
  inc('a');
  await nextTurn();
  t.is(shown('jobs_total{kind="a"}'), 3);
});

test('renderPageOfTurn() counts every page that it gives as a scrape', async t => {
  const {shown} = startCounting();
  for (let i = 0; i < 3; i++) shown('');
  await nextTurn();
  t.is(shown('hub_scrape_duration_seconds_count{}'), 3);
});

test('renderPageOfTurn() gives no page that anybody else has rendered, and none that was rendered over', t => {
  const {hub, inc, shown} = startCounting();
  hub.renderPage();
  inc('a');
  t.is(shown('jobs_total{kind="a"}'), 2);
  inc('a');
  t.is(parsePage(hub.renderPage().body).get('jobs_total{kind="a"}'), 3);
  inc('a');
  t.is(shown('jobs_total{kind="a"}'), 4);
});

test('renderPageOfTurn() renders anew where lines have come, which collect() lays out over the page', t => {
  const {hub, inc, shown} = startCounting();
  t.is(shown('jobs_total{kind="b"}'), undefined);
  inc('b');
  inc('a');
  t.is(hub.collect(), undefined);
  t.is(shown('jobs_total{kind="b"}'), 1);
  t.is(shown('jobs_total{kind="a"}'), 2);
});

test('renderPageOfTurn() gives no page that is older than its limit', t => {
  const {clock, inc, shown} = startCounting();
  shown('');
  inc('a');
  clock.nowMs += TURN_PAGE_MS_MAX;
  t.is(shown('jobs_total{kind="a"}'), 2);
});

test('renderPageOfTurn() has a page for each format', t => {
  const {hub} = startCounting();
  const text = hub.renderPageOfTurn('text');
  const openMetrics = hub.renderPageOfTurn('openmetrics');
  t.not(openMetrics.contentType, text.contentType);
  t.is(hub.renderPageOfTurn('text'), text);
  t.is(hub.renderPageOfTurn('openmetrics'), openMetrics);
});
