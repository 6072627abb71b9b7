import {alertRules} from '../../src/dashboards/alerts.js';
import type {PageFormat, PageSource} from '../../src/http/routes.js';
import {listen} from '../../src/http/server.js';
import {MetricsHub} from '../../src/index.js';
import {bindCatalogue, CATALOGUE} from '../../src/metrics/catalogue.js';
import {parsePage} from '../support/exposition.js';
import {testWithProgram} from '../support/real-programs.js';
import {
  type Found,
  keyOf,
  poll,
  query,
  startPrometheus,
  startVictoriaMetrics,
} from '../support/scrapers.js';

/** A hub with a family of each type that no scrape changes. */
function newHub(): MetricsHub {
  const hub = new MetricsHub();
  const names = ['plain', '"quoted" \\ back\nslash', 'äöü 漢字 🚀', '{a="b"} 1'];
  const jobs = hub.recorder.counter({
    name: 'test_jobs_total',
    help: 'Jobs "done"\nby \\ name.',
    labelNames: ['name'],
  });
  for (const [i, name] of names.entries()) jobs.inc({name}, 2 ** (i * 17));
  hub.recorder.gauge({name: 'test_level', help: 'Level.'}).set(-1.25e-9);
  const buckets = [0.005, 1, 5, 1e6, 1e21];
  const time = hub.recorder.histogram({name: 'test_time_ms', help: 'Time.', buckets});
  for (const value of [0.001, 0.005, 3, 5, 5.5, 1e9, 1e300]) time.observe(value);
  hub.recorder
    .counter({name: 'test_twin_total', help: 'Both names are one in OpenMetrics.'})
    .inc(7);
  hub.recorder.gauge({name: 'test_twin', help: 'Both names are one in OpenMetrics.'}).set(8);
  return hub;
}

/** The hub's pages, and in which formats they were asked for. */
function watchFormats(hub: MetricsHub): {source: PageSource; formats: Set<PageFormat>} {
  const formats = new Set<PageFormat>();
  const renderPage: PageSource['renderPage'] = format => {
    formats.add(format);
    return hub.renderPage(format);
  };
  return {source: {renderPage}, formats};
}

/** A bucket as the text page names it: OpenMetrics writes `5.0` where the text has `5`. */
function withTextBound({metric, value}: Found): Found {
  const {le} = metric;
  if (le === undefined || le === '+Inf') return {metric, value};
  return {metric: {...metric, le: String(Number(le))}, value};
}

function valuesOf(found: readonly Found[]): Map<string, number> {
  return new Map(found.map(sample => [keyOf(sample), Number(sample.value[1])] as const).toSorted());
}

testWithProgram(
  'prometheus',
  'prometheus scrapes OpenMetrics and finds the totals of the text page',
  async t => {
    const hub = newHub();
    const {source, formats} = watchFormats(hub);
    const server = await listen({source, port: 0, host: '127.0.0.1'});
    t.teardown(() => server.close());
    const expected = [...parsePage(hub.renderPage().body)].filter(([key]) => /^test_/.test(key));
    t.is(expected.length, 4 + 1 + 8 + 2);
    const prometheus = await startPrometheus(t, `127.0.0.1:${server.port}`);
    const found = await poll(
      () => query(prometheus, '{__name__=~"test_.+"}'),
      ({length}) => length > 0,
    );
    t.deepEqual(valuesOf(found.map(withTextBound)), new Map(expected.toSorted()));
    const le = found.flatMap(({metric}) => (metric.le === undefined ? [] : [metric.le]));
    t.deepEqual(le.toSorted(), ['+Inf', '0.005', '1.0', '1e+06', '1e+21', '5.0']);
    const up = await poll(
      () => query(prometheus, 'up'),
      ({length}) => length > 0,
    );
    t.deepEqual(
      up.map(({value}) => value[1]),
      ['1'],
    );
    t.deepEqual([...formats], ['openmetrics']);
  },
);

testWithProgram(
  'prometheus',
  'prometheus follows totals that grow, over compressed scrapes',
  async t => {
    const hub = newHub();
    const jobs = hub.recorder.counter({name: 'test_jobs_total', help: 'J', labelNames: ['name']});
    const server = await listen({source: hub, port: 0, host: '127.0.0.1'});
    t.teardown(() => server.close());
    const prometheus = await startPrometheus(t, `127.0.0.1:${server.port}`);
    for (const total of [3, 5]) {
      jobs.inc({name: 'plain'}, 2);
      const isThere = ([found]: readonly Found[]) => found?.value[1] === String(total);
      const ask = () => query(prometheus, 'test_jobs_total{name="plain"}');
      t.is((await poll(ask, isThere)).length, 1);
    }
  },
);

testWithProgram(
  'victoria-metrics',
  'victoria-metrics scrapes text beside a prometheus that scrapes OpenMetrics, with the same totals',
  async t => {
    const hub = newHub();
    const {source, formats} = watchFormats(hub);
    const server = await listen({source, port: 0, host: '127.0.0.1'});
    t.teardown(() => server.close());
    const target = `127.0.0.1:${server.port}`;
    const victoria = await startVictoriaMetrics(t, target);
    const find = (scraper: string) =>
      poll(
        () => query(scraper, '{__name__=~"test_.+"}'),
        ({length}) => length > 0,
      );
    const inVictoria = valuesOf(await find(victoria));
    t.deepEqual([...formats], ['text'], 'VictoriaMetrics never gets OpenMetrics');
    const prometheus = await startPrometheus(t, target);
    const inPrometheus = valuesOf((await find(prometheus)).map(withTextBound));
    t.deepEqual([...formats].sort(), ['openmetrics', 'text']);
    t.deepEqual(inVictoria, inPrometheus);
    t.is(inVictoria.size, 4 + 1 + 8 + 2);
  },
);

testWithProgram(
  'victoria-metrics',
  'alerts take what a counter held before its first scrape for growth, in prometheus and victoria-metrics alike',
  async t => {
    const hub = new MetricsHub();
    bindCatalogue(hub.recorder);
    const dropped = hub.recorder.counter({...CATALOGUE.hubSamplesDropped});
    dropped.inc({reason: 'series_limit'}, 5);
    const server = await listen({source: hub, port: 0, host: '127.0.0.1'});
    t.teardown(() => server.close());
    const rules = alertRules('').groups.flatMap(group => group.rules);
    const {expr} = rules.find(({alert}) => alert === 'SeriesDropped')!;
    const target = `127.0.0.1:${server.port}`;
    const prometheus = await startPrometheus(t, target);
    const victoria = await startVictoriaMetrics(t, target);
    for (const held of [5, 6]) {
      for (const scraper of [prometheus, victoria]) {
        const isHeld = (found: Found | undefined) => Math.round(Number(found?.value[1])) === held;
        const fired = await poll(
          () => query(scraper, expr),
          found => isHeld(found[0]),
        );
        t.is(fired[0]?.metric.reason, 'series_limit', scraper);
      }
      dropped.inc({reason: 'series_limit'});
    }
  },
);
