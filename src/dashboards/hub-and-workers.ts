import {type Dashboard, dashboardJson} from './dashboard.js';
import type {KeyOfType} from './families.js';
import type {Panel, Target} from './panel.js';
import {by, Queries} from './promql.js';

const q = new Queries('panel', '$__rate_interval');

const WORKER_LEGEND = 'Worker {{worker_id}}';

/** Mean and p95 of a time. */
function costOf(key: KeyOfType<'histogram'>): readonly Target[] {
  return [
    {query: q.average(key), legend: 'Average'},
    {query: q.quantile(0.95, key), legend: 'p95'},
  ];
}

const WORKERS: Panel = {
  kind: 'timeseries',
  title: 'Workers active and idle',
  description: 'Screening workers that run a task, and those that wait for one: together the pool.',
  unit: 'short',
  isStacked: true,
  targets: [
    {query: by('sum', [], q.gauge('screenerWorkersActive')), legend: 'Active'},
    {query: by('sum', [], q.gauge('screenerWorkersIdle')), legend: 'Idle'},
  ],
};

const QUEUE: Panel = {
  kind: 'timeseries',
  title: 'Queue',
  description: 'Screening tasks that wait for a worker, by machine.',
  unit: 'short',
  targets: [
    {query: by('sum', ['instance'], q.gauge('screenerQueueDepth')), legend: '{{instance}}'},
  ],
};

const TASK_P95: Panel = {
  kind: 'timeseries',
  title: 'Task duration by worker slot, p95',
  description: 'Time that 95 % of the screening tasks of a worker slot stay below.',
  unit: 'ms',
  targets: [
    {query: q.quantile(0.95, 'screenerTaskDuration', ['worker_id']), legend: WORKER_LEGEND},
  ],
};

const TASK_SHARE: Panel = {
  kind: 'timeseries',
  title: 'Time in tasks by worker slot',
  description:
    'Share of the time that a worker slot spends in screening tasks: at 1 it never waits, and the queue grows.',
  unit: 'percentunit',
  targets: [
    {
      query: `${by('sum', ['instance', 'worker_id'], q.observed('screenerTaskDuration'))} / 1000`,
      legend: `{{instance}} ${WORKER_LEGEND}`,
    },
  ],
};

const FLUSHES: Panel = {
  kind: 'timeseries',
  title: 'Flushes',
  description: 'Deltas a second that workers have flushed and the hub has merged.',
  unit: 'cps',
  targets: [{query: by('sum', ['instance'], q.rate('hubDeltas')), legend: '{{instance}}'}],
};

const FLUSH_BYTES: Panel = {
  kind: 'timeseries',
  title: 'Flushed bytes',
  description: 'What flushes carry from the workers to the main thread a second.',
  unit: 'Bps',
  targets: [{query: by('sum', ['instance'], q.rate('hubDeltaBytes')), legend: '{{instance}}'}],
};

const MERGE: Panel = {
  kind: 'timeseries',
  title: 'Merge cost',
  description: 'Main-thread time to merge one delta.',
  unit: 's',
  targets: costOf('hubMergeDuration'),
};

const SCRAPE: Panel = {
  kind: 'timeseries',
  title: 'Scrape cost',
  description: 'Main-thread time to make one page ready. No worker is asked.',
  unit: 's',
  targets: costOf('hubScrapeDuration'),
};

const PAGE: Panel = {
  kind: 'timeseries',
  title: 'Page size',
  description: 'Bytes of the last page before compression. Scrapers may drop one over 16 MB.',
  unit: 'bytes',
  targets: [{query: by('max', ['instance'], q.gauge('hubPageBytes')), legend: '{{instance}}'}],
};

const SERIES: Panel = {
  kind: 'timeseries',
  title: 'Series',
  description: 'Series that the hub knows; a histogram counts once.',
  unit: 'short',
  targets: [{query: by('sum', ['instance'], q.gauge('hubSeries')), legend: '{{instance}}'}],
};

const DROPS: Panel = {
  kind: 'timeseries',
  title: 'Drops',
  description: 'What met a bound and was dropped, a second. Anything above 0 has a reason to name.',
  unit: 'cps',
  targets: [
    {query: by('sum', ['reason'], q.rate('hubSamplesDropped')), legend: 'Samples: {{reason}}'},
    {query: by('sum', ['reason'], q.rate('hubMessagesDropped')), legend: 'Messages: {{reason}}'},
    {query: by('sum', ['reason'], q.rate('hubExemplarsDropped')), legend: 'Exemplars: {{reason}}'},
    {query: by('sum', ['reason'], q.rate('screenerTasksRefused')), legend: 'Tasks: {{reason}}'},
    {query: by('sum', ['reason'], q.rate('klineUpdatesDropped')), legend: 'Candles: {{reason}}'},
    {query: by('sum', [], q.rate('hubWaitsRefused')), legend: 'Waits refused'},
    {query: by('sum', [], q.rate('hubPageOversize')), legend: 'Pages over 16 MB'},
    {query: by('sum', ['reason'], q.rate('syncRowsDropped')), legend: 'Rows: {{reason}}'},
  ],
};

const SETTLEMENTS: Panel = {
  kind: 'timeseries',
  title: 'Settlements',
  description:
    'Workers that ended and whose ledger was read for the last time, the cells that they had not flushed, and tasks that another worker ran again, a second.',
  unit: 'cps',
  targets: [
    {query: by('sum', [], q.rate('hubSettlements')), legend: 'Workers'},
    {query: by('sum', [], q.rate('hubSettledCells')), legend: 'Cells'},
    {query: by('sum', [], q.rate('screenerTasksRerun')), legend: 'Tasks run again'},
  ],
};

const ATTACHED: Panel = {
  kind: 'timeseries',
  title: 'Attached threads',
  description: 'Worker threads that the hub hears: screeners, analysts and others.',
  unit: 'short',
  targets: [{query: by('sum', ['instance'], q.gauge('hubWorkers')), legend: '{{instance}}'}],
};

const LOOP_SHARE: Panel = {
  kind: 'timeseries',
  title: 'Event loop utilization',
  description:
    'Share of the time that a thread ran code instead of waiting. Workers that wait by blocking are left out.',
  unit: 'percentunit',
  targets: [
    {
      query: by('max', ['instance', 'worker_id'], q.gauge('threadLoopUtilization')),
      legend: '{{instance}} {{worker_id}}',
    },
  ],
};

const LOOP_LAG: Panel = {
  kind: 'timeseries',
  title: 'Event loop lag, p95',
  description: 'How late a thread runs its timers. A late main thread delays stream and scrapes.',
  unit: 's',
  targets: [
    {
      query: q.quantile(0.95, 'threadLoopLag', ['instance', 'worker_id']),
      legend: '{{instance}} {{worker_id}}',
    },
  ],
};

const MEMORY: Panel = {
  kind: 'timeseries',
  title: 'Memory',
  description: 'Resident memory of the process, and heap in use by thread.',
  unit: 'bytes',
  targets: [
    {
      query: by('max', ['instance'], q.gauge('processResidentMemory')),
      legend: '{{instance}} resident',
    },
    {
      query: by('max', ['instance', 'worker_id'], q.gauge('threadHeapUsed')),
      legend: '{{instance}} heap {{worker_id}}',
    },
  ],
};

const CPU: Panel = {
  kind: 'timeseries',
  title: 'CPU',
  description: 'Processors in use by all threads together.',
  unit: 'short',
  targets: [
    {query: by('sum', ['instance'], q.rate('processCpuUser')), legend: '{{instance}} user'},
    {query: by('sum', ['instance'], q.rate('processCpuSystem')), legend: '{{instance}} system'},
  ],
};

/** How the machine itself does: its pool, its hub, its threads. */
export function hubAndWorkers(): Dashboard {
  return dashboardJson({
    uid: 'threadtally-hub-and-workers',
    title: 'Hub and Workers',
    description: 'What screening costs and what measuring costs: pool, hub, threads.',
    rows: [
      {height: 8, panels: [WORKERS, QUEUE]},
      {height: 8, panels: [TASK_P95, TASK_SHARE]},
      {height: 8, panels: [FLUSHES, FLUSH_BYTES, MERGE]},
      {height: 8, panels: [SCRAPE, PAGE, SERIES]},
      {height: 8, panels: [DROPS, SETTLEMENTS, ATTACHED]},
      {height: 8, panels: [LOOP_SHARE, LOOP_LAG]},
      {height: 8, panels: [MEMORY, CPU]},
    ],
  });
}
