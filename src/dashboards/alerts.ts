import {type Alert, type AlertingRule, type Condition, ruleOf, when} from './alert.js';
import {Queries, without} from './promql.js';

/** Share of the signals that may wait for their analysis: beyond all of it a signal's analysis fails. */
export const SIGNALS_PENDING_RATIO_MAX = 0.8;

/** Screening tasks that wait for a worker: more come with each screening than workers take. */
export const SCREENING_QUEUE_MAX = 50;

/** Rows that wait for the database; a batch takes 100, and one is sent at least every 10 s. */
export const SYNC_QUEUE_MAX = 1_000;

/** Milliseconds of one filter's run over its symbols. A bound of its buckets, so that no run is guessed at. */
export const EXECUTION_MS_MAX = 5_000;

/** Seconds since a candle of a live market changed. One of a symbol that trades changes every few seconds. */
export const KLINE_AGE_SECONDS_MAX = 300;

/** Share of the outbox that still counts as empty: of the usual 256 MiB, an hour or so of rows. */
export const OUTBOX_RATIO_EMPTY = 0.05;

/** Share of the outbox that is too much, whether or not it still grows: a full one doesn't. */
export const OUTBOX_RATIO_MAX = 0.8;

/** Workers that may end in ten minutes: a restart of all traders, or a filter on its way into quarantine. */
export const SETTLEMENTS_MAX = 3;

/** Share of five minutes without a connection: a stream that comes back for moments carries no market. */
export const STREAM_DOWN_RATIO_MAX = 0.5;

/** Rates look back at five minutes: 20 scrapes of Fly's. */
const q = new Queries('alert', '5m');

/** 1 where a feed runs, whatever its state; 0 in a replay, which has no stream and ages by its own clock. */
const FEED_RUNS = when(without('max', ['status'], q.gauge('binanceWsConnected')), '==', 1);

const FEED_ALERTS: readonly Alert[] = [
  {
    name: 'StreamDisconnected',
    severity: 'critical',
    for: '1m',
    conditions: [
      when(
        without('max', ['status'], q.gauge('binanceWsConnected', {status: '!="connected"'})),
        '==',
        1,
      ),
      // One that is back for a moment every minute is never away for a whole one.
      when(
        without(
          'sum',
          ['status'],
          `avg_over_time(${q.gauge('binanceWsConnected', {status: '!="connected"'})}[5m])`,
        ),
        '>',
        STREAM_DOWN_RATIO_MAX,
      ),
    ],
    join: 'or',
    summary:
      'The stream of {{ $labels.instance }} is disconnected, or was for most of five minutes.',
    description: 'Little or no market data arrives. Traders screen candles that grow old.',
  },
  {
    name: 'KlinesStale',
    severity: 'critical',
    for: '2m',
    conditions: [
      when(
        without('max', ['symbol', 'interval'], q.gauge('klineDataAge')),
        '>',
        KLINE_AGE_SECONDS_MAX,
      ),
      FEED_RUNS,
    ],
    summary: 'Candles on {{ $labels.instance }} are over 5 minutes old.',
    description: 'At least one symbol gets no updates. Its traders screen the past.',
  },
  {
    name: 'GapsNotRepaired',
    severity: 'warning',
    for: '15m',
    conditions: [when(q.gauge('klineRepairsPending'), '>', 0)],
    summary: 'Series on {{ $labels.instance }} have had gaps for 15 minutes.',
    description: 'History or missing candles were asked for and have not come.',
  },
];

/** The machine was screened in the hour before the last one, too; its process may be another one since. */
const SCREENED_BEFORE: Condition = {
  value: without('max', ['trader_id', 'trader_name'], q.highest('traderScreenings', '1h')),
  expr: `${without('max', ['trader_id', 'trader_name'], q.highest('traderScreenings', '1h', '1h'))} > 0`,
};

const TRADER_ALERTS: readonly Alert[] = [
  {
    name: 'NoSignals',
    severity: 'warning',
    for: '5m',
    conditions: [
      when(without('sum', ['trader_id', 'trader_name'], q.grown('traderSignals', '1h')), '==', 0),
      when(without('sum', ['trader_id', 'trader_name'], q.grown('traderScreenings', '1h')), '>', 0),
      SCREENED_BEFORE,
    ],
    summary: 'No trader of {{ $labels.instance }} has made a signal in the last hour.',
    description:
      'Screenings run, but nothing new matches: filters that fail, old data, no movement, or strict filters.',
  },
  {
    name: 'TraderFailing',
    severity: 'warning',
    // Errors must go on: one screening amid a restart of the market is over before.
    for: '10m',
    conditions: [when(q.grown('traderErrors', '5m'), '>', 0)],
    summary: 'The filter of {{ $labels.trader_name }} fails, by reason {{ $labels.reason }}.',
    description:
      'Its screenings on {{ $labels.instance }} find less than they might, or nothing. The log says once what is wrong.',
  },
  {
    name: 'TraderSlow',
    severity: 'warning',
    // The highest bucket with an observation tells whether one was over the limit, without naming a bucket's `le`, which
    // Prometheus and VictoriaMetrics write differently. Runs that were cut off aren't observed.
    conditions: [
      when(`histogram_quantile(1, ${q.buckets('traderExecutionTime')})`, '>', EXECUTION_MS_MAX),
      when(
        without('sum', ['reason'], q.grown('traderRunaways', '5m', {reason: '="timeout"'})),
        '>',
        0,
      ),
    ],
    join: 'or',
    summary: 'A screening of {{ $labels.trader_name }} took over 5 s, or was cut off.',
    description:
      'The filter runs too long on {{ $labels.instance }}, delays others, and may lose its worker.',
  },
  {
    name: 'TraderQuarantined',
    severity: 'warning',
    for: '1m',
    conditions: [when(q.gauge('traderQuarantined'), '>', 0)],
    summary: '{{ $labels.trader_name }} is kept from screenings.',
    description:
      'Its filter ended workers in a row on {{ $labels.instance }}. It makes no signals meanwhile.',
  },
];

const QUEUE_ALERTS: readonly Alert[] = [
  {
    name: 'AnalysisQueueDeep',
    severity: 'warning',
    for: '5m',
    conditions: [
      when(
        `${q.gauge('signalsPendingAnalysis')} / ${q.gauge('signalsPendingLimit')}`,
        '>',
        SIGNALS_PENDING_RATIO_MAX,
      ),
    ],
    summary: 'The queue of signals for analysis of {{ $labels.instance }} is over 80 % full.',
    description: 'The analyser is slower than the traders. Once it is full, analyses fail.',
  },
  {
    name: 'ScreeningQueueDeep',
    severity: 'warning',
    for: '5m',
    conditions: [when(q.gauge('screenerQueueDepth'), '>', SCREENING_QUEUE_MAX)],
    summary: 'Over 50 screening tasks of {{ $labels.instance }} wait for a worker.',
    description: 'The workers are slower than the screenings, which come later and later.',
  },
  {
    name: 'SyncQueueDeep',
    severity: 'warning',
    for: '10m',
    conditions: [when(q.gauge('syncQueueDepth'), '>', SYNC_QUEUE_MAX)],
    summary: 'Over 1,000 {{ $labels.queue_type }} of {{ $labels.instance }} wait for the database.',
    description: 'The database takes rows more slowly than they are made, or not at all.',
  },
];

/** How full the outbox is. */
const OUTBOX_RATIO = `${q.gauge('syncOutboxBytes')} / ${q.gauge('syncOutboxLimit')}`;

const SYNC_ALERTS: readonly Alert[] = [
  {
    name: 'SyncErrors',
    severity: 'warning',
    for: '5m',
    conditions: [
      when(q.grown('syncWriteErrors', '10m'), '>', 0),
      when(q.grown('syncOutboxErrors', '10m'), '>', 0),
    ],
    join: 'or',
    summary: 'Writes of {{ $labels.instance }} to its database or outbox fail.',
    description:
      'What fails is kept and repeated. Until it succeeds, the rows are on this machine only.',
  },
  {
    name: 'OutboxGrowing',
    severity: 'warning',
    for: '10m',
    conditions: [
      when(OUTBOX_RATIO, '>', OUTBOX_RATIO_EMPTY),
      when(`deriv(${q.gauge('syncOutboxBytes')}[15m])`, '>', 0),
      {value: OUTBOX_RATIO, expr: `${OUTBOX_RATIO} > ${OUTBOX_RATIO_MAX}`, join: 'or'},
    ],
    summary: 'The outbox of {{ $labels.instance }} grows, or is over 80 % full.',
    description: 'Rows come faster than the database takes them. A full outbox drops rows.',
  },
  {
    name: 'SyncRowsDropped',
    severity: 'critical',
    conditions: [when(q.grown('syncRowsDropped', '10m'), '>', 0)],
    summary: 'Rows of {{ $labels.queue_type }} were given up on {{ $labels.instance }}.',
    description: 'Lost for good, for this reason: {{ $labels.reason }}.',
  },
];

const VERSIONS = ['version', 'node_version'] as const;
const SEEN_NOW = without('max', VERSIONS, q.gauge('hubInfo'));
const SEEN_LATELY = without('max', VERSIONS, `max_over_time(${q.gauge('hubInfo')}[1d])`);

const HUB_ALERTS: readonly Alert[] = [
  {
    name: 'WorkersDying',
    severity: 'warning',
    conditions: [when(q.grown('hubSettlements', '10m'), '>', SETTLEMENTS_MAX)],
    summary: 'Over 3 workers of {{ $labels.instance }} ended within 10 minutes.',
    description:
      'Each one takes its task with it and costs the start of another. No count is lost.',
  },
  {
    name: 'SeriesDropped',
    severity: 'warning',
    conditions: [when(q.grown('hubSamplesDropped', '10m'), '>', 0)],
    summary: 'The hub of {{ $labels.instance }} drops samples.',
    description: 'The page lacks them, for this reason: {{ $labels.reason }}.',
  },
  {
    name: 'MachineGone',
    severity: 'critical',
    for: '2m',
    // What has stopped leaves no series: it is missed as long as it was there within the last day. Another version of the
    // same machine, or on another host, is no loss.
    conditions: [{value: SEEN_LATELY, expr: `${SEEN_LATELY} unless on (instance) ${SEEN_NOW}`}],
    summary: '{{ $labels.instance }} is not scraped any more.',
    description:
      'It stopped, hangs, or can not be reached. One that was taken away is forgotten after a day.',
  },
  {
    name: 'NoScrape',
    severity: 'critical',
    for: '5m',
    conditions: [{value: q.gauge('hubInfo'), expr: `absent(${q.gauge('hubInfo')})`}],
    summary: 'No machine is scraped.',
    description:
      'None runs, none can be reached, or the page is refused. All other alerts are blind.',
  },
];

/** Every alert, by group. */
export const ALERTS: Readonly<Record<string, readonly Alert[]>> = {
  feed: FEED_ALERTS,
  traders: TRADER_ALERTS,
  queues: QUEUE_ALERTS,
  sync: SYNC_ALERTS,
  hub: HUB_ALERTS,
};

/** A file of rules, as Prometheus and vmalert read it. */
export interface RuleFile {
  readonly groups: readonly {readonly name: string; readonly rules: readonly AlertingRule[]}[];
}

/** @param runbooksUrl Where the runbooks' folder stands: a path of the project, or where one has published them. */
export function alertRules(runbooksUrl: string): RuleFile {
  const groups = Object.entries(ALERTS).map(([name, alerts]) => ({
    name: `threadtally-${name}`,
    rules: alerts.map(alert => ruleOf(alert, runbooksUrl)),
  }));
  return {groups};
}
