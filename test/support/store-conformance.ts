import type {ExecutionContext} from 'ava';
import {analysisRow, failureRow, signalRow} from '../../src/sync/row.js';
import {rowId} from '../../src/sync/row-id.js';
import type {Store, StoreError} from '../../src/sync/store.js';
import {eventRows, FIGURES, metricRows, NOW_MS, ORIGIN, signalOf, signalRows} from './rows.js';

/** A store, and the test's own eyes on its tables: rows as objects, JSON and times as they are read there. */
export interface StoreUnderTest {
  readonly store: Store;
  select(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** What every store must do. Each case gets a store whose tables are empty. */
export const STORE_CASES: Readonly<
  Record<string, (t: ExecutionContext, under: StoreUnderTest) => Promise<void>>
> = {
  async 'write() keeps each kind of row in its table, in its columns'(t, {store, select}) {
    const signal = signalOf();
    await store.write([signalRow(signal, ORIGIN), ...metricRows(1), ...eventRows(1)]);
    const [row] = await select('select * from signals');
    t.like(row, {
      id: signal.id,
      trader_id: 'dip',
      trader_name: 'Dip',
      symbol: 'BTCUSDT',
      price: 1.5,
      status: 'new',
      source: 'test',
      machine_id: 'machine-1',
    });
    t.deepEqual(jsonOf(row?.matched_conditions), ['a', 'b']);
    t.is(new Date(row?.created_at as string).getTime(), NOW_MS);
    const [figures] = await select('select * from machine_metrics');
    t.is(Number(figures?.resident_bytes), FIGURES.residentBytes);
    t.is(Number(figures?.sync_rows), FIGURES.syncRows);
    const [event] = await select('select * from machine_events');
    t.like(event, {event_type: 'test', severity: 'info', message: 'An event'});
    t.deepEqual(jsonOf(event?.details), {});
  },

  async 'write() changes nothing where a row is there already'(t, {store, select}) {
    const rows = [...signalRows(3), ...metricRows(3), ...eventRows(3)];
    await store.write(rows);
    await store.write([...rows, ...signalRows(1)]);
    const counts = ['signals', 'machine_metrics', 'machine_events'].map(async table => {
      const [row] = await select(`select count(*) as rows from ${table}`);
      return Number(row?.rows);
    });
    t.deepEqual(await Promise.all(counts), [4, 3, 3]);
  },

  async 'write() keeps an analysis or its failure once a signal, and sets its status'(
    t,
    {store, select},
  ) {
    const [good, bad] = [signalOf({symbol: 'A'}), signalOf({symbol: 'B'})];
    const analysis = analysisRow(
      {
        id: rowId(NOW_MS),
        signalId: good.id,
        analyser: 'built-in',
        decision: 'long',
        confidence: 0.5,
        keyLevels: {support: [1], resistance: [2, 3]},
        plan: {entryPrice: 1, stopPrice: null, targetPrices: [2], note: 'Buy'},
        analysedAtMs: NOW_MS,
      },
      ORIGIN,
    );
    const reason = {
      signalId: bad.id,
      reason: 'timeout',
      detail: 'slow',
      failedAtMs: NOW_MS,
    } as const;
    const failure = failureRow(reason, ORIGIN);
    await store.write([analysis, signalRow(good, ORIGIN)]);
    await store.write([signalRow(bad, ORIGIN)]);
    await store.write([failure]);
    await store.write([failure, analysis]);
    const signals = await select('select symbol, status from signals order by symbol');
    t.deepEqual(
      signals.map(row => [row.symbol, row.status]),
      [
        ['A', 'analysed'],
        ['B', 'failed'],
      ],
    );
    const rows = await select('select * from signal_analyses order by status');
    t.is(rows.length, 2);
    t.like(rows[0], {signal_id: good.id, decision: 'long', confidence: 0.5, analyser: 'built-in'});
    t.deepEqual(jsonOf(rows[0]?.key_levels), {support: [1], resistance: [2, 3]});
    t.like(rows[1], {
      signal_id: bad.id,
      failure_reason: 'timeout',
      failure_detail: 'slow',
      id: null,
    });
  },

  async 'write() lets an analysis take the place of a failure, and nothing that of an analysis'(
    t,
    {store, select},
  ) {
    const signal = signalOf();
    const failed = {signalId: signal.id, detail: 'x', failedAtMs: NOW_MS};
    const first = failureRow({...failed, reason: 'shutdown'}, ORIGIN);
    const analysis = analysisRow(
      {
        id: rowId(NOW_MS),
        signalId: signal.id,
        analyser: 'built-in',
        decision: 'wait',
        confidence: 0.5,
        keyLevels: {support: [], resistance: []},
        plan: {entryPrice: null, stopPrice: null, targetPrices: [], note: ''},
        analysedAtMs: NOW_MS,
      },
      ORIGIN,
    );
    await store.write([signalRow(signal, ORIGIN), first]);
    t.is((await select('select status from signals'))[0]?.status, 'failed');
    // Both in one batch, as an outbox might send them.
    await store.write([first, analysis]);
    await store.write([first]);
    t.is((await select('select status from signals'))[0]?.status, 'analysed');
    const rows = await select('select status, decision, failure_reason from signal_analyses');
    t.deepEqual(
      rows.map(row => ({...row})),
      [{status: 'analysed', decision: 'wait', failure_reason: null}],
    );
  },

  async 'write() takes texts and numbers that no database holds'(t, {store, select}) {
    const hostile = signalOf({
      traderName: `"'\\ ä漢🚀 ${'x'.repeat(10_000)}`,
      matchedConditions: ['a\0b', '\ud800', ...Array.from({length: 100}, (_, i) => String(i))],
      price: Number.NaN,
    });
    await store.write([signalRow(hostile, ORIGIN)]);
    const [row] = await select('select * from signals');
    t.is(row?.price, null);
    t.true(String(row?.trader_name).startsWith(`"'\\ ä漢🚀 xxx`));
    t.is(String(row?.trader_name).length, 4_096);
    const conditions = jsonOf(row?.matched_conditions) as string[];
    t.deepEqual(conditions.slice(0, 3), ['a\uFFFDb', '\uFFFD', '0']);
    t.is(conditions.at(-1), 'and 38 more');
  },

  async 'write() writes all rows or none, and says so of a row that fits no table'(
    t,
    {store, select},
  ) {
    const bad = {kind: 'event', id: rowId(NOW_MS), json: `{"id":"${rowId(NOW_MS)}"}`} as const;
    const error = await t.throwsAsync(store.write([...signalRows(2), bad]));
    t.is((error as StoreError).code, 'row_refused');
    const [row] = await select('select count(*) as rows from signals');
    t.is(Number(row?.rows), 0);
    await store.write(signalRows(1));
  },

  async 'replaceTraders() and readTraders() hold what the table shall hold'(t, {store}) {
    t.deepEqual(await store.readTraders(), []);
    const a = {id: 'a', name: 'A', enabled: true, filter: {code: 'return true;'}};
    const b = {
      id: 'B',
      name: 'ä"',
      enabled: false,
      filter: {code: "'", requiredTimeframes: ['1h']},
    };
    await store.replaceTraders([a, b]);
    t.deepEqual(await store.readTraders(), [b, a]);
    await store.replaceTraders([a]);
    t.deepEqual(await store.readTraders(), [a]);
  },
};

function jsonOf(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}
