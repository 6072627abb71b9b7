import test from 'ava';
import {bindCatalogue, CATALOGUE, FAMILY_KEYS, type Metrics} from '../../src/metrics/catalogue.js';
import {defineFamily, type FamilyOptions, type FamilyType} from '../../src/metrics/family.js';
import {InProcessHub} from '../support/in-process.js';

/** The table of DESIGN.md: names, types and labels that scrapers, dashboards and alerts rely on. */
const MACHINE: readonly [name: string, type: FamilyType, ...labels: string[]][] = [
  ['trader_screenings_total', 'counter', 'trader_id', 'trader_name'],
  ['trader_matches_total', 'counter', 'trader_id', 'trader_name'],
  ['trader_signals_total', 'counter', 'trader_id', 'trader_name'],
  ['trader_new_matches', 'gauge', 'trader_id', 'trader_name'],
  ['trader_continuing_matches', 'gauge', 'trader_id', 'trader_name'],
  ['trader_execution_time_ms', 'histogram', 'trader_id', 'trader_name'],
  ['trader_symbols_watching', 'gauge', 'trader_id'],
  ['trader_runaways_total', 'counter', 'trader_id', 'trader_name', 'reason'],
  ['trader_errors_total', 'counter', 'trader_id', 'trader_name', 'reason'],
  ['trader_quarantined', 'gauge', 'trader_id', 'trader_name'],
  ['signals_pending_analysis', 'gauge'],
  ['signals_analyzed_total', 'counter'],
  ['signals_failed_total', 'counter'],
  ['binance_ws_connected', 'gauge', 'status'],
  ['binance_ws_reconnects_total', 'counter'],
  ['binance_ws_messages_total', 'counter', 'type'],
  ['binance_ws_latency_ms', 'histogram'],
  ['kline_last_update_timestamp', 'gauge', 'symbol', 'interval'],
  ['kline_data_age_seconds', 'gauge', 'symbol', 'interval'],
  ['kline_buffer_size', 'gauge', 'symbol', 'interval'],
  ['kline_updates_total', 'counter', 'symbol', 'interval'],
  ['kline_missing_data_total', 'counter', 'symbol', 'interval'],
  ['kline_parse_errors_total', 'counter', 'symbol'],
  ['binance_ticker_updates_total', 'counter', 'symbol'],
  ['screener_workers_active', 'gauge'],
  ['screener_workers_idle', 'gauge'],
  ['screener_queue_depth', 'gauge'],
  ['screener_tasks_refused_total', 'counter', 'reason'],
  ['screener_tasks_rerun_total', 'counter'],
  ['screener_filters_compiled_total', 'counter'],
  ['screener_rows_dropped_total', 'counter'],
  ['screener_results_uncached_total', 'counter'],
  ['screener_series_verbatim', 'gauge'],
  ['screener_task_duration_ms', 'histogram', 'worker_id'],
  ['sync_queue_depth', 'gauge', 'queue_type'],
  ['sync_batch_writes_total', 'counter'],
  ['sync_write_errors_total', 'counter'],
  ['sync_write_duration_ms', 'histogram'],
];

/** The hub's own. */
const HUB: typeof MACHINE = [
  ['hub_samples_dropped_total', 'counter', 'reason'],
  ['hub_messages_dropped_total', 'counter', 'reason'],
  ['hub_exemplars_dropped_total', 'counter', 'reason'],
  ['hub_info', 'gauge', 'version', 'node_version'],
  ['hub_workers', 'gauge'],
  ['hub_series', 'gauge'],
  ['hub_deltas_total', 'counter'],
  ['hub_delta_bytes_total', 'counter'],
  ['hub_merge_duration_seconds', 'histogram'],
  ['hub_settlements_total', 'counter'],
  ['hub_settled_cells_total', 'counter'],
  ['hub_scrape_duration_seconds', 'histogram'],
  ['hub_page_bytes', 'gauge'],
  ['hub_collect_failures_total', 'counter', 'reason'],
  ['hub_waits_refused_total', 'counter'],
  ['hub_page_oversize_total', 'counter'],
  ['hub_live_connections', 'gauge'],
  ['hub_live_rejections_total', 'counter', 'reason'],
  ['hub_live_frames_skipped_total', 'counter'],
  ['hub_live_tracks', 'gauge'],
  ['hub_live_tracks_left_out', 'gauge'],
];

/** What the machine's bounds add. */
const BOUNDS: typeof MACHINE = [
  ['binance_ws_renewals_total', 'counter'],
  ['binance_ws_pings_total', 'counter'],
  ['binance_updates_ignored_total', 'counter', 'reason'],
  ['binance_rest_requests_total', 'counter', 'status'],
  ['binance_rest_weight_used', 'gauge'],
  ['kline_repaired_data_total', 'counter'],
  ['kline_updates_dropped_total', 'counter', 'reason'],
  ['kline_repairs_pending', 'gauge'],
  ['analysis_failures_total', 'counter', 'reason'],
  ['signals_pending_limit', 'gauge'],
  ['signals_resumed_total', 'counter'],
  ['analysis_retries_total', 'counter'],
  ['sync_rows_written_total', 'counter', 'queue_type'],
  ['sync_rows_dropped_total', 'counter', 'queue_type', 'reason'],
  ['sync_uncommitted_rows', 'gauge'],
  ['sync_outbox_bytes', 'gauge'],
  ['sync_outbox_limit_bytes', 'gauge'],
  ['sync_outbox_errors_total', 'counter'],
];

type Entry = FamilyOptions & {readonly type: FamilyType};
const ENTRIES: readonly Entry[] = FAMILY_KEYS.map(key => CATALOGUE[key]);

test('CATALOGUE declares exactly the families of the design, of the hub and of bounds', t => {
  const declared = ENTRIES.map(({name, type, labelNames = []}) => [name, type, ...labelNames]);
  t.deepEqual(declared.toSorted(), [...MACHINE, ...HUB, ...BOUNDS].toSorted());
});

test('CATALOGUE names each family once, and under one name in code', t => {
  t.is(new Set(ENTRIES.map(({name}) => name)).size, ENTRIES.length);
  t.deepEqual(FAMILY_KEYS, Object.keys(CATALOGUE) as typeof FAMILY_KEYS);
});

test('CATALOGUE ends the names of counters, and of nothing else, in _total', t => {
  for (const {name, type} of ENTRIES) t.is(name.endsWith('_total'), type === 'counter', name);
});

test('CATALOGUE has no name that a histogram of it writes as a sample', t => {
  const names = new Set(ENTRIES.map(({name}) => name));
  for (const {name, type} of ENTRIES) {
    if (type !== 'histogram') continue;
    for (const suffix of ['_bucket', '_sum', '_count']) t.false(names.has(name + suffix));
  }
});

test('CATALOGUE holds nothing that a declaration refuses', t => {
  for (const {type, ...options} of ENTRIES) t.notThrows(() => defineFamily(type, options));
});

test('CATALOGUE gives trader_execution_time_ms a bucket at 5000', t => {
  const buckets: readonly number[] = CATALOGUE.traderExecutionTime.buckets;
  t.true(buckets.includes(5_000));
});

test('CATALOGUE gives each histogram buckets of its own', t => {
  for (const {name, type, buckets} of ENTRIES) {
    t.is((buckets?.length ?? 0) > 0, type === 'histogram', name);
  }
});

test('CATALOGUE explains each family in one line that ends in a full stop', t => {
  for (const {name, help} of ENTRIES) t.regex(help, /^[A-Z][^\n]*\.$/, name);
});

test('bindCatalogue() declares every family, in the order of the catalogue', t => {
  const hub = new InProcessHub();
  const writer = hub.newWriter();
  const metrics = bindCatalogue(writer.recorder);
  writer.deliver();
  t.deepEqual(
    [...hub.totals.families.keys()],
    ENTRIES.map(({name}) => name),
  );
  t.deepEqual(Object.keys(metrics), [...FAMILY_KEYS]);
  t.true(Object.isFrozen(metrics));
});

test('bindCatalogue() declares only the families that it is given', t => {
  const hub = new InProcessHub();
  const writer = hub.newWriter();
  const metrics = bindCatalogue(writer.recorder, ['traderMatches', 'signalsFailed']);
  writer.deliver();
  t.deepEqual(
    [...hub.totals.families.keys()],
    ['hub_samples_dropped_total', 'trader_matches_total', 'signals_failed_total'],
  );
  t.deepEqual(Object.keys(metrics), ['traderMatches', 'signalsFailed']);
});

test('bindCatalogue() twice binds the same metrics', t => {
  const {recorder} = new InProcessHub().newWriter();
  const [first, second] = [bindCatalogue(recorder), bindCatalogue(recorder, ['hubDeltas'])];
  t.is(first.hubDeltas, second.hubDeltas);
});

test('Metrics let the compiler check types and labels', t => {
  t.is(typeof neverCalled, 'function');
});

/** Compiled, not run: each line below must be an error, or the build fails. */
function neverCalled(
  metrics: Metrics,
  few: Metrics<'signalsFailed' | 'traderMatches'>,
  labels: {trader_id: string; trader_name: string},
): void {
  metrics.traderScreenings.inc(labels);
  metrics.traderScreenings.inc(labels, 2);
  metrics.signalsFailed.inc();
  metrics.signalsPendingAnalysis.set(3);
  metrics.screenerTaskDuration.observe({worker_id: 0}, 5);
  few.traderMatches.labels(labels).inc();
  // @ts-expect-error A label is missing.
  metrics.traderScreenings.inc({trader_id: 'a'});
  // @ts-expect-error A label is unknown.
  metrics.traderScreenings.inc({trader_id: 'a', trader_name: 'A', symbol: 'BTCUSDT'});
  // @ts-expect-error A label is misspelt.
  metrics.traderScreenings.labels({trader_id: 'a', traderName: 'A'});
  // @ts-expect-error A label's value is no text or number.
  metrics.klineUpdates.inc({symbol: 'BTCUSDT', interval: undefined});
  // @ts-expect-error A family with labels has no series without them.
  metrics.traderScreenings.inc();
  // @ts-expect-error A family with labels has no series without them.
  metrics.traderNewMatches.set(5);
  // @ts-expect-error A family without labels takes none.
  metrics.signalsFailed.inc({reason: 'x'});
  // @ts-expect-error A histogram observes; it isn't incremented.
  metrics.traderExecutionTime.inc(labels);
  // @ts-expect-error A histogram observes a value.
  metrics.traderExecutionTime.observe(labels);
  // @ts-expect-error A counter isn't set.
  metrics.traderScreenings.set(labels, 5);
  // @ts-expect-error A counter doesn't go down.
  metrics.signalsFailed.dec();
  // @ts-expect-error A family that the catalogue hasn't.
  metrics.traderScreening.inc(labels);
  // @ts-expect-error A family that isn't bound.
  few.signalsAnalyzed.inc();
}
