import test, {type ExecutionContext} from 'ava';
import {ALERTS, alertRules} from '../../src/dashboards/alerts.js';
import type {Dashboard} from '../../src/dashboards/dashboard.js';
import {hubAndWorkers} from '../../src/dashboards/hub-and-workers.js';
import {traderActivity} from '../../src/dashboards/trader-activity.js';
import {CATALOGUE} from '../../src/metrics/catalogue.js';
import {startProgram, urlOf} from '../support/program.js';
import {testWithProgram} from '../support/real-programs.js';
import {
  ask,
  FLY_LABELS,
  type Found,
  labelValues,
  poll,
  query,
  startPrometheus,
  startVictoriaMetrics,
} from '../support/scrapers.js';
import {writtenRecording} from '../support/written-recording.js';

const WORKERS = 2;
const TRADERS = 8;

/** Both servers are installed by one step of the gate. */
const NEEDS = 'victoria-metrics';

/** What Grafana puts in where everything is chosen, in a dashboard of the last five minutes with a scrape a second. */
const VALUES: Readonly<Record<string, string>> = {
  __rate_interval: '1m',
  __range: '5m',
  app: '.*',
  instance: '.+',
  trader: '.+',
};

function substituted(text: string, values = VALUES): string {
  return text.replace(/\$\{?(\w+)(?::regex\})?/g, (whole, name: string) => values[name] ?? whole);
}

const dashboards: readonly Dashboard[] = [traderActivity(), hubAndWorkers()];
const panelQueries = dashboards
  .flatMap(({panels}) => panels)
  .flatMap(({title, targets}) => targets.map(({expr}) => [title, substituted(expr)] as const));
/** Those that the trader's variable narrows, as they stand. */
const traderQueries = dashboards
  .flatMap(({panels}) => panels)
  .flatMap(({targets}) => targets.map(({expr}) => expr))
  .filter(expr => expr.includes('trader:regex') && !expr.includes('histogram_quantile'));
const TRADER_NAMES = `label_values(${CATALOGUE.traderScreenings.name}, trader_name)`;

const alertQueries = Object.values(ALERTS)
  .flat()
  .flatMap(({name, conditions}) => conditions.map(({value}) => [name, value] as const));
const alertExprs = alertRules('').groups.flatMap(({rules}) =>
  rules.map(({alert, expr}) => [alert, expr] as const),
);

/** All series of the machine, and none that a scraper makes. */
const EVERY_SERIES = `{__name__=~"(${[
  ...new Set(Object.values(CATALOGUE).map(({name}) => name.split('_')[0])),
].join('|')})_.+"}`;

function isNumber({value}: Found): boolean {
  return Number.isFinite(Number(value[1]));
}

/** A prometheus of one's own and a victoria-metrics that scrapes as Fly's does, both of one machine. */
async function startScrapers(t: ExecutionContext, url: string): Promise<Record<string, string>> {
  const target = new URL(url).host;
  const scrapers = {
    prometheus: await startPrometheus(t, target),
    'victoria-metrics': await startVictoriaMetrics(t, target, FLY_LABELS),
  };
  for (const scraper of Object.values(scrapers)) {
    await poll(
      () => query(scraper, CATALOGUE.hubInfo.name),
      ({length}) => length > 0,
    );
  }
  return scrapers;
}

/** A market, and the options that make the machine run on it for some minutes. */
const MARKETS: Readonly<Record<string, (t: ExecutionContext) => string[]>> = {
  'the simulated market': () => ['--screening-interval-ms', '1000'],
  // A candle a second, ten minutes long.
  'a replay': t => ['--replay', writtenRecording(t, 600), '--speed', '900'],
};

for (const [market, optionsOf] of Object.entries(MARKETS))
  testWithProgram(
    NEEDS,
    `every query of every panel and alert returns data in prometheus and victoria-metrics from ${market}, and a stopped machine goes stale`,
    async t => {
      t.timeout(300_000);
      const args = ['--port', '0', '--host', '127.0.0.1', ...optionsOf(t)];
      const program = startProgram(t, [...args, '--workers', String(WORKERS)]);
      const scrapers = await startScrapers(t, await urlOf(program));
      for (const [name, scraper] of Object.entries(scrapers)) {
        for (const [title, text] of [...panelQueries, ...alertQueries]) {
          t.false(text.includes('$'), text);
          const found = await poll(
            () => query(scraper, text),
            samples => samples.some(isNumber),
          ).catch(() => []);
          t.true(found.length > 0, `${name}: ${title}: ${text}`);
        }
        for (const dashboard of dashboards) {
          for (const variable of dashboard.templating.list) {
            if (!('definition' in variable)) continue;
            const values = await labelValues(scraper, substituted(variable.definition));
            // Only Fly adds `app`.
            const hasNone = variable.name === 'app' && name === 'prometheus';
            t.is(values.length > 0, !hasNone, `${name}: ${variable.name}`);
          }
        }
        for (const [alert, expr] of alertExprs) {
          // It fires after 10 minutes of what it sees in 5: a replay begins without candles of some intervals.
          if (alert === 'TraderFailing' && market === 'a replay') continue;
          const holds = await poll(
            async () => [await ask(scraper, expr)],
            ([found = []]) => found.length === 0,
          ).catch(() => [alert]);
          t.deepEqual(holds, [[]], `${name}: ${alert} holds of a healthy machine`);
        }
        t.true((await ask(scraper, EVERY_SERIES)).length > 200);
      }
      program.kill('SIGINT');
      t.is(await program.exited, 0);
      for (const [name, scraper] of Object.entries(scrapers)) {
        const left = await poll(
          async () => [await ask(scraper, EVERY_SERIES)],
          ([found = []]) => found.length === 0,
        );
        t.deepEqual(left, [[]], name);
        const [, gone = ''] = alertExprs.find(([alert]) => alert === 'MachineGone')!;
        const [found] = await ask(scraper, gone);
        const instance = name === 'prometheus' ? found?.metric.instance : FLY_LABELS.instance;
        t.like(found?.metric, {instance});
      }
    },
  );

/** The panel's series at a moment, added up as it stacks them. */
async function stackedAt(scraper: string, title: string, timeSeconds: number): Promise<number> {
  const queries = panelQueries.filter(([of]) => of === title);
  const values = await Promise.all(queries.map(([, text]) => valueAt(scraper, text, timeSeconds)));
  return values.reduce((sum, value) => sum + value, 0);
}

async function valueAt(scraper: string, text: string, timeSeconds: number): Promise<number> {
  const [found] = await ask(scraper, text, timeSeconds);
  return Number(found?.value[1] ?? Number.NaN);
}

/** A moment between two screenings of all traders, at least two seconds from the screening before. */
async function momentAfter(scraper: string, screenings: number): Promise<number> {
  const counted = `sum(${CATALOGUE.traderScreenings.name})`;
  const moments = await poll(
    async () => {
      // Scraped samples are there a moment later; a query of the past sees all of them, or none.
      const at = Date.now() / 1_000 - 3;
      const counts = [await valueAt(scraper, counted, at - 2), await valueAt(scraper, counted, at)];
      return counts.every(count => count === screenings * TRADERS) ? [at] : [];
    },
    ({length}) => length > 0,
  );
  return moments[0]!;
}

testWithProgram(
  NEEDS,
  'the stacked panels add up to the totals in prometheus and victoria-metrics',
  async t => {
    t.timeout(300_000);
    const args = ['--port', '0', '--host', '127.0.0.1', '--screening-interval-ms', '15000'];
    const program = startProgram(t, [...args, '--workers', String(WORKERS)]);
    const scrapers = await startScrapers(t, await urlOf(program));
    const compared = Object.entries(scrapers).map(async ([name, scraper]) => {
      const matches = `sum(${CATALOGUE.traderMatches.name})`;
      const first = await momentAfter(scraper, 1);
      const second = await momentAfter(scraper, 2);
      const before = await valueAt(scraper, matches, first);
      const after = await valueAt(scraper, matches, second);
      t.true(before > 0 && after > before, `${name}: ${before}, ${after}`);
      t.is(await stackedAt(scraper, 'Match distribution', first), before, name);
      t.is(await stackedAt(scraper, 'Match distribution', second), after - before, name);
      t.is(await stackedAt(scraper, 'Workers active and idle', second), WORKERS, name);
    });
    await Promise.all(compared);
  },
);

testWithProgram(
  NEEDS,
  'signals that were made before the first scrape count in prometheus and victoria-metrics, by any name of a trader',
  async t => {
    t.timeout(300_000);
    const args = ['--port', '0', '--host', '127.0.0.1', '--screening-interval-ms', '15000'];
    const program = startProgram(t, [...args, '--workers', String(WORKERS)]);
    const url = await urlOf(program);
    // However seldom a scraper comes: a series' first value is one that the first screening has made.
    await program.line(/Screened 8 traders/);
    const compared = Object.entries(await startScrapers(t, url)).map(async ([name, scraper]) => {
      const made = `sum(${CATALOGUE.traderSignals.name})`;
      for (const screenings of [1, 2]) {
        const at = await momentAfter(scraper, screenings);
        const total = await valueAt(scraper, made, at);
        t.true(total > 0, name);
        t.is(await stackedAt(scraper, 'Signals in the last hour', at), total, name);
        const [, text = ''] = panelQueries.find(
          ([title]) => title === 'Signals in the last hour by trader',
        )!;
        const bars = await ask(scraper, text, at);
        t.is(bars.length, TRADERS, name);
        t.is(
          bars.reduce((sum, {value}) => sum + Number(value[1]), 0),
          total,
          name,
        );
      }
      // As Grafana's `:regex` writes two choices.
      const [trader = ''] = await labelValues(scraper, TRADER_NAMES);
      const quoted = `(Nobody's "own"|${trader.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&')})`;
      for (const text of traderQueries) {
        const found = await ask(scraper, substituted(text, {...VALUES, trader: quoted}));
        t.true(found.length > 0, `${name}: ${text}`);
      }
    });
    await Promise.all(compared);
  },
);

test('every stacked panel is one of those that are added up', t => {
  const stacked = dashboards
    .flatMap(({panels}) => panels)
    .filter(({fieldConfig}) => JSON.stringify(fieldConfig).includes('"mode":"normal"'));
  t.deepEqual(
    stacked.map(({title}) => title),
    ['Match distribution', 'Workers active and idle'],
  );
});
