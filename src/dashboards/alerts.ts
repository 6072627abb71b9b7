import {type Alert, type AlertingRule, ruleOf, when} from './alert.js';
import {Queries, without} from './promql.js';

/** Signals that wait, of the 100 that may: beyond those a signal's analysis fails. */
export const SIGNALS_PENDING_MAX = 80;

/** Screening tasks that wait for a worker: more come with each screening than workers take. */
export const SCREENING_QUEUE_MAX = 50;

/** Rows that wait for the database; a batch takes 100, and one is sent at least every 10 s. */
export const SYNC_QUEUE_MAX = 1_000;

/** Milliseconds of one filter's run over its symbols. A bound of its buckets, so that no run is guessed at. */
export const EXECUTION_MS_MAX = 5_000;

/** Seconds since a candle of a live market changed. One of a symbol that trades changes every few seconds. */
export const KLINE_AGE_SECONDS_MAX = 300;

/** Bytes of an outbox that still counts as empty: some minutes of rows. */
export const OUTBOX_BYTES_MAX = 4 * 1024 * 1024;

/** Workers that may end in ten minutes: a restart of all traders, or a filter on its way into quarantine. */
export const SETTLEMENTS_MAX = 3;

/** Seconds of uptime after which the last hour tells something. */
const HOUR_SECONDS = 3_600;

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
    ],
    summary: 'The stream of {{ $labels.instance }} has been disconnected for over a minute.',
    description: 'No market data arrives. Traders screen candles that grow old.',
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

const TRADER_ALERTS: readonly Alert[] = [
  {
    name: 'NoSignals',
    severity: 'warning',
    for: '5m',
    conditions: [
      when(without('sum', ['trader_id', 'trader_name'], q.growth('traderSignals', 60)), '==', 0),
      when(without('sum', ['trader_id', 'trader_name'], q.growth('traderScreenings', 60)), '>', 0),
      when(`(time() - ${q.gauge('processStartTime')})`, '>', HOUR_SECONDS),
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
    conditions: [when(q.growth('traderErrors', 5), '>', 0)],
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
        without('sum', ['reason'], q.growth('traderRunaways', 5, {reason: '="timeout"'})),
        '>',
        0,
      ),
    ],
    join: 'or',
    summary: 'A screening of {{ $labels.trader_name }} took over 5 s.',
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
    conditions: [when(q.gauge('signalsPendingAnalysis'), '>', SIGNALS_PENDING_MAX)],
    summary: 'Over 80 signals of {{ $labels.instance }} wait for their analysis.',
    description: 'The analyser is slower than the traders. At 100 the analyses of signals fail.',
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

const SYNC_ALERTS: readonly Alert[] = [
  {
    name: 'SyncErrors',
    severity: 'warning',
    for: '5m',
    conditions: [
      when(q.growth('syncWriteErrors', 10), '>', 0),
      when(q.growth('syncOutboxErrors', 10), '>', 0),
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
      when(q.gauge('syncOutboxBytes'), '>', OUTBOX_BYTES_MAX),
      when(`deriv(${q.gauge('syncOutboxBytes')}[15m])`, '>', 0),
    ],
    summary: 'The outbox of {{ $labels.instance }} grows.',
    description: 'Rows come faster than the database takes them. A full outbox drops rows.',
  },
  {
    name: 'SyncRowsDropped',
    severity: 'critical',
    conditions: [when(q.growth('syncRowsDropped', 10), '>', 0)],
    summary: 'Rows of {{ $labels.queue_type }} were given up on {{ $labels.instance }}.',
    description: 'Lost for good, for this reason: {{ $labels.reason }}.',
  },
];

const VERSIONS = ['version', 'node_version'] as const;
const SEEN_NOW = without('max', VERSIONS, q.gauge('hubInfo'));
const SEEN_LATELY = without('max', VERSIONS, `max_over_time(${q.gauge('hubInfo')}[10m])`);

const HUB_ALERTS: readonly Alert[] = [
  {
    name: 'WorkersDying',
    severity: 'warning',
    conditions: [when(q.growth('hubSettlements', 10), '>', SETTLEMENTS_MAX)],
    summary: 'Over 3 workers of {{ $labels.instance }} ended within 10 minutes.',
    description:
      'Each one takes its task with it and costs the start of another. No count is lost.',
  },
  {
    name: 'SeriesDropped',
    severity: 'warning',
    conditions: [when(q.growth('hubSamplesDropped', 10), '>', 0)],
    summary: 'The hub of {{ $labels.instance }} drops samples.',
    description: 'The page lacks them, for this reason: {{ $labels.reason }}.',
  },
  {
    name: 'MachineGone',
    severity: 'critical',
    for: '2m',
    // What has stopped leaves no series: it is missed as long as it was there within the last ten minutes. Another version
    // of the same machine is no loss.
    conditions: [{value: SEEN_LATELY, expr: `${SEEN_LATELY} unless ${SEEN_NOW}`}],
    summary: '{{ $labels.instance }} is not scraped any more.',
    description:
      'It stopped, hangs, or can not be reached. One that was taken away is forgotten after 10 minutes.',
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
