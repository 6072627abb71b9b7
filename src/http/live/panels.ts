import {CATALOGUE} from '../../metrics/catalogue.js';
import type {PanelDeclaration} from './protocol.js';

/** What a line shows of its series. */
export type ReadingOf =
  /** The value: of several series their sum, or what the aggregator of a gauge says. */
  | 'value'
  /** The largest value of several series. */
  | 'max'
  /** Of a histogram in the last minute: the mean. */
  | 'average'
  /** Of a histogram in the last minute: the 95th percentile. */
  | 'p95';

/** Lines that a panel shows of one family. */
export interface Reading {
  readonly family: string;
  readonly read: ReadingOf;
  /** Series with the same value of this label are one line. Default: all series are one. */
  readonly by?: string;
  /** Label whose value names the line. Default: that of `by`. */
  readonly nameBy?: string;
  /** Stands before a name that is a number alone, such as a worker's slot. */
  readonly prefix?: string;
  /** Names a line that no label names; else it stands behind the name. */
  readonly title?: string;
}

/** A panel and what it reads; it is left out where none of its families is there. */
export interface Panel extends Omit<PanelDeclaration, 'titles'> {
  readonly readings: readonly Reading[];
}

/** The panel in which each family is a line. */
export const FAMILIES_PANEL = 'families';

/** Seconds of a candle's age that fill its bar: those at which the alert KlinesStale fires. */
export const STALE_SECONDS = 300;

const TRADERS = 'Trader Activity';
const HUB = 'Hub and Workers';

const C = CATALOGUE;
const BY_SLOT = {by: 'worker_id', prefix: 'Worker'} as const;
const BY_TRADER = {by: 'trader_id', nameBy: 'trader_name'} as const;

/** Families of the machine that not every version of it has, by their names. */
const OPTIONAL = Object.freeze({
  quarantined: 'trader_quarantined',
  runaways: 'trader_runaways_total',
  traderErrors: 'trader_errors_total',
  eventLoop: 'thread_event_loop_active_seconds_total',
});

/** Every panel, in the order of the page. */
export const PANELS: readonly Panel[] = [
  {
    id: 'traders',
    section: TRADERS,
    title: 'From screenings to signals',
    description:
      'Each trader in the last hour: screenings, symbols watched now, matches, new ones now, signals, errors of its filter and runs that ended its worker.',
    view: 'table',
    readings: [
      {family: C.traderScreenings.name, read: 'value', ...BY_TRADER, title: 'Screenings'},
      {family: C.traderSymbolsWatching.name, read: 'value', by: 'trader_id', title: 'Symbols'},
      {family: C.traderMatches.name, read: 'value', ...BY_TRADER, title: 'Matches'},
      {family: C.traderNewMatches.name, read: 'value', ...BY_TRADER, title: 'New now'},
      {family: C.traderSignals.name, read: 'value', ...BY_TRADER, title: 'Signals'},
      {family: OPTIONAL.traderErrors, read: 'value', ...BY_TRADER, title: 'Errors'},
      {family: OPTIONAL.runaways, read: 'value', ...BY_TRADER, title: 'Runaways'},
    ],
  },
  {
    id: 'stream',
    section: TRADERS,
    title: 'WebSocket',
    description: 'State of the connection to the exchange, and how much of the last hour it stood.',
    view: 'state',
    readings: [{family: C.binanceWsConnected.name, read: 'value', by: 'status'}],
  },
  {
    id: 'signals',
    section: TRADERS,
    title: 'Signals in the last hour',
    description: 'Signals that each trader made in the last hour.',
    view: 'bars',
    readings: [{family: C.traderSignals.name, read: 'value', ...BY_TRADER}],
  },
  {
    id: 'new-matches',
    section: TRADERS,
    title: 'Match distribution',
    description: 'Symbols that match now, new and continuing ones of all traders, stacked.',
    view: 'stacked',
    readings: [
      {family: C.traderNewMatches.name, read: 'value', title: 'new'},
      {family: C.traderContinuingMatches.name, read: 'value', title: 'continuing'},
    ],
  },
  {
    id: 'matches',
    section: TRADERS,
    title: 'Matches by trader',
    description: 'Symbols that match each trader now.',
    view: 'level-bars',
    readings: [
      {family: C.traderNewMatches.name, read: 'value', ...BY_TRADER, title: 'new'},
      {family: C.traderContinuingMatches.name, read: 'value', ...BY_TRADER, title: 'continuing'},
    ],
  },
  {
    id: 'screenings',
    section: TRADERS,
    title: 'Screenings a second',
    description: 'Screenings a second by trader, over a minute, stacked.',
    view: 'stacked-rates',
    unit: '/s',
    readings: [{family: C.traderScreenings.name, read: 'value', ...BY_TRADER}],
  },
  {
    id: 'execution',
    section: TRADERS,
    title: 'Execution time',
    description: 'Runtime of each filter in the last minute: average and 95th percentile.',
    view: 'lines',
    unit: 'ms',
    readings: [
      {family: C.traderExecutionTime.name, read: 'average', ...BY_TRADER, title: 'average'},
      {family: C.traderExecutionTime.name, read: 'p95', ...BY_TRADER, title: 'p95'},
    ],
  },
  {
    id: 'queues',
    section: TRADERS,
    title: 'Queue depths',
    description: 'Tasks that wait for a worker, signals for analysis, rows for the database.',
    view: 'lines',
    readings: [
      {family: C.screenerQueueDepth.name, read: 'value', title: 'screening tasks'},
      {family: C.signalsPendingAnalysis.name, read: 'value', title: 'signals to analyse'},
      {family: C.syncQueueDepth.name, read: 'value', by: 'queue_type', title: 'rows'},
    ],
  },
  {
    id: 'freshness',
    section: TRADERS,
    title: 'Kline freshness',
    description:
      'Seconds since a candle of the symbol last changed, of its stalest interval. A full bar is stale.',
    view: 'level-bars',
    unit: 's',
    full: STALE_SECONDS,
    readings: [{family: C.klineDataAge.name, read: 'max', by: 'symbol'}],
  },
  {
    id: 'oldest',
    section: TRADERS,
    title: 'Stalest symbol',
    description: 'Seconds since a candle changed, of the symbol that waits longest.',
    view: 'lines',
    unit: 's',
    readings: [{family: C.klineDataAge.name, read: 'max', title: 'stalest of all'}],
  },
  {
    id: 'errors',
    section: TRADERS,
    title: 'Errors',
    description: 'What went wrong in the last hour.',
    view: 'bars',
    readings: [
      {family: OPTIONAL.runaways, read: 'value', ...BY_TRADER, title: 'ran away'},
      {family: OPTIONAL.traderErrors, read: 'value', by: 'reason', title: 'filters'},
      {family: C.analysisFailures.name, read: 'value', by: 'reason', title: 'analysis'},
      {family: C.signalsFailed.name, read: 'value', title: 'signals not analysed'},
      {family: C.binanceWsReconnects.name, read: 'value', title: 'reconnects'},
      {family: C.klineParseErrors.name, read: 'value', title: 'candles not read'},
      {family: C.klineMissingData.name, read: 'value', title: 'candles missing'},
      {family: C.syncWriteErrors.name, read: 'value', title: 'database batches'},
      {family: C.syncOutboxErrors.name, read: 'value', title: 'outbox commits'},
      {family: C.syncRowsDropped.name, read: 'value', title: 'rows given up'},
    ],
  },
  {
    id: 'quarantine',
    section: TRADERS,
    title: 'Quarantined traders',
    description: 'Traders that are not screened at present: 1 for each.',
    view: 'level-bars',
    readings: [{family: OPTIONAL.quarantined, read: 'value', ...BY_TRADER}],
  },
  {
    id: 'workers',
    section: HUB,
    title: 'Workers',
    description: 'Screening workers, active and idle, stacked.',
    view: 'stacked',
    readings: [
      {family: C.screenerWorkersActive.name, read: 'value', title: 'active'},
      {family: C.screenerWorkersIdle.name, read: 'value', title: 'idle'},
    ],
  },
  {
    id: 'tasks',
    section: HUB,
    title: 'Task duration by worker slot',
    description: 'Time of screening tasks in the last minute: average and 95th percentile.',
    view: 'lines',
    unit: 'ms',
    readings: [
      {family: C.screenerTaskDuration.name, read: 'average', ...BY_SLOT, title: 'average'},
      {family: C.screenerTaskDuration.name, read: 'p95', ...BY_SLOT, title: 'p95'},
    ],
  },
  {
    id: 'event-loops',
    section: HUB,
    title: 'Event loops',
    description: 'Seconds a second in which the event loop of each thread is busy, stacked.',
    view: 'stacked-rates',
    unit: 's/s',
    readings: [{family: OPTIONAL.eventLoop, read: 'value', ...BY_SLOT}],
  },
  {
    id: 'hub',
    section: HUB,
    title: 'Hub',
    description: 'What the hub holds now.',
    view: 'numbers',
    readings: [
      {family: C.hubWorkers.name, read: 'value', title: 'workers attached'},
      {family: C.hubSeries.name, read: 'value', title: 'series'},
      {family: C.hubPageBytes.name, read: 'value', title: 'bytes of the last page'},
      {family: C.hubSettlements.name, read: 'value', title: 'settlements'},
      {family: C.hubLiveConnections.name, read: 'value', title: 'live pages'},
      {family: C.hubLiveTracksLeftOut.name, read: 'value', title: 'lines left out here'},
    ],
  },
  {
    id: 'hub-time',
    section: HUB,
    title: 'Merge and scrape time',
    description: '95th percentile in the last minute of what a delta and a page take.',
    view: 'lines',
    unit: 's',
    readings: [
      {family: C.hubMergeDuration.name, read: 'p95', title: 'merge'},
      {family: C.hubScrapeDuration.name, read: 'p95', title: 'scrape'},
    ],
  },
  {
    id: 'drops',
    section: HUB,
    title: 'Drops in the last hour',
    description: 'What the hub or its live page dropped at a bound in the last hour.',
    view: 'bars',
    readings: [
      {family: C.hubSamplesDropped.name, read: 'value', by: 'reason', title: 'samples'},
      {family: C.hubMessagesDropped.name, read: 'value', by: 'reason', title: 'messages'},
      {family: C.hubExemplarsDropped.name, read: 'value', by: 'reason', title: 'exemplars'},
      {family: C.hubLiveFramesSkipped.name, read: 'value', title: 'frames of live pages'},
    ],
  },
  {
    id: FAMILIES_PANEL,
    section: 'All families',
    title: 'Every family',
    description:
      'The series of each family, added up or as their aggregator says: now, and over the last hour.',
    view: 'families',
    readings: [],
  },
];
