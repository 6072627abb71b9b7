import {type Dashboard, dashboardJson} from './dashboard.js';
import type {KeyOfType} from './families.js';
import type {Panel} from './panel.js';
import {by, Queries, withLabelsOf} from './promql.js';

const q = new Queries('panel', '$__rate_interval');

const TRADER = ['trader_id', 'trader_name'] as const;
const TRADER_LEGEND = '{{trader_name}}';

/** Bars shown where there may be hundreds: the largest of them. */
const BARS_SHOWN = 20;

/** The last hour, whatever the time range: what the alert about missing signals looks at. */
const SIGNALS_RANGE = '1h';

const STREAM: readonly Panel[] = [
  {
    kind: 'stat',
    title: 'WebSocket status',
    description:
      'Whether the stream of the exchange is connected now, by machine. A replay has no stream.',
    unit: 'none',
    mappings: [
      {value: 1, text: 'Connected', color: 'green'},
      {value: 0, text: 'Disconnected', color: 'red'},
    ],
    targets: [
      {
        query: by('max', ['instance'], q.gauge('binanceWsConnected', {status: '="connected"'})),
        legend: '{{instance}}',
      },
    ],
  },
  {
    kind: 'stat',
    title: 'WebSocket uptime',
    description: 'Share of the time range in which the stream was connected, by machine.',
    unit: 'percentunit',
    targets: [
      {
        query: by(
          'max',
          ['instance'],
          `avg_over_time(${q.gauge('binanceWsConnected', {status: '="connected"'})}[$__range])`,
        ),
        legend: '{{instance}}',
      },
    ],
  },
  {
    kind: 'stat',
    title: 'Machine uptime',
    description: 'Time since the process started, by machine.',
    unit: 's',
    targets: [
      {
        query: `time() - ${by('max', ['instance'], q.gauge('processStartTime'))}`,
        legend: '{{instance}}',
      },
    ],
  },
  {
    kind: 'stat',
    title: 'Signals in the last hour',
    description: 'Signals made in the last hour by all traders, whatever the time range.',
    unit: 'short',
    targets: [
      {
        query: `round(${by('sum', [], q.grown('traderSignals', SIGNALS_RANGE))})`,
        legend: 'Signals',
      },
    ],
  },
];

const SIGNALS_BY_TRADER: Panel = {
  kind: 'bargauge',
  title: 'Signals in the last hour by trader',
  description:
    'Signals that each trader made in the last hour, whatever the time range. A trader at 0 has matched nothing new.',
  unit: 'short',
  targets: [
    {
      query: `sort_desc(round(${by('sum', TRADER, q.grown('traderSignals', SIGNALS_RANGE))}))`,
      legend: TRADER_LEGEND,
    },
  ],
};

/** A counter's growth over the time range that is looked at. */
function grownBy(labels: readonly string[], key: KeyOfType<'counter'>): string {
  return `round(${by('sum', labels, q.grown(key, '$__range'))})`;
}

/** Whatever a trader did, in one row: where screenings made no signals, the columns between say why. */
const TRADERS: Panel = {
  kind: 'table',
  title: 'From screenings to signals',
  description:
    'Each trader over the time range: screenings, matches, signals and errors; symbols watched and new matches are those of the last screening. No symbol watched: the market lacks its intervals. Errors: the panels below name the reason.',
  unit: 'short',
  rowLabels: {trader_name: 'Trader', trader_id: 'Id'},
  targets: [
    {query: grownBy(TRADER, 'traderScreenings'), legend: 'Screenings'},
    {
      query: withLabelsOf(
        by('max', TRADER, q.gauge('traderQuarantined')),
        'trader_id',
        by('max', ['trader_id'], q.gauge('traderSymbolsWatching')),
      ),
      legend: 'Symbols watched',
    },
    {query: grownBy(TRADER, 'traderMatches'), legend: 'Matches'},
    {query: by('sum', TRADER, q.gauge('traderNewMatches')), legend: 'New now'},
    {query: grownBy(TRADER, 'traderSignals'), legend: 'Signals'},
    {query: grownBy(TRADER, 'traderErrors'), legend: 'Errors'},
    {query: grownBy(TRADER, 'traderRunaways'), legend: 'Runaways'},
  ],
};

const FILTER_ERRORS: Panel = {
  kind: 'bargauge',
  title: 'Filter errors by trader',
  description: `Screenings of the time range that found less than they might, the ${BARS_SHOWN} most frequent: parse (the filter is no JavaScript), failed (it could not be run), throw, bad_result (neither a boolean nor {match}), no_data (no candles of its intervals).`,
  unit: 'short',
  targets: [
    {
      query: `topk(${BARS_SHOWN}, ${grownBy([...TRADER, 'reason'], 'traderErrors')})`,
      legend: '{{trader_name}}: {{reason}}',
    },
  ],
};

const MATCHES: Panel = {
  kind: 'timeseries',
  title: 'Match distribution',
  description:
    'Symbols that matched in the last screening of each trader: new ones, which make a signal each, and those that matched in the screening before too.',
  unit: 'short',
  isStacked: true,
  targets: [
    {query: by('sum', [], q.gauge('traderNewMatches')), legend: 'New'},
    {query: by('sum', [], q.gauge('traderContinuingMatches')), legend: 'Continuing'},
  ],
};

const KLINE_FRESHNESS: Panel = {
  kind: 'bargauge',
  title: 'Kline freshness by symbol',
  description: `Time since a candle of the symbol last changed: the ${BARS_SHOWN} oldest series. Filters see data of this age.`,
  unit: 's',
  targets: [
    {
      query: `topk(${BARS_SHOWN}, ${by('max', ['symbol', 'interval'], q.gauge('klineDataAge'))})`,
      legend: '{{symbol}} {{interval}}',
    },
  ],
};

const QUEUES: Panel = {
  kind: 'timeseries',
  title: 'Queue depths',
  description:
    'What waits: screening tasks for a worker, signals for their analysis, rows for the database.',
  unit: 'short',
  targets: [
    {query: by('sum', [], q.gauge('screenerQueueDepth')), legend: 'Screening tasks'},
    {query: by('sum', [], q.gauge('signalsPendingAnalysis')), legend: 'Signals'},
    {
      query: by('sum', ['queue_type'], q.gauge('syncQueueDepth')),
      legend: 'Rows: {{queue_type}}',
    },
  ],
};

const EXECUTION_AVERAGE: Panel = {
  kind: 'timeseries',
  title: 'Execution time, average',
  description: 'Mean runtime of a filter over all its symbols in one screening, by trader.',
  unit: 'ms',
  targets: [{query: q.average('traderExecutionTime', TRADER), legend: TRADER_LEGEND}],
};

const EXECUTION_P95: Panel = {
  kind: 'timeseries',
  title: 'Execution time, p95',
  description:
    'Runtime that 95 % of the screenings of a trader stay below. At `--task-timeout-ms` (5 s) a filter loses its worker.',
  unit: 'ms',
  targets: [{query: q.quantile(0.95, 'traderExecutionTime', TRADER), legend: TRADER_LEGEND}],
};

const SCREENINGS: Panel = {
  kind: 'heatmap',
  title: 'Screenings a second by trader',
  description: 'How often each trader is screened. A pale row is a trader that is left out.',
  unit: 'reqps',
  targets: [{query: by('sum', TRADER, q.rate('traderScreenings')), legend: TRADER_LEGEND}],
};

const ERRORS: Panel = {
  kind: 'timeseries',
  title: 'Errors',
  description:
    'What goes wrong a second: filters that end their worker or fail, analyses, database writes, requests to the exchange, candles that can not be read.',
  unit: 'cps',
  targets: [
    {query: by('sum', ['reason'], q.rate('traderRunaways')), legend: 'Filter: {{reason}}'},
    {query: by('sum', ['reason'], q.rate('traderErrors')), legend: 'Filter: {{reason}}'},
    {query: by('sum', ['reason'], q.rate('analysisFailures')), legend: 'Analysis: {{reason}}'},
    {query: by('sum', [], q.rate('syncWriteErrors')), legend: 'Database writes'},
    {
      query: by('sum', ['status'], q.rate('binanceRestRequests', {status: '!="200"'})),
      legend: 'Requests: {{status}}',
    },
    {query: by('sum', [], q.rate('klineParseErrors')), legend: 'Unreadable candles'},
  ],
};

const QUARANTINED: Panel = {
  kind: 'state-timeline',
  title: 'Quarantined traders',
  description: 'Traders that are kept from screenings, as their filter ended workers in a row.',
  unit: 'none',
  mappings: [
    {value: 0, text: 'Screened', color: 'green'},
    {value: 1, text: 'Quarantined', color: 'red'},
  ],
  targets: [{query: by('max', TRADER, q.gauge('traderQuarantined')), legend: TRADER_LEGEND}],
};

/** What traders do: is the market there, what matched, how long it took, what went wrong. */
export function traderActivity(): Dashboard {
  return dashboardJson({
    uid: 'threadtally-trader-activity',
    title: 'Trader Activity',
    description: 'Why screenings make signals, or none: market data, matches, times and errors.',
    rows: [
      {height: 4, panels: STREAM},
      {height: 9, panels: [TRADERS]},
      {height: 9, panels: [SIGNALS_BY_TRADER, MATCHES]},
      {height: 9, panels: [KLINE_FRESHNESS, QUEUES]},
      {height: 9, panels: [EXECUTION_AVERAGE, EXECUTION_P95]},
      {height: 9, panels: [SCREENINGS]},
      {height: 9, panels: [FILTER_ERRORS, ERRORS, QUARANTINED]},
    ],
  });
}
