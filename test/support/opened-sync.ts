import type {ExecutionContext} from 'ava';
import {MetricsHub} from '../../src/index.js';
import {bindCatalogue} from '../../src/metrics/catalogue.js';
import {Synchroniser, type SynchroniserOptions} from '../../src/sync/synchroniser.js';
import {parsePage, sampleKey} from './exposition.js';
import {NOW_MS} from './rows.js';

/** What {@link openSync} needs to be told; the rest has a default. */
export type OpenOptions = Partial<SynchroniserOptions> & Pick<SynchroniserOptions, 'file'>;

/** A synchroniser, its metrics, and what its trouble said; its file is closed with the test. */
export function openSync(t: ExecutionContext, options: OpenOptions) {
  t.teardown(() => options.file.close());
  const hub = new MetricsHub();
  const lines: string[] = [];
  const sync = new Synchroniser({
    metrics: bindCatalogue(hub.recorder),
    machineId: 'm',
    wallClock: () => NOW_MS,
    onTrouble: line => lines.push(line),
    random: () => 0.001,
    ...options,
  });
  hub.onCollect(() => sync.report());
  /** A sample of the page; NaN where there is none. */
  const value = (name: string, labels: Record<string, string> = {}) =>
    parsePage(hub.renderPage().body).get(sampleKey(name, labels)) ?? Number.NaN;
  const depth = () =>
    ['signals', 'metrics', 'events'].map(queue => value('sync_queue_depth', {queue_type: queue}));
  return {sync, lines, value, depth};
}
