import {CATALOGUE, type FamilyKey} from '../../src/metrics/catalogue.js';

/** Series, and when an alert of theirs fires or doesn't. */
export interface AlertCase {
  readonly alert: string;
  /** Goes on from the alert's name: `StreamDisconnected fires when ...`. */
  readonly title: string;
  /** Values every 15 s by series, in promtool's notation: `0+4x40` is 0 and 40 more, each 4 larger. */
  readonly series: Readonly<Record<string, string>>;
  /** When it is looked at. */
  readonly at: string;
  /** Labels, besides its name and severity, of each alert that fires; none where it is silent. */
  readonly firing: readonly Readonly<Record<string, string>>[];
}

const A = {instance: 'a'};

/** A series of a family on instance `a`. */
function of(key: FamilyKey, labels: Readonly<Record<string, string>> = {}): string {
  const all = Object.entries({...A, ...labels}).map(([label, value]) => `${label}="${value}"`);
  return `${CATALOGUE[key].name}{${all.join(',')}}`;
}

const connected = of('binanceWsConnected', {status: 'connected'});
const connecting = of('binanceWsConnected', {status: 'connecting'});
const reconnecting = of('binanceWsConnected', {status: 'reconnecting'});
const age = of('klineDataAge', {symbol: 'BTCUSDT', interval: '5m'});
const TRADER = {trader_id: 't', trader_name: 'T'};
const A_TRADER = {...A, ...TRADER};
const NEW_TRADER = {trader_id: 'n', trader_name: 'N'};
const screenings = of('traderScreenings', TRADER);
const signals = of('traderSignals', TRADER);
const STARTED = 'process_start_time_seconds{instance="a"}';
const timeouts = of('traderRunaways', {...TRADER, reason: 'timeout'});
const crashes = of('traderRunaways', {...TRADER, reason: 'worker_died'});
const throwing = of('traderErrors', {...TRADER, reason: 'throw'});
const parsing = of('traderErrors', {...TRADER, reason: 'parse'});
const outboxLimit = of('syncOutboxLimit');
const info = of('hubInfo', {version: '1', node_version: 'v22'});
const otherInfo = info.replace('instance="a"', 'instance="b"');
const newerInfo = of('hubInfo', {version: '2', node_version: 'v22'});

/** The runs of a trader below and above 5 s, as the buckets of its histogram. */
function runs(below: string, above: string): Record<string, string> {
  const {name} = CATALOGUE.traderExecutionTime;
  const bucket = (le: string) =>
    `${name}_bucket{instance="a",trader_id="t",trader_name="T",le="${le}"}`;
  return {
    [bucket('2500.0')]: below,
    [bucket('5000.0')]: below,
    [bucket('30000.0')]: above,
    [bucket('+Inf')]: above,
  };
}

const FEED: readonly AlertCase[] = [
  {
    alert: 'StreamDisconnected',
    title: 'fires when the state changes for over a minute, but not to connected',
    series: {[connected]: '1 0x20', [connecting]: '0 1 0 1 0x20', [reconnecting]: '0 0 1 0 1x20'},
    at: '2m',
    firing: [A],
  },
  {
    alert: 'StreamDisconnected',
    title: 'is silent when the stream is back within a minute',
    series: {[connected]: '1 0 0 1x20', [reconnecting]: '0 1 1 0x20'},
    at: '1m30s',
    firing: [],
  },
  {
    alert: 'StreamDisconnected',
    title: 'is silent in a replay, which has no stream',
    series: {[connected]: '0x40', [reconnecting]: '0x40'},
    at: '10m',
    firing: [],
  },
  {
    alert: 'StreamDisconnected',
    title: 'fires for a stream that is down for 45 s of every minute',
    series: {
      [connected]: Array(10).fill('0 0 0 1').join(' '),
      [reconnecting]: Array(10).fill('1 1 1 0').join(' '),
    },
    at: '8m',
    firing: [A],
  },
  {
    alert: 'StreamDisconnected',
    title: 'is silent for a stream that is down for 15 s of every minute',
    series: {
      [connected]: Array(10).fill('1 0 1 1').join(' '),
      [reconnecting]: Array(10).fill('0 1 0 0').join(' '),
    },
    at: '8m',
    firing: [],
  },
  {
    alert: 'KlinesStale',
    title: 'fires when a candle does not change',
    series: {[connected]: '1x60', [age]: '0+15x60'},
    at: '8m',
    firing: [A],
  },
  {
    alert: 'KlinesStale',
    title: 'is silent while candles change',
    series: {[connected]: '1x60', [age]: '0 250 2x60'},
    at: '8m',
    firing: [],
  },
  {
    alert: 'KlinesStale',
    title: 'is silent in a replay, whose candles age by its own clock',
    series: {[connected]: '0x60', [age]: '2700x60'},
    at: '8m',
    firing: [],
  },
  {
    alert: 'GapsNotRepaired',
    title: 'fires when repairs wait for a quarter of an hour',
    series: {[of('klineRepairsPending')]: '0 3x80'},
    at: '16m',
    firing: [A],
  },
  {
    alert: 'GapsNotRepaired',
    title: 'is silent while repairs come to an end',
    series: {[of('klineRepairsPending')]: '40 30 20 10 0x30 2 0x40'},
    at: '16m',
    firing: [],
  },
];

const TRADERS: readonly AlertCase[] = [
  {
    alert: 'NoSignals',
    title: 'fires when screenings run for over an hour and none makes a signal',
    series: {[STARTED]: '0x300', [screenings]: '0+3x300', [signals]: '7x300'},
    at: '70m',
    firing: [A],
  },
  {
    alert: 'NoSignals',
    title: 'is silent where one trader of two makes a signal',
    series: {
      [STARTED]: '0x300',
      [screenings]: '0+3x300',
      [signals]: '7x300',
      [of('traderSignals', {trader_id: 'u', trader_name: 'U'})]: '0x200 1x100',
    },
    at: '70m',
    firing: [],
  },
  {
    alert: 'NoSignals',
    title: 'is silent where nothing is screened',
    series: {[STARTED]: '0x300', [screenings]: '9x300', [signals]: '7x300'},
    at: '70m',
    firing: [],
  },
  {
    alert: 'NoSignals',
    title: 'is silent in the first hour',
    series: {[STARTED]: '0x300', [screenings]: '0+3x300', [signals]: '0x300'},
    at: '55m',
    firing: [],
  },
  {
    alert: 'TraderFailing',
    title: 'fires for the trader and reason whose errors go on for ten minutes',
    series: {[throwing]: '0x4 0+3x80', [parsing]: '0x84'},
    at: '15m',
    firing: [{...A_TRADER, reason: 'throw'}],
  },
  {
    alert: 'TraderFailing',
    title: 'is silent where errors are over',
    series: {[throwing]: '0+3x12 36x80'},
    at: '15m',
    firing: [],
  },
  {
    alert: 'NoSignals',
    title: 'is silent when a new trader made its signals before its first scrape',
    series: {
      [STARTED]: '-1000x400',
      [screenings]: '0+3x400',
      [signals]: '50x400',
      [of('traderSignals', NEW_TRADER)]: '_x300 20x100',
      [of('traderScreenings', NEW_TRADER)]: '_x300 1+3x100',
    },
    at: '95m',
    firing: [],
  },
  {
    alert: 'NoSignals',
    title: 'fires of a machine that restarts every 50 minutes',
    series: {
      [STARTED]: Array.from({length: 8}, (_, i) => `${3_000 * i}x199`).join(' '),
      [screenings]: Array(8).fill('0+3x199').join(' '),
      [signals]: '0x2000',
    },
    at: '390m',
    firing: [A],
  },
  {
    alert: 'NoSignals',
    title: 'is silent after a restart whose first screening made signals',
    series: {
      [STARTED]: '0x200 _x40 3600x400',
      [screenings]: '0+3x200 stale _x39 1+3x400',
      [signals]: '25x200 stale _x39 20x400',
    },
    at: '118m',
    firing: [],
  },
  {
    alert: 'NoSignals',
    title: 'fires although the scraper was away for a while',
    series: {
      [STARTED]: '0x600',
      [screenings]: '0+3x200 stale _x39 720+3x360',
      [signals]: '25x200 stale _x39 25x360',
    },
    at: '118m',
    firing: [A],
  },
  {
    alert: 'TraderSlow',
    title: 'fires for a single run of over 5 s',
    series: runs('0+3x40', '0+3x19 61+3x20'),
    at: '6m',
    firing: [A_TRADER],
  },
  {
    alert: 'TraderSlow',
    title: 'fires for a run that was cut off',
    series: {...runs('0+3x40', '0+3x40'), [timeouts]: '0x20 1x20', [crashes]: '0x40'},
    at: '6m',
    firing: [A_TRADER],
  },
  {
    alert: 'TraderSlow',
    title: 'is silent for runs of up to 5 s, and for one that ended its worker otherwise',
    series: {...runs('0+3x40', '0+3x40'), [timeouts]: '2x40', [crashes]: '0x20 1x20'},
    at: '6m',
    firing: [],
  },
  {
    alert: 'TraderQuarantined',
    title: 'fires for the trader that is kept from screenings',
    series: {
      [of('traderQuarantined', TRADER)]: '0x4 1x20',
      [of('traderQuarantined', {trader_id: 'u', trader_name: 'U'})]: '0x24',
    },
    at: '4m',
    firing: [A_TRADER],
  },
  {
    alert: 'TraderQuarantined',
    title: 'is silent once it is screened again',
    series: {[of('traderQuarantined', TRADER)]: '0x4 1x3 0x20'},
    at: '4m',
    firing: [],
  },
];

const QUEUES: readonly AlertCase[] = [
  {
    alert: 'AnalysisQueueDeep',
    title: 'fires when the queue is over 80 % full for five minutes',
    series: {[of('signalsPendingAnalysis')]: '84x40', [of('signalsPendingLimit')]: '104x40'},
    at: '6m',
    firing: [A],
  },
  {
    alert: 'AnalysisQueueDeep',
    title: 'is silent when the queue is emptied in between',
    series: {
      [of('signalsPendingAnalysis')]: '100x10 80 100x30',
      [of('signalsPendingLimit')]: '104x40',
    },
    at: '6m',
    firing: [],
  },
  {
    alert: 'AnalysisQueueDeep',
    title: 'fires where only a few may wait, and do',
    series: {[of('signalsPendingAnalysis')]: '14x40', [of('signalsPendingLimit')]: '14x40'},
    at: '6m',
    firing: [A],
  },
  {
    alert: 'ScreeningQueueDeep',
    title: 'fires when over 50 tasks wait for five minutes',
    series: {[of('screenerQueueDepth')]: '51x40'},
    at: '6m',
    firing: [A],
  },
  {
    alert: 'ScreeningQueueDeep',
    title: 'is silent when each screening comes to its end',
    series: {[of('screenerQueueDepth')]: '400 0 400 0 400 0 400 0 400 0 400 0 400 0 400x10'},
    at: '6m',
    firing: [],
  },
  {
    alert: 'SyncQueueDeep',
    title: 'fires for the queue in which over 1,000 rows wait for ten minutes',
    series: {
      [of('syncQueueDepth', {queue_type: 'signals'})]: '1001x60',
      [of('syncQueueDepth', {queue_type: 'events'})]: '5x60',
    },
    at: '11m',
    firing: [{...A, queue_type: 'signals'}],
  },
  {
    alert: 'SyncQueueDeep',
    title: 'is silent when the database takes them in time',
    series: {[of('syncQueueDepth', {queue_type: 'signals'})]: '5000x30 900x60'},
    at: '11m',
    firing: [],
  },
];

const SYNC: readonly AlertCase[] = [
  {
    alert: 'SyncErrors',
    title: 'fires while writes to the database fail',
    series: {[of('syncWriteErrors')]: '0+1x60', [of('syncOutboxErrors')]: '0x60'},
    at: '6m',
    firing: [A],
  },
  {
    alert: 'SyncErrors',
    title: 'fires while commits to the outbox fail',
    series: {[of('syncWriteErrors')]: '0x60', [of('syncOutboxErrors')]: '0+1x60'},
    at: '6m',
    firing: [A],
  },
  {
    alert: 'SyncErrors',
    title: 'is silent where none fails any more',
    series: {[of('syncWriteErrors')]: '7x60', [of('syncOutboxErrors')]: '1x60'},
    at: '14m',
    firing: [],
  },
  {
    alert: 'OutboxGrowing',
    title: 'fires when it is large and grows for ten minutes',
    series: {[of('syncOutboxBytes')]: '14000000+50000x80', [outboxLimit]: '268435456x80'},
    at: '15m',
    firing: [A],
  },
  {
    alert: 'OutboxGrowing',
    title: 'is silent while it is emptied',
    series: {[of('syncOutboxBytes')]: '90000000-50000x80', [outboxLimit]: '268435456x80'},
    at: '15m',
    firing: [],
  },
  {
    alert: 'OutboxGrowing',
    title: 'is silent while it is small',
    series: {[of('syncOutboxBytes')]: '0+1000x80', [outboxLimit]: '268435456x80'},
    at: '15m',
    firing: [],
  },
  {
    alert: 'OutboxGrowing',
    title: 'fires for one of 1 MiB that is full and so grows no more',
    series: {[of('syncOutboxBytes')]: '1048000x80', [outboxLimit]: '1048576x80'},
    at: '15m',
    firing: [A],
  },
  {
    alert: 'SyncRowsDropped',
    title: 'fires at once for the queue and the reason',
    series: {
      [of('syncRowsDropped', {queue_type: 'signals', reason: 'outbox_full'})]: '0x8 1x20',
      [of('syncRowsDropped', {queue_type: 'signals', reason: 'refused'})]: '0x28',
    },
    at: '3m',
    firing: [{...A, queue_type: 'signals', reason: 'outbox_full'}],
  },
  {
    alert: 'SyncRowsDropped',
    title: 'is silent where rows were dropped long ago',
    series: {[of('syncRowsDropped', {queue_type: 'signals', reason: 'refused'})]: '12x60'},
    at: '14m',
    firing: [],
  },
];

const HUB: readonly AlertCase[] = [
  {
    alert: 'WorkersDying',
    title: 'fires when workers end one after the other',
    series: {[of('hubSettlements')]: '0+1x40'},
    at: '5m',
    firing: [A],
  },
  {
    alert: 'WorkersDying',
    title: 'fires when they end before the first scrape',
    series: {[of('hubSettlements')]: '5x40'},
    at: '5m',
    firing: [A],
  },
  {
    alert: 'WorkersDying',
    title: 'is silent of those that ended long before the scraper was away',
    series: {[of('hubSettlements')]: '90x40 stale _x119 90x100'},
    at: '45m',
    firing: [],
  },
  {
    alert: 'WorkersDying',
    title: 'is silent when one ends now and then',
    series: {[of('hubSettlements')]: '0x20 1x20 2x40'},
    at: '12m',
    firing: [],
  },
  {
    alert: 'SeriesDropped',
    title: 'fires at once, with the reason',
    series: {
      [of('hubSamplesDropped', {reason: 'series_limit'})]: '0x8 40x20',
      [of('hubSamplesDropped', {reason: 'not_finite'})]: '0x28',
    },
    at: '3m',
    firing: [{...A, reason: 'series_limit'}],
  },
  {
    alert: 'SeriesDropped',
    title: 'is silent where nothing is dropped any more',
    series: {[of('hubSamplesDropped', {reason: 'series_limit'})]: '40x60'},
    at: '14m',
    firing: [],
  },
  {
    alert: 'MachineGone',
    title: 'fires for the one of two machines that stopped',
    series: {
      [info]: '1x8 stale',
      [otherInfo]: '1x60',
    },
    at: '5m',
    firing: [A],
  },
  {
    alert: 'MachineGone',
    title: 'is silent when a machine comes back as another version',
    series: {[info]: '1x8 stale', [newerInfo]: '_x10 1x60'},
    at: '5m',
    firing: [],
  },
  {
    alert: 'MachineGone',
    title: 'still fires half an hour later while another machine lives',
    series: {[info]: '1x40', [otherInfo]: '1x400'},
    at: '40m',
    firing: [A],
  },
  {
    alert: 'MachineGone',
    title: 'is silent when a machine comes back on another host',
    series: {
      [info.replace('}', ',host="x"}')]: '1x8 stale',
      [info.replace('}', ',host="y"}')]: '_x10 1x60',
    },
    at: '8m',
    firing: [],
  },
  {
    alert: 'MachineGone',
    title: 'is silent of a machine that was taken away over a day ago',
    series: {[info]: '1x8 stale'},
    at: '1445m',
    firing: [],
  },
  {
    alert: 'NoScrape',
    title: 'fires when no machine is scraped for five minutes',
    series: {[info]: '1x8 stale'},
    at: '8m',
    firing: [{}],
  },
  {
    alert: 'NoScrape',
    title: 'is silent while one machine is scraped',
    series: {[info]: '1x60'},
    at: '8m',
    firing: [],
  },
];

/** Cases of every alert: some fire, some don't. */
export const ALERT_CASES: readonly AlertCase[] = [...FEED, ...TRADERS, ...QUEUES, ...SYNC, ...HUB];
