import type {GrowthTable} from './growth-table.js';
import type {Table} from './table.js';

/** What a suite measures. */
export type SuiteTable = Table | GrowthTable;

/** A file of benches. */
export interface Suite {
  run(): Promise<readonly SuiteTable[]>;
}

/** A suite, and the heading under which its tables stand. */
export interface SuiteEntry {
  readonly title: string;
  load(): Promise<Suite>;
}

/** Every suite, by the name that `npm run bench` takes, in the order of docs/benchmarks.md. */
export const SUITES: Readonly<Record<string, SuiteEntry>> = {
  recording: {title: 'Recording, in the worker', load: () => import('./recording.js')},
  pages: {title: 'The page', load: () => import('./pages.js')},
  blocks: {title: 'How long a page keeps the main thread', load: () => import('./blocks.js')},
  scrape: {title: 'A scrape over workers', load: () => import('./scrape.js')},
  http: {title: 'The server', load: () => import('./http.js')},
  flush: {title: 'A flush', load: () => import('./flush.js')},
  'growth-workers': {
    title: 'How cost grows with workers and series',
    load: () => import('./growth-workers.js'),
  },
  'growth-page': {title: 'How cost grows with the page', load: () => import('./growth-page.js')},
  instrument: {title: 'An instrumented pool', load: () => import('./instrument.js')},
  sync: {title: 'Signals and state', load: () => import('./sync.js')},
  start: {title: 'The start', load: () => import('./start.js')},
  screening: {title: 'Screening', load: () => import('./screening.js')},
  'market-feed': {title: 'The market feed', load: () => import('./market-feed.js')},
  soak: {title: 'The soak', load: () => import('./soak.js')},
};

/** Whether a table tells of growth. */
export function isGrowth(table: SuiteTable): table is GrowthTable {
  return 'curves' in table;
}
