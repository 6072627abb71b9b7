import test from 'ava';
import type {Dashboard} from '../../src/dashboards/dashboard.js';
import {hubAndWorkers} from '../../src/dashboards/hub-and-workers.js';
import {traderActivity} from '../../src/dashboards/trader-activity.js';
import {dashboardFiles} from '../../src/dashboards/write/files.js';
import {assertWritten} from '../support/generated.js';
import {faultsOf} from '../support/queries.js';

const dashboards: readonly Dashboard[] = [traderActivity(), hubAndWorkers()];
const panels = dashboards.flatMap(dashboard => dashboard.panels);
const queries = panels.flatMap(({targets}) => targets.map(({expr}) => expr));

type Variable = Dashboard['templating']['list'][number];

function variable(dashboard: Dashboard, name: string): Variable | undefined {
  return dashboard.templating.list.find(entry => entry.name === name);
}

test('grafana/ holds what `npm run dashboards` writes', t => {
  assertWritten(t, dashboardFiles(), 'npm run dashboards');
});

test('traderActivity() has the panels that say why signals come or not', t => {
  t.deepEqual(
    traderActivity().panels.map(({title, type}) => `${title}: ${type}`),
    [
      'WebSocket status: stat',
      'WebSocket uptime: stat',
      'Machine uptime: stat',
      'Signals in the last hour: stat',
      'From screenings to signals: table',
      'Signals in the last hour by trader: bargauge',
      'Match distribution: timeseries',
      'Kline freshness by symbol: bargauge',
      'Queue depths: timeseries',
      'Execution time, average: timeseries',
      'Execution time, p95: timeseries',
      'Screenings a second by trader: heatmap',
      'Filter errors by trader: bargauge',
      'Errors: timeseries',
      'Quarantined traders: state-timeline',
    ],
  );
});

test('hubAndWorkers() has the panels that say what screening and measuring cost', t => {
  t.deepEqual(
    hubAndWorkers().panels.map(({title}) => title),
    [
      'Workers active and idle',
      'Queue',
      'Task duration by worker slot, p95',
      'Time in tasks by worker slot',
      'Flushes',
      'Flushed bytes',
      'Merge cost',
      'Scrape cost',
      'Page size',
      'Series',
      'Drops',
      'Settlements',
      'Attached threads',
      'Event loop utilization',
      'Event loop lag, p95',
      'Memory',
      'CPU',
    ],
  );
});

test('every panel has a title of its own, a description and a unit', t => {
  for (const {title, description, fieldConfig} of panels) {
    t.regex(title, /^[A-Z]/);
    t.regex(description, /^[A-Z].{20,}\.$/, title);
    t.truthy(fieldConfig.defaults.unit, title);
  }
  t.is(new Set(panels.map(({title}) => title)).size, panels.length);
});

test('every panel has a place of its own in a grid of 24 columns', t => {
  for (const dashboard of dashboards) {
    const taken = new Set<string>();
    for (const {title, gridPos} of dashboard.panels) {
      const {x, y, w, h} = gridPos;
      t.true(
        [x, y, w, h].every(Number.isInteger) && x >= 0 && w > 0 && h > 0 && x + w <= 24,
        title,
      );
      for (let column = x; column < x + w; column++) {
        for (let line = y; line < y + h; line++) {
          t.false(taken.has(`${column} ${line}`), title);
          taken.add(`${column} ${line}`);
        }
      }
    }
    t.is(taken.size % 24, 0, 'no hole');
    t.deepEqual(
      dashboard.panels.map(({id}) => id),
      dashboard.panels.map((_, i) => i + 1),
    );
  }
});

test('dashboards are not editable, of schema 39, and have an uid of their own', t => {
  for (const {editable, schemaVersion} of dashboards) {
    t.false(editable);
    t.is(schemaVersion, 39);
  }
  t.is(new Set(dashboards.map(({uid}) => uid)).size, dashboards.length);
});

test('dashboards are the same at each call, and all of it is JSON', t => {
  t.deepEqual(JSON.parse(JSON.stringify(traderActivity())), traderActivity());
  t.deepEqual(JSON.parse(JSON.stringify(hubAndWorkers())), hubAndWorkers());
});

test('variables are data source, app, instance and trader', t => {
  for (const dashboard of dashboards) {
    t.deepEqual(
      dashboard.templating.list.map(({name}) => name),
      ['datasource', 'app', 'instance', 'trader'],
    );
  }
});

test('the data source is a variable labelled "Data source", and everything uses it', t => {
  for (const dashboard of dashboards) {
    t.like(variable(dashboard, 'datasource'), {
      label: 'Data source',
      type: 'datasource',
      query: 'prometheus',
    });
    const users = [
      ...dashboard.panels,
      ...dashboard.panels.flatMap(({targets}) => targets),
      ...dashboard.templating.list.filter(({type}) => type === 'query'),
    ];
    for (const user of users) {
      t.deepEqual('datasource' in user && user.datasource, {
        type: 'prometheus',
        uid: '$datasource',
      });
    }
  }
});

test('instance takes several values, and all of them by .+', t => {
  for (const dashboard of dashboards) {
    t.like(variable(dashboard, 'instance'), {multi: true, includeAll: true, allValue: '.+'});
  }
});

test('app fits series that have none: only Fly adds it', t => {
  for (const dashboard of dashboards) {
    t.like(variable(dashboard, 'app'), {multi: true, includeAll: true, allValue: '.*'});
  }
});

test('every query selects by app and instance, and a trader where there is one', t => {
  for (const query of queries) {
    const selectors = query.match(/\{app[^}]*\}/g) ?? [];
    t.true(selectors.length > 0, query);
    for (const selector of selectors) {
      t.true(selector.includes('app=~"$app", instance=~"$instance"'), query);
    }
    t.is(
      /\btrader_(?!name|id)\w+\{/.test(query),
      query.includes(`trader_name=~\`\${trader:regex}\``),
      query,
    );
  }
});

test('queries are plain PromQL of families and labels that the machine has; counters are rates, no bucket is named', t => {
  for (const query of queries) t.deepEqual(faultsOf(query), [], query);
});

test('rates look back by $__rate_interval; only what says its own range has one', t => {
  for (const query of queries) {
    for (const [, range] of query.matchAll(/\brate\([^()]*\[([^\]]*)\]\)/g)) {
      t.is(range, '$__rate_interval', query);
    }
  }
  // `grown()` looks a day back for what was before the range that is looked at.
  const own = /\[\d+\w\](?! offset \$__range)/;
  const fixed = panels.filter(({targets}) => targets.some(({expr}) => own.test(expr)));
  t.deepEqual(
    fixed.map(({title}) => title),
    ['Signals in the last hour', 'Signals in the last hour by trader'],
  );
});

test('the table of traders has a row a trader and a column a query', t => {
  const {targets, transformations, ...panel} = traderActivity().panels.find(
    ({type}) => type === 'table',
  )!;
  t.true(targets.every(({format, instant}) => format === 'table' && instant));
  const names = [
    ['trader_name', 'Trader'],
    ['trader_id', 'Id'],
    ...targets.map(({refId, legendFormat}) => [`Value #${refId}`, legendFormat]),
  ];
  t.like(transformations, [
    {id: 'merge'},
    {id: 'organize', options: {renameByName: Object.fromEntries(names)}},
  ]);
  for (const {expr} of targets) t.true(expr.includes('by (trader_id, trader_name)'), expr);
  t.is(panel.fieldConfig.defaults.unit, 'short');
});

test('faultsOf() finds each fault', t => {
  t.deepEqual(faultsOf('sum by (nobody) (rate(trader_signals_total[5m]))'), ['no label nobody']);
  t.deepEqual(faultsOf('hub_nothing{app=~"$app"}'), [
    'unknown series hub_nothing',
    'hub_nothing has no app',
  ]);
  t.deepEqual(faultsOf('hub_series{reason="x"}'), ['hub_series has no reason']);
  t.deepEqual(faultsOf('sum(trader_signals_total)'), ['shows a counter as it is']);
  t.deepEqual(faultsOf('rollup(hub_series)'), ['no function rollup']);
  t.deepEqual(faultsOf('hub_merge_duration_seconds_bucket{le="1"}'), ['names a bucket by its le']);
  t.deepEqual(faultsOf('1'), ['selects nothing']);
});
